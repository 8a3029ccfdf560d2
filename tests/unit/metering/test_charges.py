"""The worked figures of spec 01 section 2.11, and what must hold for every charge."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbml.core.scope import ProjectScope
from openbml.metering.charges import PriceNotFoundError, charge, price_of, to_cents
from openbml.metering.usage import Resource, UsageInvalidError, UsageReport, UsedInterval
from openbml_catalog.machines import Module
from openbml_catalog.prices import price_book

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
SCOPE = ProjectScope(account_id=1, region="us-east-1", project_id=2)


def report(
    module: Module, machine: str, *seconds: float, units: int = 1, usage_id: str = "run:1"
) -> UsageReport:
    spans = [UsedInterval(start=NOON, end=NOON + timedelta(seconds=length)) for length in seconds]
    return UsageReport(
        scope=SCOPE,
        usage_id=usage_id,
        module=module,
        machine=machine,
        resource=Resource(type="run", id="1"),
        units=units,
        intervals=spans,
        closed=True,
    )


@pytest.mark.parametrize(
    ("used", "free_left", "paid", "amount", "free_used"),
    [
        (report(Module.CUSTOM_JOB, "CPU_4C_16G", 601), 0, True, "0.275", 0),
        (report(Module.CUSTOM_JOB, "GPU_P40", 61 * 60, units=2), 0, True, "43.92", 0),
        (report(Module.CUSTOM_JOB, "GPU_P40", 61 * 60, units=2), 3000, True, "0", 122),
        (report(Module.PRESET, "GPU_P4", 50 * 60), 30, True, "5.60", 30),
        (report(Module.PRESET, "GPU_P4", 30 * 60), 30, False, "0", 30),
        (report(Module.PRESET, "GPU_P4", 20 * 60, 40 * 60), 0, True, "16.80", 0),
        (report(Module.PRESET, "GPU_P4", 40 * 60), 0, True, "11.20", 0),
        (report(Module.NOTEBOOK, "NB_V100_32G", 50 * 3600 + 600), 3000, True, "5.00", 3000),
        (report(Module.ONLINE_SERVICE, "SVC_CPU", 90 * 60, units=4), 0, True, "2.40", 0),
        (report(Module.BATCH, "GPU_V100", 30), 0, True, "0.45", 0),
    ],
)
def test_the_manuals_worked_figures(
    used: UsageReport, free_left: int, paid: bool, amount: str, free_used: int
) -> None:
    charged = charge(
        used.unit_minutes(NOON),
        price=price_of(used.module, used.machine),
        free_left=free_left,
        paid_billing=paid,
    )

    assert charged.amount == Decimal(amount)
    assert charged.free_minutes == free_used


def test_spans_are_summed_before_they_are_rounded_up() -> None:
    assert report(Module.PRESET, "GPU_P4", 20, 20, 20).unit_minutes(NOON) == 1


def test_an_unpaid_account_is_never_charged_beyond_its_allowance() -> None:
    charged = charge(50, price=price_of(Module.PRESET, "GPU_P4"), free_left=30, paid_billing=False)

    assert (charged.amount, charged.free_minutes, charged.unpaid_minutes) == (0, 30, 20)


def test_a_machine_that_is_not_sold_is_refused() -> None:
    with pytest.raises(PriceNotFoundError):
        price_of(Module.PRESET, "CPU_4C_16G")


def test_a_closed_report_with_an_open_span_is_refused() -> None:
    broken = report(Module.PRESET, "GPU_P4", 10).model_copy(update={"intervals": [UsedInterval(start=NOON)]})

    with pytest.raises(UsageInvalidError):
        broken.checked()


def test_bills_are_rounded_half_up_to_cents() -> None:
    assert to_cents(Decimal("0.275")) == Decimal("0.28")


@given(
    minutes=st.integers(0, 10**7),
    free_left=st.integers(0, 10**7),
    paid=st.booleans(),
    key=st.sampled_from(sorted(price_book())),
)
def test_every_minute_is_free_charged_or_unpaid_and_free_comes_first(
    minutes: int, free_left: int, paid: bool, key: tuple[Module, str]
) -> None:
    charged = charge(minutes, price=price_book()[key], free_left=free_left, paid_billing=paid)

    assert charged.free_minutes + charged.charged_minutes + charged.unpaid_minutes == minutes
    assert charged.free_minutes == min(minutes, free_left)
    assert charged.amount >= 0
    assert paid or charged.amount == 0


@given(seconds=st.floats(0, 10**7), units=st.integers(1, 64))
def test_a_started_minute_counts_and_no_more_than_one(seconds: float, units: int) -> None:
    minutes = report(Module.PRESET, "GPU_P4", seconds, units=units).unit_minutes(NOON) / units

    assert minutes * 60 >= seconds - 0.01
    assert (minutes - 1) * 60 < max(seconds, 0.001) + 0.01
