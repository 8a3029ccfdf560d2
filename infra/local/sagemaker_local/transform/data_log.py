"""The ``/data-log`` stream of a transform job: what happened to which object."""

import os
import sqlite3
import time
from pathlib import Path

from sagemaker_local.processes.framing import LineFramer
from sagemaker_local.processes.supervisor import Supervisor
from sagemaker_local.state import cursors, processes
from sagemaker_local.state.database import Database
from sagemaker_local.state.processes import ProcessRecord
from sagemaker_local.transform.jobs import TransformJob
from sagemaker_local.transform.model_servers import LOG_GROUP, instance_stream

VARIANT = "data-log"


class DataLog:
    """A log without a process: lines of the engine, delivered like those of a container."""

    def __init__(self, record: ProcessRecord) -> None:
        self.record = record
        self._path = Path(record.run_dir) / "log"
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)

    def write(self, text: str) -> None:
        framer = LineFramer(b"O")
        line = framer.feed(f"{text[:4096].replace(chr(10), ' ')}\n".encode())
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(descriptor, line)
        finally:
            os.close(descriptor)


async def open_data_log(job: TransformJob, database: Database, supervisor: Supervisor) -> DataLog:
    """Go on with the log of an earlier engine, or begin one."""
    known = [one for one in await supervisor.of_owner(job.arn) if one.variant == VARIANT]
    if known:
        return DataLog(known[0])
    record = supervisor.new_record(owner_arn=job.arn, group="1", ordinal=0, variant=VARIANT)
    record = record.model_copy(update={"started_at": job.started_at or time.time()})

    def work(connection: sqlite3.Connection) -> None:
        processes.save(connection, record)
        stream = f"{instance_stream(job.name, record)}/data-log"
        cursors.open_log(connection, record.process_id, LOG_GROUP, stream)

    await database.run(work)
    return DataLog(record)
