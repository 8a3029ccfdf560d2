"""Operators that torchvision's detectors stand on, and parts of the detection networks."""

import pytest

from tests.contract.containers.deep_checks import check_names, passed

pytestmark = pytest.mark.contract


@pytest.mark.parametrize("name", check_names("vision_operators"))
def test_operators_of_torchvision(name: str) -> None:
    passed("vision_operators", name)


@pytest.mark.parametrize("name", check_names("detection_parts"))
def test_parts_of_the_detection_networks(name: str) -> None:
    passed("detection_parts", name)
