"""The ledger: one entry per use, and what is left of each free allowance."""

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from openbml.core.errors import OpenBMLError
from openbml.core.scope import ProjectScope
from openbml.metering.charges import Charge, price_of
from openbml.metering.usage import Resource, UsageReport
from openbml_catalog.machines import Module

_BEIJING = timezone(timedelta(hours=8))  # accounts close in Beijing time (spec 01 section 2.8)


class LedgerBusyError(OpenBMLError):
    """Too many uses of one allowance ended at once; the report is repeated."""


class AccountBook(BaseModel):
    """Whose ledger: one per account and region."""

    model_config = ConfigDict(frozen=True)

    account_id: int
    region: str

    @classmethod
    def of(cls, scope: ProjectScope) -> "AccountBook":
        return cls(account_id=scope.account_id, region=scope.region)


class LedgerEntry(BaseModel):
    """One use, priced. Never changed after it was written."""

    model_config = ConfigDict(frozen=True)

    usage_id: str
    scope: ProjectScope
    module: Module
    machine: str
    resource: Resource
    units: int
    started_at: AwareDatetime
    ended_at: AwareDatetime
    billed_minutes: int
    free_minutes: int
    charged_minutes: int
    unpaid_minutes: int
    amount: Decimal

    @classmethod
    def of(cls, report: UsageReport, charged: Charge, now: datetime) -> "LedgerEntry":
        return cls(
            usage_id=report.usage_id,
            scope=report.scope,
            module=report.module,
            machine=report.machine,
            resource=report.resource,
            units=report.units,
            started_at=report.started_at,
            ended_at=report.ended_at(now),
            billed_minutes=report.unit_minutes(now),
            free_minutes=charged.free_minutes,
            charged_minutes=charged.charged_minutes,
            unpaid_minutes=charged.unpaid_minutes,
            amount=charged.amount,
        )

    @property
    def month(self) -> str:
        return month_of(self.ended_at)


class Allowance(BaseModel):
    """Free unit-minutes of one machine in one module, once per account."""

    model_config = ConfigDict(frozen=True)

    module: Module
    machine: str
    used_minutes: int = Field(default=0, ge=0)
    version: int = Field(default=0, ge=0)

    @property
    def free_minutes(self) -> int:
        return price_of(self.module, self.machine).free_minutes

    @property
    def left(self) -> int:
        return max(0, self.free_minutes - self.used_minutes)

    def consumed(self, minutes: int) -> "Allowance":
        update = {"used_minutes": self.used_minutes + minutes, "version": self.version + 1}
        return self.model_copy(update=update)


class LedgerRepository(Protocol):
    """Port; tests/contract/metering holds what implementations owe."""

    def allowance(self, book: AccountBook, module: Module, machine: str) -> Allowance: ...

    def allowances(self, book: AccountBook) -> Sequence[Allowance]: ...

    def record(self, entry: LedgerEntry, allowance: Allowance) -> bool:
        """Write the entry and the allowance it leaves, and forget the open use; all or nothing.

        Returns:
            False when the use is in the ledger already.

        Raises:
            LedgerBusyError: the allowance changed since it was read.
        """

    def open(self, report: UsageReport) -> None:
        """Remember a use that goes on, unless it is in the ledger already."""

    def is_recorded(self, book: AccountBook, usage_id: str) -> bool: ...

    def open_uses(self, book: AccountBook) -> Sequence[UsageReport]: ...

    def entries(self, book: AccountBook, month: str) -> Sequence[LedgerEntry]: ...

    def page(
        self, book: AccountBook, month: str, *, limit: int, position: dict[str, Any] | None
    ) -> tuple[Sequence[LedgerEntry], dict[str, Any] | None]: ...


def month_of(at: datetime) -> str:
    """Return the month a time belongs to, in Beijing time: `YYYY-MM`."""
    return at.astimezone(_BEIJING).strftime("%Y-%m")
