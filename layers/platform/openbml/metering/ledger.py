"""The ledger: what one usage cost and how much of it was free; free allowances; where both are kept."""

from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from openbml.core.errors import OpenBMLError
from openbml.core.scope import ProjectScope
from openbml.metering.usage import Usage, UsageInterval, UsedResource
from openbml_catalog.machines import Module
from openbml_catalog.prices import Price, price_book

Position = dict[str, Any] | None
MICRO = Decimal("0.000001")  # amounts keep six places, the bill is rounded to 0.01 (spec 01 section 2.11)


class AllowanceConflictError(OpenBMLError):
    """Another entry used the allowance at the same time; read it again, then repeat."""


class UsageRecordedError(OpenBMLError):
    """The usage is in the ledger already; details: usage_id."""


class Allowance(BaseModel):
    """Free minutes of one module and machine, given once per account.

    Attributes:
        minutes: what the price book gives, in node-minutes or compute-unit-minutes.
        version: grows with every use; 0 before the first.
    """

    model_config = ConfigDict(frozen=True)

    account_id: int
    module: Module
    machine: str
    minutes: int = Field(ge=0)
    used_minutes: int = Field(default=0, ge=0)
    version: int = Field(default=0, ge=0)

    @property
    def left(self) -> int:
        return max(0, self.minutes - self.used_minutes)

    def consumed(self, wanted: int) -> "Allowance":
        """Return the allowance after a use of as many of the wanted minutes as are left."""
        taken = min(self.left, wanted)
        return self.model_copy(
            update={"used_minutes": self.used_minutes + taken, "version": self.version + 1}
        )


class LedgerEntry(BaseModel):
    """One closed usage; `billed_minutes = free_minutes + waived_minutes + what the amount pays for`.

    Attributes:
        billed_minutes: started minutes × units (node-minutes, compute-unit-minutes).
        waived_minutes: used beyond the free allowance by an account without paid billing: nothing is charged
            (spec 01, T1).
        price: of a unit-hour or node-minute, as the price book said when the entry was made.
    """

    model_config = ConfigDict(frozen=True)

    scope: ProjectScope
    usage_id: str
    module: Module
    machine: str
    resource: UsedResource
    units: int
    intervals: tuple[UsageInterval, ...]
    billed_minutes: int = Field(ge=0)
    free_minutes: int = Field(ge=0)
    waived_minutes: int = Field(default=0, ge=0)
    price: Decimal
    amount: Decimal = Field(ge=0)
    ended_at: AwareDatetime
    recorded_at: AwareDatetime


class Ledger(Protocol):
    """Port; `tests/contract/metering/test_ledger.py` holds what implementations owe."""

    def allowance(self, account_id: int, module: Module, machine: str) -> Allowance:
        """Return the allowance as it stands; an unused one is full."""

    def allowances(self, account_id: int) -> Sequence[Allowance]:
        """Return all allowances of the price book that are not empty from the start."""

    def keep_open(self, usage: Usage) -> None:
        """Keep an open usage; one that is kept or recorded already is left as it is."""

    def open_usages(self, account_id: int) -> Sequence[Usage]:
        """Return the account's open usages, oldest first."""

    def accounts_in_use(self) -> Sequence[int]:
        """Return the accounts that have an open usage."""

    def record(self, entry: LedgerEntry, allowance: Allowance) -> None:
        """Add the entry, use the allowance and forget the open usage: all or nothing.

        Raises:
            UsageRecordedError: the usage has an entry.
            AllowanceConflictError: the stored allowance is not the version before the given one.
        """

    def entries(
        self, account_id: int, *, start: datetime, end: datetime, projects: Collection[int] | None
    ) -> Sequence[LedgerEntry]:
        """Return the entries that ended in the half-open span, of all or of some projects."""

    def page(
        self, account_id: int, *, projects: Collection[int] | None, limit: int, position: Position
    ) -> tuple[Sequence[LedgerEntry], Position]:
        """Return a page, the newest first, and the position of the next one."""


def full_allowance(account_id: int, module: Module, machine: str) -> Allowance:
    price = price_book().get((module, machine))
    minutes = price.free_minutes if price else 0
    return Allowance(account_id=account_id, module=module, machine=machine, minutes=minutes)


def charge(unit_minutes: int, price: Price) -> Decimal:
    """Return the amount with six places."""
    return (price.per_unit_minute * unit_minutes).quantize(MICRO, rounding=ROUND_HALF_UP)


def settle(
    usage: Usage, allowance: Allowance, *, paid_billing: bool, at: datetime
) -> tuple[LedgerEntry, Allowance]:
    """Return the usage's entry and the allowance after it: free minutes first, then pay (spec 01, T2).

    An account without paid billing pays nothing (T1).

    Raises:
        PriceUnknownError
    """
    price = usage.price()
    billed = usage.unit_minutes(at)
    after = allowance.consumed(billed)
    free = after.used_minutes - allowance.used_minutes
    rest = billed - free
    entry = LedgerEntry(
        scope=usage.scope,
        usage_id=usage.usage_id,
        module=usage.module,
        machine=usage.machine,
        resource=usage.resource,
        units=usage.units,
        intervals=usage.intervals,
        billed_minutes=billed,
        free_minutes=free,
        waived_minutes=0 if paid_billing else rest,
        price=price.price,
        amount=charge(rest if paid_billing else 0, price),
        ended_at=usage.ended_at(at),
        recorded_at=at,
    )
    return entry, after
