"""Record what was used; show what it costs."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from pydantic import BaseModel, ConfigDict

from openbml.core.clock import Clock
from openbml.core.events import EventPublisher
from openbml.core.scope import ProjectScope
from openbml.metering.charges import charge, price_of, to_cents
from openbml.metering.events import AllowanceExhausted
from openbml.metering.ledger import (
    AccountBook,
    Allowance,
    LedgerBusyError,
    LedgerEntry,
    LedgerRepository,
    month_of,
)
from openbml.metering.usage import UsageReport
from openbml_catalog.machines import Module
from openbml_catalog.prices import currency, price_book

_ATTEMPTS = 8

PaidBilling = Callable[[int], bool]


class BillItem(BaseModel):
    """What one resource used in the month."""

    model_config = ConfigDict(frozen=True)

    module: Module
    machine: str
    project_id: int
    resource_type: str
    resource_id: str
    resource_name: str
    billed_minutes: int
    free_minutes: int
    amount: Decimal


class AllowanceView(BaseModel):
    module: Module
    machine: str
    free_minutes: int
    used_minutes: int


class Bill(BaseModel):
    """A month of an account, or of those of its projects that the caller may see.

    Attributes:
        total: billed so far, rounded to cents; what still runs is not in it.
        accruing: what runs now, as if it ended now.
    """

    currency: str
    month: str
    total: Decimal
    items: Sequence[BillItem]
    accruing: Sequence[BillItem]
    accruing_total: Decimal
    allowances: Sequence[AllowanceView]


def record_usage(
    report: UsageReport,
    *,
    ledger: LedgerRepository,
    paid_billing: PaidBilling,
    events: EventPublisher,
    now: Clock,
) -> LedgerEntry | None:
    """Put a closed use into the ledger, once, or remember an open one.

    Returns:
        The new entry; None for an open use and for one that was recorded before.

    Raises:
        UsageInvalidError, PriceNotFoundError: the report cannot be billed.
        LedgerBusyError: many uses of one allowance ended at once; safe to repeat.
    """
    report.checked()
    price = price_of(report.module, report.machine)
    book = AccountBook.of(report.scope)
    if ledger.is_recorded(book, report.usage_id):
        return None
    if not report.closed:
        ledger.open(report)
        return None
    paid = paid_billing(book.account_id)
    for attempt in range(1, _ATTEMPTS + 1):
        allowance = ledger.allowance(book, report.module, report.machine)
        charged = charge(report.unit_minutes(now()), price=price, free_left=allowance.left, paid_billing=paid)
        entry = LedgerEntry.of(report, charged, now())
        after = allowance.consumed(charged.free_minutes)
        if allowance.left > 0 and after.left == 0 and not paid:
            exhausted = AllowanceExhausted(scope=report.scope, module=report.module, machine=report.machine)
            events.publish([exhausted])
        try:
            return entry if ledger.record(entry, after) else None
        except LedgerBusyError:
            if attempt == _ATTEMPTS:
                raise
    raise AssertionError("the loop returns or raises")


def free_minutes_left(scope: ProjectScope, *, module: Module, machine: str, ledger: LedgerRepository) -> int:
    """Return the free unit-minutes that the account has left for a machine."""
    return ledger.allowance(AccountBook.of(scope), module, machine).left


def read_bill(
    book: AccountBook,
    *,
    month: str | None,
    visible: Sequence[ProjectScope] | None,
    ledger: LedgerRepository,
    paid_billing: PaidBilling,
    now: Clock,
) -> Bill:
    """Return a month's bill.

    Args:
        month: `YYYY-MM` in Beijing time; None: the current one.
        visible: projects the caller may see; None: all.
    """
    at = now()
    month = month or month_of(at)
    entries = [entry for entry in ledger.entries(book, month) if _is_visible(entry.scope, visible)]
    stored = {(row.module, row.machine): row for row in ledger.allowances(book)}
    running = ledger.open_uses(book) if month == month_of(at) else []
    accruing = _accruing(running, stored, paid_billing=paid_billing(book.account_id), at=at)
    shown = [entry for entry in accruing if _is_visible(entry.scope, visible)]
    return Bill(
        currency=currency(),
        month=month,
        total=to_cents(sum((entry.amount for entry in entries), Decimal(0))),
        items=_items(entries),
        accruing=_items(shown),
        accruing_total=to_cents(sum((entry.amount for entry in shown), Decimal(0))),
        allowances=_allowance_views(stored),
    )


def _accruing(
    reports: Iterable[UsageReport],
    stored: dict[tuple[Module, str], Allowance],
    *,
    paid_billing: bool,
    at: datetime,
) -> list[LedgerEntry]:
    """Price the open uses as if they ended now; the earlier one takes free minutes first."""
    taken: dict[tuple[Module, str], int] = defaultdict(int)
    entries = []
    for report in sorted(reports, key=lambda use: (use.started_at, use.usage_id)):
        key = (report.module, report.machine)
        allowance = stored.get(key) or Allowance(module=report.module, machine=report.machine)
        charged = charge(
            report.unit_minutes(at),
            price=price_of(*key),
            free_left=allowance.left - taken[key],
            paid_billing=paid_billing,
        )
        taken[key] += charged.free_minutes
        entries.append(LedgerEntry.of(report, charged, at))
    return entries


def _items(entries: Iterable[LedgerEntry]) -> list[BillItem]:
    grouped: dict[tuple[Module, str, str, str], list[LedgerEntry]] = defaultdict(list)
    for entry in entries:
        key = (entry.module, entry.machine, entry.resource.type, entry.resource.id)
        grouped[key].append(entry)
    return [
        BillItem(
            module=module,
            machine=machine,
            project_id=group[-1].scope.project_id,
            resource_type=resource_type,
            resource_id=resource_id,
            resource_name=group[-1].resource.name,
            billed_minutes=sum(entry.billed_minutes for entry in group),
            free_minutes=sum(entry.free_minutes for entry in group),
            amount=sum((entry.amount for entry in group), Decimal(0)),
        )
        for (module, machine, resource_type, resource_id), group in grouped.items()
    ]


def _allowance_views(stored: dict[tuple[Module, str], Allowance]) -> list[AllowanceView]:
    return [
        AllowanceView(
            module=price.module,
            machine=price.machine,
            free_minutes=price.free_minutes,
            used_minutes=stored[key].used_minutes if key in stored else 0,
        )
        for key, price in price_book().items()
        if price.free_minutes
    ]


def _is_visible(scope: ProjectScope, visible: Sequence[ProjectScope] | None) -> bool:
    return visible is None or scope in visible
