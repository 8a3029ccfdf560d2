"""Usage lands exactly once, in any order; the bill shows what is billed and what still runs."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from openbml.core.events import Event
from openbml.core.scope import ProjectScope
from openbml.metering.events import AllowanceExhausted
from openbml.metering.ledger import AccountBook, Allowance, LedgerBusyError, LedgerEntry, month_of
from openbml.metering.usage import Resource, UsageReport, UsedInterval
from openbml.metering.use_cases import Bill, read_bill, record_usage
from openbml_catalog.machines import Module
from tests.fakes.metering_memory import InMemoryLedger

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
SCOPE = ProjectScope(account_id=1, region="us-east-1", project_id=2)
OTHER = ProjectScope(account_id=1, region="us-east-1", project_id=3)
BOOK = AccountBook.of(SCOPE)


class Events:
    def __init__(self) -> None:
        self.published: list[Event] = []

    def publish(self, events: Sequence[Event]) -> None:
        self.published.extend(events)


def report(usage_id: str, minutes: float, *, scope: ProjectScope = SCOPE, closed: bool = True) -> UsageReport:
    end = NOON + timedelta(minutes=minutes) if closed else None
    return UsageReport(
        scope=scope,
        usage_id=usage_id,
        module=Module.ONLINE_SERVICE,
        machine="SVC_CPU",
        resource=Resource(type="service", id=usage_id.split(":")[1], name="digits"),
        units=2,
        intervals=[UsedInterval(start=NOON, end=end)],
        closed=closed,
    )


def record(
    ledger: InMemoryLedger, used: UsageReport, *, paid: bool = True, events: Events | None = None
) -> None:
    record_usage(
        used,
        ledger=ledger,
        paid_billing=lambda _: paid,
        events=events or Events(),
        now=lambda: NOON + timedelta(hours=2),
    )


def bill(
    ledger: InMemoryLedger, *, visible: Sequence[ProjectScope] | None = None, after_h: float = 2
) -> Bill:
    return read_bill(
        BOOK,
        month=None,
        visible=visible,
        ledger=ledger,
        paid_billing=lambda _: True,
        now=lambda: NOON + timedelta(hours=after_h),
    )


def test_a_repeated_report_is_billed_once() -> None:
    ledger = InMemoryLedger()

    record(ledger, report("service:1:0", 60))
    record(ledger, report("service:1:0", 60))

    assert [item.billed_minutes for item in bill(ledger).items] == [120]


def test_a_close_that_overtakes_its_open_leaves_nothing_running() -> None:
    ledger = InMemoryLedger()

    record(ledger, report("service:1:0", 60))
    record(ledger, report("service:1:0", 0, closed=False))

    assert bill(ledger).accruing == []
    assert len(bill(ledger).items) == 1


def test_what_runs_accrues_until_it_is_closed() -> None:
    ledger = InMemoryLedger()
    record(ledger, report("service:1:0", 0, closed=False))

    running = bill(ledger, after_h=1.5)
    record(ledger, report("service:1:0", 90))

    assert [(item.billed_minutes, item.free_minutes) for item in running.accruing] == [(180, 180)]
    assert running.items == []
    assert bill(ledger).accruing == []


def test_two_running_uses_do_not_share_the_same_free_minutes() -> None:
    ledger = InMemoryLedger()
    record(ledger, report("service:1:0", 0, closed=False))
    record(ledger, report("service:2:0", 0, closed=False))

    rows = bill(ledger, after_h=40).accruing

    assert sum(item.free_minutes for item in rows) == 100 * 60
    assert sum((item.amount for item in rows), Decimal(0)) == Decimal("24.000000")


def test_a_caller_sees_the_entries_of_its_projects_only() -> None:
    ledger = InMemoryLedger()
    record(ledger, report("service:1:0", 60))
    record(ledger, report("service:2:0", 60, scope=OTHER))

    assert [item.resource_id for item in bill(ledger, visible=[OTHER]).items] == ["2"]


def test_the_last_free_minute_of_an_unpaid_account_is_announced() -> None:
    ledger, events = InMemoryLedger(), Events()

    record(ledger, report("service:1:0", 60 * 60), paid=False, events=events)

    assert [type(event) for event in events.published] == [AllowanceExhausted]


def test_a_lost_race_for_the_allowance_is_tried_again() -> None:
    class Contended(InMemoryLedger):
        refusals = 3

        def record(self, entry: LedgerEntry, allowance: Allowance) -> bool:
            if self.refusals:
                self.refusals -= 1
                raise LedgerBusyError(usage_id=entry.usage_id)
            return super().record(entry, allowance)

    ledger = Contended()
    record(ledger, report("service:1:0", 60))

    assert len(bill(ledger).items) == 1


def test_months_are_beijing_months() -> None:
    assert month_of(datetime(2026, 10, 31, 16, tzinfo=UTC)) == "2026-11"
    assert month_of(datetime(2026, 10, 31, 15, 59, tzinfo=UTC)) == "2026-10"


@given(order=st.permutations(list(range(6))), repeats=st.integers(1, 3))
def test_the_total_does_not_depend_on_order_or_repeats(order: list[int], repeats: int) -> None:
    uses = [report(f"service:{number}:0", 1000 * (number + 1)) for number in range(6)]
    ledger = InMemoryLedger()

    for place in order * repeats:
        record(ledger, uses[place])

    total_minutes = sum(use.unit_minutes(NOON) for use in uses)
    expected = (Decimal(total_minutes - 100 * 60) * Decimal("0.4") / 60).quantize(Decimal("0.01"))
    assert abs(bill(ledger).total - expected) <= Decimal("0.01")
