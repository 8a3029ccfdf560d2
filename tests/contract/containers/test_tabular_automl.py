"""AutoML of the tabular image, checked in its own environment."""

import pytest

from tests.contract.containers.tabular_image import check_names, passed

pytestmark = pytest.mark.contract


@pytest.mark.parametrize("name", check_names("automl_parts"))
def test_parts_of_automl(name: str) -> None:
    passed("automl_parts", name)


@pytest.mark.parametrize("name", check_names("automl"))
def test_automl(name: str) -> None:
    passed("automl", name)
