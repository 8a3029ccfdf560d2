"""Fakes of metering's ports; the ledger passes the contract suite of the real one."""

import threading
from collections.abc import Collection, Sequence
from datetime import datetime

from openbml.metering.ledger import (
    Allowance,
    AllowanceConflictError,
    LedgerEntry,
    Position,
    UsageRecordedError,
    full_allowance,
)
from openbml.metering.usage import Usage
from openbml_catalog.machines import Module
from openbml_catalog.prices import price_book


class InMemoryLedger:
    def __init__(self) -> None:
        self._allowances: dict[tuple[int, Module, str], Allowance] = {}
        self._open: dict[tuple[int, str], Usage] = {}
        self._entries: dict[tuple[int, str], LedgerEntry] = {}
        self._lock = threading.Lock()

    def use_up(self, account_id: int, module: Module, machine: str, *, left: int = 0) -> None:
        full = full_allowance(account_id, module, machine)
        used = full.model_copy(update={"used_minutes": full.minutes - left, "version": 1})
        self._allowances[account_id, module, machine] = used

    def allowance(self, account_id: int, module: Module, machine: str) -> Allowance:
        key = (account_id, module, machine)
        return self._allowances.get(key) or full_allowance(*key)

    def allowances(self, account_id: int) -> Sequence[Allowance]:
        return [self.allowance(account_id, *pool) for pool, row in price_book().items() if row.free_minutes]

    def keep_open(self, usage: Usage) -> None:
        key = (usage.account_id, usage.usage_id)
        if key not in self._entries:
            self._open.setdefault(key, usage)

    def open_usages(self, account_id: int) -> Sequence[Usage]:
        mine = (usage for (account, _), usage in self._open.items() if account == account_id)
        return sorted(mine, key=lambda usage: usage.started_at)

    def accounts_in_use(self) -> Sequence[int]:
        return sorted({account for account, _ in self._open})

    def record(self, entry: LedgerEntry, allowance: Allowance) -> None:
        account_id = entry.scope.account_id
        pool = (account_id, allowance.module, allowance.machine)
        with self._lock:
            if (account_id, entry.usage_id) in self._entries:
                raise UsageRecordedError(usage_id=entry.usage_id)
            if self.allowance(*pool).version != allowance.version - 1:
                raise AllowanceConflictError
            self._allowances[pool] = allowance
            self._entries[account_id, entry.usage_id] = entry
            self._open.pop((account_id, entry.usage_id), None)

    def entries(
        self, account_id: int, *, start: datetime, end: datetime, projects: Collection[int] | None
    ) -> Sequence[LedgerEntry]:
        rows = self._shown(account_id, projects)
        return [row for row in rows if start <= row.ended_at < end]

    def page(
        self, account_id: int, *, projects: Collection[int] | None, limit: int, position: Position
    ) -> tuple[Sequence[LedgerEntry], Position]:
        rows = self._shown(account_id, projects)[::-1]
        start = position["start"] if position else 0
        following = {"start": start + limit} if start + limit < len(rows) else None
        return rows[start : start + limit], following

    def _shown(self, account_id: int, projects: Collection[int] | None) -> list[LedgerEntry]:
        rows = [
            row
            for (account, _), row in self._entries.items()
            if account == account_id and (projects is None or row.scope.project_id in projects)
        ]
        return sorted(rows, key=lambda row: (row.ended_at, row.usage_id))


class FakeAccounts:
    """Accounts that pay, and all others, which do not."""

    def __init__(self, *paying: int) -> None:
        self.paying = set(paying)

    def has_paid_billing(self, account_id: int) -> bool:
        return account_id in self.paying
