"""Every detection network of the catalogue trains and exports; a third of them in each run of the tests."""

import pytest

from openbml_catalog.networks import networks
from tests.contract.containers.deep_checks import passed

pytestmark = pytest.mark.contract

ALWAYS = ("SSD-MobileNetV1", "YOLOv3-MobileNetV1", "Faster_R-CNN-ResNet50-FPN", "D-FINE-S")
SELDOM = tuple(name for name in networks("object_detection") if name not in ALWAYS)

CHECKS = (
    "check_trains_a_step_and_exports",
    "check_takes_images_without_boxes_and_with_more_boxes_than_it_can_find",
)


def together(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{check} {name}" for name in names for check in CHECKS)


@pytest.mark.parametrize("check", together(ALWAYS))
@pytest.mark.slow
def test_networks_that_stand_for_their_kind(check: str) -> None:
    passed("detection_networks", check, together=together(ALWAYS))


@pytest.mark.slow
@pytest.mark.parametrize("network", SELDOM)
def test_all_other_networks(network: str) -> None:
    checks = together((network,))
    for check in checks:
        passed("detection_networks", check, together=checks)
