"""Learners of the tabular image, checked in its own environment."""

import pytest

from tests.contract.containers.tabular_image import check_names, passed

pytestmark = pytest.mark.contract

_LEARNERS = ("LGBM", "CAT", "XGB", "RF", "XT", "LR", "KNN", "MLP")
_KINDS = ("binary", "auc", "multiclass", "mean", "absolute", "quantile", "count")
_BAD_ROWS = (
    "one_row", "two_rows", "few_rows", "one_target", "other_targets", "one_number", "nothing_varies",
    "extremes",
)  # fmt: skip
_OF_KINDS = ("check_it_learns", "check_its_graph_says_the_same")
_OF_NONE = ("check_a_learner_needs_a_row",)


def _named(check: str) -> list[str]:
    """Return the check with every learner, and every kind of problem or of rows where it takes one."""
    if check in _OF_NONE:
        return [check]
    alone = [f"{check} {learner}" for learner in _LEARNERS]
    if check in _OF_KINDS:
        return [f"{each} {kind}" for each in alone for kind in _KINDS]
    if check == "check_it_survives":
        return [f"{each} {rows}" for each in alone for rows in _BAD_ROWS]
    return alone


_EVERY = tuple(name for check in check_names("learners") for name in _named(check))


@pytest.mark.parametrize("name", _EVERY)
def test_learners(name: str) -> None:
    passed("learners", name, together=_EVERY)


@pytest.mark.parametrize("name", check_names("learner_parts"))
def test_parts_of_learners(name: str) -> None:
    passed("learner_parts", name)
