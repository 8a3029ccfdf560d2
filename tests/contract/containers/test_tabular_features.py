"""Reading, features, operators and splits of the tabular image, checked in its own environment."""

import pytest

from tests.contract.containers.tabular_image import check_names, passed

pytestmark = pytest.mark.contract


@pytest.mark.parametrize("name", check_names("feature_maps"))
def test_feature_maps(name: str) -> None:
    passed("feature_maps", name)


@pytest.mark.parametrize("name", check_names("reading"))
def test_reading(name: str) -> None:
    passed("reading", name)


@pytest.mark.parametrize("name", check_names("operators"))
def test_operators(name: str) -> None:
    passed("operators", name)
