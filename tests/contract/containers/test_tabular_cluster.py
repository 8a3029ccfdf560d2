"""Tabular training on two machines, which are processes of this one."""

import pytest

from tests.contract.containers.tabular_image import passed

pytestmark = pytest.mark.contract

ROWS = "check_a_model_learns_from_rows_that_are_split_between_machines"
FAST = ("check_fits_are_spread_over_the_machines_and_nothing_is_left_of_them",)
SLOW = (
    "check_what_a_lost_machine_was_at_is_repeated_elsewhere",
    "check_a_machine_that_does_not_come_is_named",
    "check_a_machine_ends_when_the_first_one_is_gone",
    "check_fewer_parts_than_machines_are_the_users_fault",
    "check_rows_that_one_machine_has_read_are_dealt_out",
    f"{ROWS} XGB",
    f"{ROWS} LGBM",
)


@pytest.mark.parametrize("name", FAST)
def test_two_machines(name: str) -> None:
    passed("cluster", name, together=FAST)


@pytest.mark.slow
@pytest.mark.parametrize("name", SLOW)
def test_two_machines_in_trouble_or_with_split_rows(name: str) -> None:
    passed("cluster", name, together=SLOW)
