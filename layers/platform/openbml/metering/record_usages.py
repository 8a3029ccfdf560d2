"""Use cases: what contexts report lands in the ledger, exactly once, in any order."""

from typing import Protocol

from openbml.core.clock import Clock
from openbml.core.events import EventPublisher
from openbml.core.observability import logger
from openbml.metering.events import AllowanceExhausted
from openbml.metering.ledger import AllowanceConflictError, Ledger, LedgerEntry, UsageRecordedError, settle
from openbml.metering.usage import Usage
from openbml_catalog.machines import Module

_ATTEMPTS = 10


class Accounts(Protocol):
    """Port to the accounts of identity."""

    def has_paid_billing(self, account_id: int) -> bool: ...


def record_usage(
    usage: Usage, *, ledger: Ledger, accounts: Accounts, events: EventPublisher, now: Clock
) -> LedgerEntry | None:
    """Keep an open usage, or write a closed one into the ledger; return the new entry, if there is one.

    A repeat changes nothing. A closed usage may come before its open one, which is then ignored. The event is
    published before the entry is saved that would skip it.

    Raises:
        PriceUnknownError
        AllowanceConflictError: the allowance was used by others again and again.
    """
    if not usage.closed:
        usage.price()
        ledger.keep_open(usage)
        return None
    paid = accounts.has_paid_billing(usage.account_id)
    for attempt in range(_ATTEMPTS):
        allowance = ledger.allowance(usage.account_id, *usage.pool)
        entry, after = settle(usage, allowance, paid_billing=paid, at=now())
        if not paid and after.left == 0:
            events.publish([_exhausted(usage)])
        try:
            ledger.record(entry, after)
        except UsageRecordedError:
            logger.info("usage is in the ledger already", usage_id=usage.usage_id)
            return None
        except AllowanceConflictError:
            if attempt == _ATTEMPTS - 1:
                raise
            continue
        return entry
    raise AllowanceConflictError


def allowance_left(account_id: int, module: Module, machine: str, *, ledger: Ledger, now: Clock) -> int:
    """Return the free minutes that neither the ledger nor running work has used."""
    allowance = ledger.allowance(account_id, module, machine)
    at = now()
    running = [usage for usage in ledger.open_usages(account_id) if usage.pool == (module, machine)]
    return max(0, allowance.left - sum(usage.unit_minutes(at) for usage in running))


def watch_allowances(*, ledger: Ledger, accounts: Accounts, events: EventPublisher, now: Clock) -> int:
    """Tell of accounts without paid billing whose running work has used up an allowance; return how many.

    Services report an open interval once, so that only a look at the clock tells when it costs more than is
    free (spec 01, T1 and D6).
    """
    told = 0
    for account_id in ledger.accounts_in_use():
        if accounts.has_paid_billing(account_id):
            continue
        usages = {usage.pool: usage for usage in ledger.open_usages(account_id)}
        for (module, machine), usage in usages.items():
            if allowance_left(account_id, module, machine, ledger=ledger, now=now) == 0:
                events.publish([_exhausted(usage)])
                told += 1
    return told


def _exhausted(usage: Usage) -> AllowanceExhausted:
    return AllowanceExhausted(scope=usage.scope, module=usage.module, machine=usage.machine)
