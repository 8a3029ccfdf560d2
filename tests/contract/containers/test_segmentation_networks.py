"""Every segmentation network of the catalogue trains and exports; a third of them in each run."""

import pytest

from openbml_catalog.networks import networks
from tests.contract.containers.deep_checks import passed

pytestmark = pytest.mark.contract

MODULE = "segmentation_networks"
CHECKS = {"semantic_segmentation": "check_semantic", "instance_segmentation": "check_instance"}
ALL = [f"{check} {name}" for task, check in CHECKS.items() for name in networks(task)]
ALWAYS = (
    "check_semantic FastSCNN",
    "check_semantic PPLiteSeg",
    "check_semantic LRASPP-MobileNetV3",
    "check_instance Mask_RCNN-ResNet18-VD-FPN",
    "check_instance SOLOv2-Light-ResNet18-FPN",
    "check_what_depends_on_the_labels_is_known_of_every_network",
    "check_weights_of_backbones_and_of_whole_networks_fill_what_they_are_of",
)


@pytest.mark.parametrize("check", ALWAYS)
@pytest.mark.slow
def test_networks_that_stand_for_their_kind(check: str) -> None:
    passed(MODULE, check, together=ALWAYS)


@pytest.mark.slow
@pytest.mark.parametrize("check", [check for check in ALL if check not in ALWAYS])
def test_all_other_networks(check: str) -> None:
    passed(MODULE, check, together=(check,))
