"""The training engine's parts, in the deep image's environment."""

import pytest

from tests.contract.containers.deep_checks import check_names, passed

pytestmark = pytest.mark.contract


@pytest.mark.parametrize("name", check_names("engine"))
def test_engine(name: str) -> None:
    passed("engine", name)
