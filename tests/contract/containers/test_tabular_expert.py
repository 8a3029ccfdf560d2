"""Expert mode of tabular training, checked in the image's environment."""

import pytest

from tests.contract.containers.tabular_image import check_names, passed

pytestmark = pytest.mark.contract

TRAINS = "check_the_unmodified_script_trains"
PLAIN = tuple(name for name in check_names("expert") if name != TRAINS)
CODES = ("CAT", "LGBM", "RF", "LR", "XGB", "KNN")
FAST = tuple(f"{TRAINS} {code} {kind}" for code in CODES for kind in ("binary", "regression"))
SLOW = tuple(f"{TRAINS} {code} multiclass" for code in CODES)


@pytest.mark.parametrize("name", PLAIN)
def test_expert_mode(name: str) -> None:
    passed("expert", name, together=PLAIN)


@pytest.mark.parametrize("name", FAST)
def test_the_unmodified_script_trains(name: str) -> None:
    passed("expert", name, together=FAST)


@pytest.mark.slow
@pytest.mark.parametrize("name", SLOW)
def test_the_unmodified_script_trains_several_classes(name: str) -> None:
    passed("expert", name, together=SLOW)
