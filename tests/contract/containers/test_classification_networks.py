"""Every classification network of the catalogue trains and exports; a third of them in each run."""

import pytest

from openbml_catalog.networks import networks
from tests.contract.containers.deep_checks import check_names, passed

pytestmark = pytest.mark.contract

MODULE = "classification_networks"
# Networks of architecture search have tests of their own.
ALL = tuple(
    f"check_network {name}"
    for name, row in networks("image_classification").items()
    if row.adapter == "timm_classifier"
)
# One of each kind of building block, and the three that the catalogue recommends.
ALWAYS = tuple(
    f"check_network {name}"
    for name in (
        "ResNet18_vd",
        "ResNet50",
        "SE-ResNeXt50",
        "SE_ResNet18_vd",
        "EffcientNetB0_small",
        "MobileNetV3_large_x1_0",
        "ViT-S-16",
        "ConvNeXt-Tiny",
    )
)
FACTS = tuple(name for name in check_names(MODULE) if name != "check_network")


@pytest.mark.parametrize("check", FACTS)
def test_the_catalogue_says_what_the_networks_are(check: str) -> None:
    passed(MODULE, check, together=FACTS)


@pytest.mark.parametrize("check", ALWAYS)
def test_networks_that_stand_for_their_kind(check: str) -> None:
    passed(MODULE, check, together=ALWAYS)


@pytest.mark.slow
@pytest.mark.parametrize("check", [check for check in ALL if check not in ALWAYS])
def test_all_other_networks(check: str) -> None:
    passed(MODULE, check, together=(check,))
