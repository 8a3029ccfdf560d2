"""One emulator for this folder."""

from collections.abc import Iterator

import pytest

from tests.contract.emulator import emulator


@pytest.fixture(scope="session")
def emulator_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with emulator(tmp_path_factory.mktemp("emulator")) as url:
        yield url
