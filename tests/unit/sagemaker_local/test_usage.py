"""Which processes are measured, and under which names."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from sagemaker_local.logs.usage import Measured, running_processes
from sagemaker_local.state import processes, resources
from sagemaker_local.state.database import Database
from sagemaker_local.state.processes import ProcessRecord
from sagemaker_local.state.resources import Record

PREFIX = "arn:aws:sagemaker:eu-west-1:000000000000:"


@pytest.mark.parametrize(
    ("kind", "dimensions"),
    [
        ("training-job", {"Host": "one/algo-2"}),
        ("processing-job", {"Host": "one/algo-2"}),
        ("transform-job", {"Host": "one/algo-2"}),
        ("endpoint", {"EndpointName": "one", "VariantName": "main"}),
        ("inference-component", {"InferenceComponentName": "one"}),
        ("app", None),
    ],
)
def test_what_runs_is_measured_under_the_names_of_its_owner(
    tmp_path: Path, kind: str, dimensions: dict[str, str] | None
) -> None:
    arn = f"{PREFIX}{kind}/one"
    process = ProcessRecord(
        process_id="p",
        owner_arn=arn,
        group="1",
        variant="main",
        ordinal=1,
        run_dir="/run",
        started_at=1.0,
        pid=1,
        state="running",
    )

    def work(connection: sqlite3.Connection) -> list[Measured]:
        resources.insert(connection, Record(arn, kind, "one", "InService", 1.0, 1.0, "{}"))
        processes.save(connection, process)
        processes.save(connection, process.model_copy(update={"process_id": "q"}).ended())
        return running_processes(connection)

    async def scene() -> list[Measured]:
        database = Database(tmp_path / "db")
        try:
            return await database.run(work)
        finally:
            database.close()

    found = [(one.record.process_id, dict(one.dimensions)) for one in asyncio.run(scene())]
    assert found == ([] if dimensions is None else [("p", dimensions)])
