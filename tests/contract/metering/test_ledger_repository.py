"""What every ledger owes; the fake of the unit tests passes the same suite."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from openbml.core.scope import ProjectScope
from openbml.metering.ledger import AccountBook, LedgerBusyError, LedgerEntry, LedgerRepository
from openbml.metering.ledger_dynamodb import DynamoLedgerRepository
from openbml.metering.usage import Resource, UsageReport, UsedInterval
from openbml_catalog.machines import Module
from tests.contract.emulator import emulator, make_table
from tests.fakes.metering_memory import InMemoryLedger

pytestmark = pytest.mark.contract
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
SCOPE = ProjectScope(account_id=1, region="us-east-1", project_id=2)
BOOK = AccountBook.of(SCOPE)
KEY = (BOOK, Module.PRESET, "GPU_P4")


def entry(usage_id: str, minute: int = 0) -> LedgerEntry:
    return LedgerEntry(
        usage_id=usage_id,
        scope=SCOPE,
        module=Module.PRESET,
        machine="GPU_P4",
        resource=Resource(type="run", id=usage_id),
        units=1,
        started_at=NOON,
        ended_at=NOON + timedelta(minutes=minute),
        billed_minutes=10,
        free_minutes=10,
        charged_minutes=0,
        unpaid_minutes=0,
        amount=Decimal("0.123456"),
    )


def open_use(usage_id: str) -> UsageReport:
    return UsageReport(
        scope=SCOPE,
        usage_id=usage_id,
        module=Module.PRESET,
        machine="GPU_P4",
        resource=Resource(type="run", id=usage_id),
        units=1,
        intervals=[UsedInterval(start=NOON)],
        closed=False,
    )


class LedgerRepositoryContract:
    def test_an_entry_is_read_back_as_it_was_written(self, ledger: LedgerRepository) -> None:
        ledger.record(entry("run:1"), ledger.allowance(*KEY).consumed(10))

        assert list(ledger.entries(BOOK, "2026-11")) == [entry("run:1")]
        assert ledger.allowance(*KEY).used_minutes == 10
        assert [row.used_minutes for row in ledger.allowances(BOOK)] == [10]

    def test_the_same_use_is_recorded_once(self, ledger: LedgerRepository) -> None:
        assert ledger.record(entry("run:1"), ledger.allowance(*KEY).consumed(10))
        assert not ledger.record(entry("run:1", 5), ledger.allowance(*KEY).consumed(10))

        assert ledger.allowance(*KEY).used_minutes == 10
        assert len(ledger.entries(BOOK, "2026-11")) == 1

    def test_an_allowance_that_changed_in_between_refuses_the_write_whole(
        self, ledger: LedgerRepository
    ) -> None:
        stale = ledger.allowance(*KEY)
        ledger.record(entry("run:1"), stale.consumed(10))

        with pytest.raises(LedgerBusyError):
            ledger.record(entry("run:2"), stale.consumed(10))

        assert not ledger.is_recorded(BOOK, "run:2")

    def test_recording_closes_the_open_use_and_a_late_open_is_ignored(self, ledger: LedgerRepository) -> None:
        ledger.open(open_use("run:1"))
        assert list(ledger.open_uses(BOOK)) == [open_use("run:1")]

        ledger.record(entry("run:1"), ledger.allowance(*KEY).consumed(10))
        ledger.open(open_use("run:1"))

        assert list(ledger.open_uses(BOOK)) == []

    def test_pages_run_from_the_newest_to_the_oldest(self, ledger: LedgerRepository) -> None:
        for number in range(5):
            ledger.record(entry(f"run:{number}", number), ledger.allowance(*KEY).consumed(1))

        first, position = ledger.page(BOOK, "2026-11", limit=3, position=None)
        second, _ = ledger.page(BOOK, "2026-11", limit=3, position=position)

        assert [row.usage_id for row in [*first, *second]] == [f"run:{n}" for n in (4, 3, 2, 1, 0)]


class TestInMemory(LedgerRepositoryContract):
    @pytest.fixture
    def ledger(self) -> LedgerRepository:
        return InMemoryLedger()


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with emulator(tmp_path_factory.mktemp("emulator")) as url:
        yield url


class TestDynamo(LedgerRepositoryContract):
    @pytest.fixture
    def ledger(self, endpoint: str) -> LedgerRepository:
        return DynamoLedgerRepository(make_table(endpoint, "metering"))

    def test_eight_writers_of_one_use_leave_one_entry(self, ledger: LedgerRepository) -> None:
        def write(_: int) -> bool:
            try:
                return ledger.record(entry("run:1"), ledger.allowance(*KEY).consumed(10))
            except LedgerBusyError:
                return False

        with ThreadPoolExecutor(8) as pool:
            written = list(pool.map(write, range(8)))

        assert written.count(True) == 1
        assert ledger.allowance(*KEY).used_minutes == 10
