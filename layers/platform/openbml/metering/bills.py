"""Use cases: the bill of a month, the ledger, prices."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from pydantic import BaseModel, ConfigDict

from openbml.core.clock import Clock
from openbml.core.pages import CursorCodec, Page
from openbml.metering.ledger import MICRO, Allowance, Ledger, LedgerEntry, settle
from openbml.metering.months import month_of, month_span
from openbml.metering.record_usages import Accounts
from openbml.metering.usage import Usage
from openbml_catalog.machines import Module
from openbml_catalog.prices import PriceUnit, currency, price_book

_CENT = Decimal("0.01")


class BillItem(BaseModel):
    """What one resource cost; minutes are node-minutes or compute-unit-minutes."""

    model_config = ConfigDict(frozen=True)

    module: Module
    machine: str
    resource_type: str
    resource_id: str
    resource_name: str
    billed_minutes: int
    free_minutes: int
    amount: Decimal


class AllowanceView(BaseModel):
    """`used_minutes` is what the ledger says; running work is not in it."""

    model_config = ConfigDict(frozen=True)

    module: Module
    machine: str
    free_minutes: int
    used_minutes: int


class Bill(BaseModel):
    """A month of Beijing time; `accruing` is what runs now, up to now, and is not part of the total."""

    model_config = ConfigDict(frozen=True)

    currency: str
    month: str
    total: Decimal
    items: Sequence[BillItem]
    accruing: Sequence[BillItem]
    allowances: Sequence[AllowanceView]


class LedgerView(BillItem):
    usage_id: str
    units: int
    waived_minutes: int
    price: Decimal
    started_at: datetime
    ended_at: datetime
    recorded_at: datetime


class PriceView(BaseModel):
    model_config = ConfigDict(frozen=True)

    module: Module
    machine: str
    unit: PriceUnit
    price: Decimal
    free_hours: int
    needs_paid_billing: bool


class PriceList(BaseModel):
    model_config = ConfigDict(frozen=True)

    currency: str
    prices: Sequence[PriceView]


def price_list() -> PriceList:
    rows = [PriceView.model_validate(price, from_attributes=True) for price in price_book().values()]
    return PriceList(currency=currency(), prices=rows)


def bill_of(
    account_id: int,
    month: str | None,
    *,
    projects: Collection[int] | None,
    ledger: Ledger,
    accounts: Accounts,
    now: Clock,
) -> Bill:
    """Return the bill of a month; of some projects only, unless `projects` is None.

    A usage belongs to the month it ended in, since it is charged once, at its end (spec 01, T3).

    Raises:
        InvalidRequestError: the month is malformed.
    """
    at = now()
    month = month or month_of(at)
    start, end = month_span(month)
    entries = ledger.entries(account_id, start=start, end=end, projects=projects)
    allowances = ledger.allowances(account_id)
    total = sum((entry.amount for entry in entries), Decimal(0))
    return Bill(
        currency=currency(),
        month=month,
        total=total.quantize(_CENT, rounding=ROUND_HALF_UP),
        items=_by_resource(entries),
        accruing=_accruing(account_id, projects, at, ledger=ledger, accounts=accounts),
        allowances=[
            AllowanceView(
                module=row.module,
                machine=row.machine,
                free_minutes=row.minutes,
                used_minutes=row.used_minutes,
            )
            for row in allowances
        ],
    )


def ledger_page(
    account_id: int,
    *,
    projects: Collection[int] | None,
    limit: int,
    cursor: str | None,
    ledger: Ledger,
    cursors: CursorCodec,
) -> Page[LedgerView]:
    shown = "all" if projects is None else ",".join(str(project) for project in sorted(projects))
    purpose = f"ledger {account_id} {shown}"
    position = cursors.decode(cursor, purpose=purpose)
    entries, following = ledger.page(account_id, projects=projects, limit=limit, position=position)
    items = [_ledger_view(entry) for entry in entries]
    return Page(items=items, next_cursor=cursors.encode(following, purpose=purpose))


def _accruing(
    account_id: int,
    projects: Collection[int] | None,
    at: datetime,
    *,
    ledger: Ledger,
    accounts: Accounts,
) -> Sequence[BillItem]:
    """Settle all open usages as if they ended now, the oldest first; return those asked for."""
    usages = ledger.open_usages(account_id)
    if not usages:
        return []
    paid = accounts.has_paid_billing(account_id)
    pools: dict[tuple[Module, str], Allowance] = {}
    entries: list[LedgerEntry] = []
    for usage in usages:
        pool = pools.get(usage.pool) or ledger.allowance(account_id, *usage.pool)
        entry, pools[usage.pool] = settle(_ended(usage, at), pool, paid_billing=paid, at=at)
        entries.append(entry)
    return _by_resource(row for row in entries if projects is None or row.scope.project_id in projects)


def _ended(usage: Usage, at: datetime) -> Usage:
    spans = [
        span if span.end else span.model_copy(update={"end": max(at, span.start)}) for span in usage.intervals
    ]
    return usage.model_copy(update={"intervals": tuple(spans), "closed": True})


def _by_resource(entries: Iterable[LedgerEntry]) -> Sequence[BillItem]:
    items: dict[tuple[str, str, str, str], BillItem] = {}
    for entry in entries:
        key = (entry.module, entry.machine, entry.resource.type, entry.resource.id)
        known = items.get(key)
        items[key] = _added(known, entry) if known else _item(entry)
    return list(items.values())


def _added(item: BillItem, entry: LedgerEntry) -> BillItem:
    return item.model_copy(
        update={
            "resource_name": entry.resource.name or item.resource_name,
            "billed_minutes": item.billed_minutes + entry.billed_minutes,
            "free_minutes": item.free_minutes + entry.free_minutes,
            "amount": (item.amount + entry.amount).quantize(MICRO),
        }
    )


def _item(entry: LedgerEntry) -> BillItem:
    return BillItem(
        module=entry.module,
        machine=entry.machine,
        resource_type=entry.resource.type,
        resource_id=entry.resource.id,
        resource_name=entry.resource.name,
        billed_minutes=entry.billed_minutes,
        free_minutes=entry.free_minutes,
        amount=entry.amount,
    )


def _ledger_view(entry: LedgerEntry) -> LedgerView:
    return LedgerView(
        **_item(entry).model_dump(),
        usage_id=entry.usage_id,
        units=entry.units,
        waived_minutes=entry.waived_minutes,
        price=entry.price,
        started_at=min(span.start for span in entry.intervals),
        ended_at=entry.ended_at,
        recorded_at=entry.recorded_at,
    )
