"""Which values count as the epochs of a tuning job's child."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sagemaker_local.state import cursors, objectives, processes
from sagemaker_local.state.cursors import MetricValue
from sagemaker_local.state.database import Database
from sagemaker_local.state.processes import ProcessRecord
from sagemaker_local.tuning import children
from tests.unit.sagemaker_local.tuning_cases import child

CHILD = "arn/1"


class State:
    """A state file, used from code that does not wait."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def run(self, work: Callable[[sqlite3.Connection], Any]) -> Any:
        return asyncio.run(self._database.run(work))

    def scanned(self, arn: str, *values: float, attempt: int = 1, node: int = 0, name: str = "loss") -> None:
        process_id = f"{arn}-{attempt}-{node}"
        record = ProcessRecord(
            process_id=process_id, owner_arn=arn, group=str(attempt), ordinal=node, run_dir="", started_at=1.0
        )

        def work(connection: sqlite3.Connection) -> None:
            processes.save(connection, record)
            found = [MetricValue(name, value, 1.0) for value in values]
            cursors.save_scan(connection, process_id, arn, 1, found)

        self.run(work)

    def series(self, *, attempts_continue: bool = False, arn: str = CHILD) -> Any:
        return self.run(
            lambda connection: objectives.series(connection, arn, attempts_continue=attempts_continue)
        )


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    database = Database(tmp_path / "state.sqlite3")
    opened = State(database)
    opened.run(lambda connection: children.insert(connection, "arn/tuning", child(1).record, "loss"))
    yield opened
    database.close()


def test_every_value_of_the_objective_is_kept_in_order_and_the_last_one_is_the_metric(
    state: State,
) -> None:
    state.scanned(CHILD, 3.0, 1.0)
    state.scanned(CHILD, 2.0)
    state.scanned(CHILD, 9.0, name="accuracy")
    assert state.series() == (3.0, 1.0, 2.0)
    metrics = state.run(lambda connection: cursors.metrics_of(connection, CHILD))
    assert {one.name: one.value for one in metrics} == {"accuracy": 9.0, "loss": 2.0}


def test_values_of_other_jobs_are_not_kept(state: State) -> None:
    state.scanned("arn/other", 3.0)
    assert state.series(arn="arn/other") == ()


def test_of_several_nodes_the_lowest_that_prints_counts(state: State) -> None:
    state.scanned(CHILD, 5.0, node=2)
    state.scanned(CHILD, 3.0, node=1)
    state.scanned(CHILD, 6.0, node=2)
    state.scanned(CHILD, 4.0, node=1)
    assert state.series() == (3.0, 4.0)


def test_a_new_attempt_starts_again_unless_there_are_checkpoints(state: State) -> None:
    state.scanned(CHILD, 3.0, 2.0, attempt=1)
    state.scanned(CHILD, 1.0, attempt=2)
    assert state.series() == (1.0,)
    assert state.series(attempts_continue=True) == (3.0, 2.0, 1.0)


def test_a_scan_that_is_not_committed_leaves_no_value(state: State) -> None:
    def work(connection: sqlite3.Connection) -> None:
        cursors.save_scan(connection, f"{CHILD}-1-0", CHILD, 9, [MetricValue("loss", 1.0, 1.0)])
        raise ZeroDivisionError

    state.scanned(CHILD, 3.0)
    with pytest.raises(ZeroDivisionError):
        state.run(work)
    assert state.series() == (3.0,)
    assert state.run(lambda c: cursors.scanned_offset(c, f"{CHILD}-1-0")) == 1
