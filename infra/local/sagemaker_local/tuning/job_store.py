"""Tuning jobs in the state file; a change of status is written with the event that tells of it."""

import sqlite3

from sagemaker_local.state import outbox, resources, tags
from sagemaker_local.tuning import children
from sagemaker_local.tuning.jobs import TuningJob, from_record
from sagemaker_local.tuning.views import EVENT_TYPE, event_detail


class UnknownTuningJobError(Exception):
    """There is no such tuning job (any more)."""


def load(connection: sqlite3.Connection, arn: str) -> TuningJob:
    record = resources.get(connection, arn)
    if record is None:
        raise UnknownTuningJobError(arn)
    return from_record(record)


def save_change(connection: sqlite3.Connection, before: TuningJob, after: TuningJob) -> None:
    resources.update(connection, after.record())
    if after.status != before.status:
        emit(connection, after)


def emit(connection: sqlite3.Connection, job: TuningJob) -> None:
    detail = event_detail(job, children.of(connection, job.arn), tags.of(connection, job.arn))
    outbox.add(connection, arn=job.arn, detail_type=EVENT_TYPE, detail=detail, happened_at=job.modified_at)
