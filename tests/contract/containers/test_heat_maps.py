"""Heat maps of the report, in the training image's environment."""

import pytest

from tests.contract.containers.deep_checks import check_names, passed

pytestmark = pytest.mark.contract


@pytest.mark.parametrize("name", check_names("heat_maps"))
def test_heat_maps(name: str) -> None:
    passed("heat_maps", name)
