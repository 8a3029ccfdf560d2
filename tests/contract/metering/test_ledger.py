"""What every ledger owes. The fake behind the unit tests passes the same suite."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest

from openbml.metering.ledger import (
    Allowance,
    AllowanceConflictError,
    Ledger,
    LedgerEntry,
    UsageRecordedError,
    settle,
)
from openbml.metering.ledger_dynamodb import DynamoLedger
from openbml.metering.usage import Usage
from openbml_catalog.machines import Module
from tests.contract.emulator import make_table
from tests.fakes.compute_memory import NOON
from tests.fakes.metering_memory import InMemoryLedger
from tests.fakes.metering_samples import ACCOUNT, SCOPE, open_usage, usage

pytestmark = pytest.mark.contract
POOL = (ACCOUNT, Module.PRESET, "GPU_P4")
DAY = timedelta(days=1)


def settled(ledger: Ledger, used: Usage) -> tuple[LedgerEntry, Allowance]:
    return settle(used, ledger.allowance(used.account_id, *used.pool), paid_billing=True, at=NOON)


class LedgerContract:
    def test_an_entry_comes_back_as_it_was_written(self, ledger: Ledger) -> None:
        entry, after = settled(ledger, usage(Module.PRESET, "GPU_P4", 90.5, 30))

        ledger.record(entry, after)

        assert list(ledger.entries(ACCOUNT, start=NOON, end=NOON + DAY, projects=None)) == [entry]
        assert ledger.allowance(*POOL) == after

    def test_a_usage_is_recorded_once(self, ledger: Ledger) -> None:
        entry, after = settled(ledger, usage())
        ledger.record(entry, after)
        again, later = settled(ledger, usage())

        with pytest.raises(UsageRecordedError):
            ledger.record(again, later)

        assert ledger.allowance(*POOL).used_minutes == 10

    def test_the_slower_of_two_users_of_an_allowance_is_refused_whole(self, ledger: Ledger) -> None:
        first, after_first = settled(ledger, usage(usage_id="run:1"))
        second, after_second = settled(ledger, usage(usage_id="run:2"))
        ledger.record(first, after_first)

        with pytest.raises(AllowanceConflictError):
            ledger.record(second, after_second)

        assert len(ledger.entries(ACCOUNT, start=NOON, end=NOON + DAY, projects=None)) == 1
        ledger.record(*settled(ledger, usage(usage_id="run:2")))
        assert ledger.allowance(*POOL).used_minutes == 20

    def test_of_ten_repeats_at_once_one_is_recorded(self, ledger: Ledger) -> None:
        def attempt(_: int) -> bool:
            try:
                ledger.record(*settled(ledger, usage()))
            except (UsageRecordedError, AllowanceConflictError):
                return False
            return True

        with ThreadPoolExecutor(10) as pool:
            assert sum(pool.map(attempt, range(10))) == 1
        assert ledger.allowance(*POOL).used_minutes == 10

    def test_an_open_usage_is_kept_until_it_is_recorded(self, ledger: Ledger) -> None:
        ledger.keep_open(open_usage())
        ledger.keep_open(open_usage())
        assert list(ledger.open_usages(ACCOUNT)) == [open_usage()]
        assert list(ledger.accounts_in_use()) == [ACCOUNT]

        ended = {"intervals": [{"start": NOON, "end": NOON + timedelta(minutes=5)}], "closed": True}
        ledger.record(*settled(ledger, open_usage(**ended)))

        assert list(ledger.open_usages(ACCOUNT)) == []
        assert list(ledger.accounts_in_use()) == []

    def test_a_late_open_report_of_a_recorded_usage_is_left_out(self, ledger: Ledger) -> None:
        ended = {"intervals": [{"start": NOON, "end": NOON}], "closed": True}
        ledger.record(*settled(ledger, open_usage(**ended)))

        ledger.keep_open(open_usage())

        assert list(ledger.open_usages(ACCOUNT)) == []

    def test_a_month_holds_what_ended_in_it(self, ledger: Ledger) -> None:
        for number, seconds in enumerate((60.0, 86400.0, 86400.0 * 2)):
            ledger.record(*settled(ledger, usage(Module.PRESET, "GPU_P4", seconds, usage_id=f"run:{number}")))

        found = ledger.entries(ACCOUNT, start=NOON + DAY, end=NOON + 2 * DAY, projects=None)

        assert [row.usage_id for row in found] == ["run:1"]

    def test_entries_are_paged_newest_first_and_filtered_by_project(self, ledger: Ledger) -> None:
        for number in range(1, 8):
            scope = SCOPE.model_copy(update={"project_id": 42 + number % 2})
            used = usage(Module.PRESET, "GPU_P4", 60.0 * number, usage_id=f"run:{number}", scope=scope)
            ledger.record(*settled(ledger, used))
        found: list[str] = []
        position = None
        while True:
            rows, position = ledger.page(ACCOUNT, projects={43}, limit=2, position=position)
            found.extend(row.usage_id for row in rows)
            if position is None:
                break

        assert found == ["run:7", "run:5", "run:3", "run:1"]

    def test_amounts_keep_six_places(self, ledger: Ledger) -> None:
        entry, after = settled(ledger, usage(Module.BATCH, "CPU_16C_64G", 60.0))
        odd = entry.model_copy(update={"amount": Decimal("0.123456")})
        ledger.record(odd, after)

        found = ledger.entries(ACCOUNT, start=NOON, end=NOON + DAY, projects=None)

        assert found[0].amount == Decimal("0.123456")

    def test_unused_allowances_are_full(self, ledger: Ledger) -> None:
        rows = {(row.module, row.machine): row.left for row in ledger.allowances(ACCOUNT)}

        assert rows[Module.ONLINE_SERVICE, "SVC_CPU"] == 6000
        assert (Module.PRESET, "GPU_V100") not in rows


class TestInMemory(LedgerContract):
    @pytest.fixture
    def ledger(self) -> InMemoryLedger:
        return InMemoryLedger()


class TestDynamo(LedgerContract):
    @pytest.fixture
    def ledger(self, emulator_url: str) -> DynamoLedger:
        return DynamoLedger(make_table(emulator_url, "metering"))
