"""Reports land in the ledger once, in any order; allowances tell when they are used up."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbml.core.errors import InvalidRequestError
from openbml.core.pages import CursorCodec
from openbml.metering.bills import Bill, bill_of, ledger_page, price_list
from openbml.metering.events import AllowanceExhausted
from openbml.metering.ledger import Allowance, AllowanceConflictError, LedgerEntry
from openbml.metering.months import month_of, month_span
from openbml.metering.record_usages import allowance_left, record_usage, watch_allowances
from openbml.metering.usage import PriceUnknownError, Usage
from openbml_catalog.machines import Module
from tests.fakes.compute_memory import NOON, RecordedEvents, Ticking
from tests.fakes.metering_memory import FakeAccounts, InMemoryLedger
from tests.fakes.metering_samples import ACCOUNT, SCOPE, open_usage, usage

SERVICE = (ACCOUNT, Module.ONLINE_SERVICE, "SVC_CPU")
CURSORS = CursorCodec(b"0123456789abcdef")


class Desk:
    """A ledger with all that recording takes."""

    def __init__(self, *paying: int) -> None:
        self.ledger = InMemoryLedger()
        self.accounts = FakeAccounts(*paying)
        self.events = RecordedEvents()
        self.now = Ticking(NOON + timedelta(hours=1))

    def record(self, used: Usage) -> LedgerEntry | None:
        return record_usage(
            used, ledger=self.ledger, accounts=self.accounts, events=self.events, now=self.now
        )

    def bill(self, month: str | None = None, projects: set[int] | None = None) -> Bill:
        return bill_of(
            ACCOUNT, month, projects=projects, ledger=self.ledger, accounts=self.accounts, now=self.now
        )


def closed(used: Usage, minutes: int) -> Usage:
    spans = [{"start": span.start, "end": span.start + timedelta(minutes=minutes)} for span in used.intervals]
    return Usage.model_validate({**used.model_dump(), "intervals": spans, "closed": True})


def test_a_repeated_report_is_one_entry() -> None:
    desk = Desk(ACCOUNT)

    assert desk.record(usage()) is not None
    assert desk.record(usage()) is None
    assert len(desk.bill().items) == 1
    assert desk.bill().items[0].billed_minutes == 10


def test_an_open_span_accrues_and_is_billed_once_when_it_closes() -> None:
    desk = Desk(ACCOUNT)
    desk.ledger.use_up(*SERVICE)
    desk.record(open_usage())
    desk.record(open_usage())

    accruing = desk.bill().accruing
    desk.record(closed(open_usage(), 90))

    assert [(row.billed_minutes, row.amount) for row in accruing] == [(240, Decimal("1.600000"))]
    assert desk.bill().accruing == []
    assert desk.bill().total == Decimal("2.40")


def test_a_close_that_overtakes_its_open_report_is_billed_and_the_late_one_ignored() -> None:
    desk = Desk(ACCOUNT)

    desk.record(closed(open_usage(), 30))
    desk.record(open_usage())

    assert desk.bill().accruing == []
    assert len(desk.bill().items) == 1


def test_accruing_spans_share_the_free_minutes_that_are_left() -> None:
    desk = Desk(ACCOUNT)
    desk.ledger.use_up(*SERVICE, left=300)
    desk.record(open_usage("service:5:1"))
    desk.record(open_usage("service:6:1", resource={"type": "service", "id": 6}))

    accruing = desk.bill().accruing

    assert [row.free_minutes for row in accruing] == [240, 60]
    assert [row.amount for row in accruing] == [0, Decimal("1.200000")]


def test_an_unpriced_machine_is_refused_before_anything_is_kept() -> None:
    desk = Desk()

    with pytest.raises(PriceUnknownError):
        desk.record(open_usage().model_copy(update={"machine": "SVC_GPU"}))

    assert desk.ledger.open_usages(ACCOUNT) == []


def test_the_last_free_minute_of_an_account_that_does_not_pay_is_told() -> None:
    desk = Desk()
    desk.ledger.use_up(ACCOUNT, Module.PRESET, "GPU_P4", left=5)

    desk.record(usage())

    assert [event.machine for event in desk.events.of(AllowanceExhausted)] == ["GPU_P4"]
    assert desk.bill().total == 0


def test_an_account_that_pays_hears_nothing_of_its_allowance() -> None:
    desk = Desk(ACCOUNT)
    desk.ledger.use_up(ACCOUNT, Module.PRESET, "GPU_P4", left=5)

    desk.record(usage())

    assert desk.events.published == []


def test_running_work_counts_against_the_allowance_before_it_is_billed() -> None:
    desk = Desk()
    desk.ledger.use_up(*SERVICE, left=300)
    desk.record(open_usage())

    assert allowance_left(*SERVICE, ledger=desk.ledger, now=desk.now) == 60
    assert watch_allowances(ledger=desk.ledger, accounts=desk.accounts, events=desk.events, now=desk.now) == 0
    desk.now.pass_time(minutes=15)
    assert allowance_left(*SERVICE, ledger=desk.ledger, now=desk.now) == 0
    assert watch_allowances(ledger=desk.ledger, accounts=desk.accounts, events=desk.events, now=desk.now) == 1


def test_an_event_that_cannot_be_published_leaves_the_usage_for_the_repeat() -> None:
    desk = Desk()
    desk.ledger.use_up(ACCOUNT, Module.PRESET, "GPU_P4", left=5)
    desk.events.refusing = True

    with pytest.raises(ConnectionError):
        desk.record(usage())
    desk.events.refusing = False

    assert desk.record(usage()) is not None


class Contended(InMemoryLedger):
    """A ledger whose allowance someone else uses at the first tries."""

    def __init__(self, losses: int) -> None:
        super().__init__()
        self.losses = losses

    def record(self, entry: LedgerEntry, allowance: Allowance) -> None:
        if self.losses:
            self.losses -= 1
            raise AllowanceConflictError
        super().record(entry, allowance)


def test_a_lost_race_for_the_allowance_is_repeated() -> None:
    desk = Desk(ACCOUNT)
    desk.ledger = Contended(losses=3)

    assert desk.record(usage()) is not None


def test_a_race_that_is_always_lost_goes_back_to_the_queue() -> None:
    desk = Desk(ACCOUNT)
    desk.ledger = Contended(losses=1000)

    with pytest.raises(AllowanceConflictError):
        desk.record(usage())


@given(st.permutations(["open", "open", "closed", "closed", "other", "other"]))
def test_no_order_of_reports_bills_twice(order: list[str]) -> None:
    desk = Desk(ACCOUNT)
    desk.ledger.use_up(*SERVICE)
    reports = {
        "open": open_usage(),
        "closed": closed(open_usage(), 90),
        "other": usage(usage_id="run:9"),
    }

    for name in order:
        desk.record(reports[name])

    assert desk.bill().total == Decimal("2.40")
    assert desk.bill().accruing == []


def test_a_bill_belongs_to_a_month_of_beijing() -> None:
    start, end = month_span("2026-03")

    assert (start.isoformat(), end.isoformat()) == ("2026-02-28T16:00:00+00:00", "2026-03-31T16:00:00+00:00")
    assert month_of(start) == "2026-03"
    assert month_of(start - timedelta(microseconds=1)) == "2026-02"
    assert month_span("2026-12")[1] == month_span("2027-01")[0]


@pytest.mark.parametrize("month", ["2026-13", "2026-3", "26-03", "2026-03-01", "x" * 7, ""])
def test_a_malformed_month_is_refused(month: str) -> None:
    with pytest.raises(InvalidRequestError):
        month_span(month)


def test_a_bill_shows_only_the_projects_one_may_see() -> None:
    desk = Desk(ACCOUNT)
    desk.record(usage(usage_id="run:1"))
    other = SCOPE.model_copy(update={"project_id": 43})
    desk.record(usage(usage_id="run:2", scope=other, resource={"type": "run", "id": 2}))

    assert {row.resource_id for row in desk.bill().items} == {"1", "2"}
    assert {row.resource_id for row in desk.bill(projects={43}).items} == {"2"}
    page = ledger_page(ACCOUNT, projects={43}, limit=10, cursor=None, ledger=desk.ledger, cursors=CURSORS)
    assert [row.usage_id for row in page.items] == ["run:2"]


def test_the_ledger_is_paged_newest_first() -> None:
    desk = Desk(ACCOUNT)
    for number in range(1, 6):
        desk.record(usage(Module.PRESET, "GPU_P4", 60.0 * number, usage_id=f"run:{number}"))

    first = ledger_page(ACCOUNT, projects=None, limit=3, cursor=None, ledger=desk.ledger, cursors=CURSORS)
    rest = ledger_page(
        ACCOUNT, projects=None, limit=3, cursor=first.next_cursor, ledger=desk.ledger, cursors=CURSORS
    )

    assert [row.usage_id for row in (*first.items, *rest.items)] == [f"run:{n}" for n in (5, 4, 3, 2, 1)]
    assert rest.next_cursor is None


def test_prices_are_those_of_the_catalogue() -> None:
    rows = {(row.module, row.machine): row.price for row in price_list().prices}

    assert rows[Module.ONLINE_SERVICE, "SVC_CPU"] == Decimal("0.4")
