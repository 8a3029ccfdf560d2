"""A ledger in memory; it passes the suite of tests/contract/metering."""

from collections.abc import Sequence
from typing import Any

from openbml.metering.ledger import AccountBook, Allowance, LedgerBusyError, LedgerEntry
from openbml.metering.usage import UsageReport
from openbml_catalog.machines import Module


class InMemoryLedger:
    def __init__(self) -> None:
        self._entries: dict[tuple[AccountBook, str], LedgerEntry] = {}
        self._open: dict[tuple[AccountBook, str], UsageReport] = {}
        self._allowances: dict[tuple[AccountBook, Module, str], Allowance] = {}

    def allowance(self, book: AccountBook, module: Module, machine: str) -> Allowance:
        return self._allowances.get((book, module, machine)) or Allowance(module=module, machine=machine)

    def allowances(self, book: AccountBook) -> Sequence[Allowance]:
        return [row for (owner, _, _), row in self._allowances.items() if owner == book]

    def record(self, entry: LedgerEntry, allowance: Allowance) -> bool:
        book = AccountBook.of(entry.scope)
        if (book, entry.usage_id) in self._entries:
            return False
        if self.allowance(book, allowance.module, allowance.machine).version != allowance.version - 1:
            raise LedgerBusyError(usage_id=entry.usage_id)
        self._entries[book, entry.usage_id] = entry
        self._allowances[book, allowance.module, allowance.machine] = allowance
        self._open.pop((book, entry.usage_id), None)
        return True

    def open(self, report: UsageReport) -> None:
        book = AccountBook.of(report.scope)
        if (book, report.usage_id) not in self._entries:
            self._open[book, report.usage_id] = report

    def is_recorded(self, book: AccountBook, usage_id: str) -> bool:
        return (book, usage_id) in self._entries

    def open_uses(self, book: AccountBook) -> Sequence[UsageReport]:
        return [report for (owner, _), report in self._open.items() if owner == book]

    def entries(self, book: AccountBook, month: str) -> Sequence[LedgerEntry]:
        own = [row for (owner, _), row in self._entries.items() if owner == book and row.month == month]
        return sorted(own, key=lambda row: (row.ended_at, row.usage_id))

    def page(
        self, book: AccountBook, month: str, *, limit: int, position: dict[str, Any] | None
    ) -> tuple[Sequence[LedgerEntry], dict[str, Any] | None]:
        newest_first = list(reversed(self.entries(book, month)))
        start = int(position["start"]) if position else 0
        following = {"start": start + limit} if start + limit < len(newest_first) else None
        return newest_first[start : start + limit], following
