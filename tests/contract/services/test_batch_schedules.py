"""What repositories of schedules owe; the fake passes the same suite."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from openbml.services.batch.schedules import (
    BatchSchedule,
    Outcome,
    ScheduleConflictError,
    ScheduledRun,
    ScheduleNotFoundError,
    ScheduleRepository,
)
from openbml.services.batch.schedules_dynamodb import DynamoScheduleRepository
from tests.contract.emulator import make_table
from tests.fakes.batches_memory import InMemorySchedules
from tests.fakes.compute_memory import NOON
from tests.fakes.services_samples import SCOPE

pytestmark = pytest.mark.contract
ELSEWHERE = SCOPE.model_copy(update={"project_id": 43})
HOUR = timedelta(hours=1)


def schedule(schedule_id: int = 5, **changes: Any) -> BatchSchedule:
    fields: dict[str, Any] = {
        "scope": SCOPE,
        "schedule_id": schedule_id,
        "name": "nightly",
        "template": {"model_id": 3, "parameters": {"threshold": 0.35}},
        "recurrence": {"unit": "hour", "every": 1, "starts_at": NOON},
        "next_due_at": NOON + HOUR,
        "created_by": 9,
        "created_at": NOON,
    }
    return BatchSchedule.model_validate({**fields, **changes})


class ScheduleRepositoryContract:
    def test_one_is_kept_as_it_is(self, schedules: ScheduleRepository) -> None:
        schedules.add(schedule())

        assert schedules.get(SCOPE, 5) == schedule()
        assert schedules.all_of(SCOPE) == [schedule()]
        with pytest.raises(ScheduleNotFoundError):
            schedules.get(ELSEWHERE, 5)

    def test_what_is_due_comes_by_time_and_once_dealt_with_goes(self, schedules: ScheduleRepository) -> None:
        schedules.add(schedule(5, next_due_at=NOON + 2 * HOUR))
        schedules.add(schedule(6, next_due_at=NOON + HOUR, scope=ELSEWHERE))
        schedules.add(schedule(7, next_due_at=None))

        assert schedules.due(NOON, limit=9) == []
        assert schedules.due(NOON + 2 * HOUR, limit=9) == [(ELSEWHERE, 6), (SCOPE, 5)]
        assert schedules.due(NOON + 2 * HOUR, limit=1) == [(ELSEWHERE, 6)]
        schedules.save(schedules.get(SCOPE, 5).after(NOON + 2 * HOUR, 11))
        assert schedules.due(NOON + 2 * HOUR, limit=9) == [(ELSEWHERE, 6)]
        assert schedules.get(SCOPE, 5).last_batch_id == 11

    def test_the_slower_of_two_writers_is_refused(self, schedules: ScheduleRepository) -> None:
        schedules.add(schedule())
        schedules.save(schedule().changed(name="other"))

        with pytest.raises(ScheduleConflictError):
            schedules.save(schedule().changed(name="third"))
        assert schedules.get(SCOPE, 5).name == "other"

    def test_a_removed_one_is_never_due(self, schedules: ScheduleRepository) -> None:
        schedules.add(schedule())
        schedules.remove(schedule())
        schedules.remove(schedule())

        assert schedules.due(NOON + 9 * HOUR, limit=9) == []
        with pytest.raises(ScheduleNotFoundError):
            schedules.get(SCOPE, 5)

    def test_of_a_herd_one_decides_about_a_time(self, schedules: ScheduleRepository) -> None:
        schedules.add(schedule())

        def claimed(batch_id: int) -> ScheduledRun:
            run = ScheduledRun(due_at=NOON, outcome=Outcome.STARTED, batch_id=batch_id)
            return schedules.claim(schedule(), run)

        with ThreadPoolExecutor(4) as pool:
            kept = list(pool.map(claimed, range(1, 9)))
        assert len({run.batch_id for run in kept}) == 1
        assert schedules.runs(schedule(), limit=9) == [kept[0]]

    def test_runs_are_the_newest_first_and_outcomes_can_change(self, schedules: ScheduleRepository) -> None:
        for hours in range(3):
            run = ScheduledRun(due_at=NOON + hours * HOUR, outcome=Outcome.STARTED, batch_id=hours + 1)
            schedules.claim(schedule(), run)
        refused = ScheduledRun(due_at=NOON + 2 * HOUR, outcome=Outcome.REFUSED, reason="why")
        schedules.settle(schedule(), refused)

        assert [run.batch_id for run in schedules.runs(schedule(), limit=2)] == [None, 2]
        assert schedules.runs(schedule(6), limit=2) == []


class TestInMemory(ScheduleRepositoryContract):
    @pytest.fixture
    def schedules(self) -> ScheduleRepository:
        return InMemorySchedules()


class TestDynamo(ScheduleRepositoryContract):
    @pytest.fixture
    def schedules(self, emulator_url: str, request: pytest.FixtureRequest) -> ScheduleRepository:
        name = f"schedules-{abs(hash(request.node.nodeid))}"
        return DynamoScheduleRepository(make_table(emulator_url, name))
