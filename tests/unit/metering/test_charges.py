"""The worked figures of spec 01 section 2.11, and what must hold for every charge."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from openbml.metering.ledger import full_allowance, settle
from openbml.metering.usage import PriceUnknownError, Usage, UsageInterval, started_minutes
from openbml_catalog.machines import Module
from openbml_catalog.prices import price_book
from tests.fakes.compute_memory import NOON
from tests.fakes.metering_samples import ACCOUNT, usage


def settled(used: Usage, *, left: int, paid: bool = True) -> tuple[Decimal, int]:
    full = full_allowance(ACCOUNT, *used.pool)
    allowance = full.model_copy(update={"minutes": max(full.minutes, left)})
    allowance = allowance.model_copy(update={"used_minutes": allowance.minutes - left})
    entry, after = settle(used, allowance, paid_billing=paid, at=NOON)
    assert after.left == left - entry.free_minutes
    return entry.amount, entry.free_minutes


@pytest.mark.parametrize(
    ("used", "left", "amount", "free"),
    [
        (usage(Module.CUSTOM_JOB, "CPU_4C_16G", 601), 0, "0.275", 0),
        (usage(Module.CUSTOM_JOB, "GPU_P40", 3660, units=2), 0, "43.92", 0),
        (usage(Module.CUSTOM_JOB, "GPU_P40", 3660, units=2), 3000, "0", 122),
        (usage(Module.PRESET, "GPU_P4", 3000), 30, "5.60", 30),
        (usage(Module.PRESET, "GPU_P4", 1200, 2400), 0, "16.80", 0),
        (usage(Module.PRESET, "GPU_P4", 2400), 0, "11.20", 0),
        (usage(Module.NOTEBOOK, "NB_V100_32G", 50 * 3600 + 600), 3000, "5.00", 3000),
        (usage(Module.ONLINE_SERVICE, "SVC_CPU", 5400, units=4), 0, "2.40", 0),
        (usage(Module.BATCH, "GPU_V100", 30), 0, "0.45", 0),
    ],
    ids=lambda value: value.module if isinstance(value, Usage) else str(value),
)
def test_the_worked_figures_of_the_manual(used: Usage, left: int, amount: str, free: int) -> None:
    assert settled(used, left=left) == (Decimal(amount), free)


def test_an_account_without_paid_billing_is_charged_nothing() -> None:
    full = full_allowance(ACCOUNT, Module.PRESET, "GPU_P4")
    nearly = full.model_copy(update={"used_minutes": full.minutes - 30})

    entry, _ = settle(usage(Module.PRESET, "GPU_P4", 3000), nearly, paid_billing=False, at=NOON)

    assert (entry.amount, entry.free_minutes, entry.waived_minutes) == (0, 30, 20)


def test_a_machine_outside_the_price_book_is_an_error() -> None:
    strange = usage(Module.PRESET, "CPU_4C_16G", 60)

    with pytest.raises(PriceUnknownError):
        settle(strange, full_allowance(ACCOUNT, *strange.pool), paid_billing=True, at=NOON)


def test_a_closed_usage_with_an_open_span_is_refused() -> None:
    with pytest.raises(ValidationError):
        usage(intervals=[{"start": NOON}])


def test_a_span_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(ValidationError):
        UsageInterval(start=NOON, end=NOON - timedelta(seconds=1))


LENGTHS = st.lists(st.integers(min_value=0, max_value=10_000_000), min_size=1, max_size=5)
PAID_PRICES = st.sampled_from(sorted(price_book(), key=str))


def spans(milliseconds: list[int]) -> list[UsageInterval]:
    return [UsageInterval(start=NOON, end=NOON + timedelta(milliseconds=length)) for length in milliseconds]


@given(LENGTHS)
def test_a_started_minute_counts_and_no_more(milliseconds: list[int]) -> None:
    minutes = started_minutes(spans(milliseconds), NOON)

    assert (minutes - 1) * 60_000 < sum(milliseconds) <= minutes * 60_000


@given(PAID_PRICES, LENGTHS, st.integers(1, 40), st.integers(0, 10_000), st.booleans())
def test_every_minute_is_free_waived_or_paid_and_no_amount_is_negative(
    pool: tuple[Module, str], milliseconds: list[int], units: int, used_before: int, paid: bool
) -> None:
    used = usage(pool[0], pool[1], *(length / 1000 for length in milliseconds), units=units)
    allowance = full_allowance(ACCOUNT, *pool)
    allowance = allowance.model_copy(update={"used_minutes": min(used_before, allowance.minutes)})

    entry, after = settle(used, allowance, paid_billing=paid, at=NOON)

    charged = entry.billed_minutes - entry.free_minutes - entry.waived_minutes
    assert entry.free_minutes == min(entry.billed_minutes, allowance.left)
    assert charged >= 0
    assert entry.amount >= 0
    assert (entry.amount == 0) or paid
    assert after.used_minutes <= after.minutes
    exact = price_book()[pool].per_unit_minute * charged
    assert abs(entry.amount - exact) <= Decimal("0.000001")


@given(st.permutations(list(range(6))), st.lists(st.integers(1, 200), min_size=6, max_size=6))
def test_the_total_does_not_depend_on_the_order(order: list[int], minutes: list[int]) -> None:
    used = [usage(Module.PRESET, "GPU_P4", 60 * length, usage_id=str(length)) for length in minutes]

    def total(chosen: list[Usage]) -> tuple[Decimal, int]:
        full = full_allowance(ACCOUNT, Module.PRESET, "GPU_P4")
        allowance = full.model_copy(update={"used_minutes": full.minutes - 300})
        amounts = []
        for one in chosen:
            entry, allowance = settle(one, allowance, paid_billing=True, at=NOON)
            amounts.append(entry.amount)
        return sum(amounts, Decimal(0)), allowance.used_minutes

    assert total([used[place] for place in order]) == total(used)
