"""Training jobs in the state file."""

import sqlite3
from typing import Any

from sagemaker_local.jobs.store import JobKind, JobStore
from sagemaker_local.jobs.store import UnknownJobError as UnknownJobError
from sagemaker_local.state import cursors, tags
from sagemaker_local.state.database import Database
from sagemaker_local.training.jobs import TrainingJob
from sagemaker_local.training.views import EVENT_TYPE, event_detail
from sagemaker_local.training.warm_pools import follow


def _event(connection: sqlite3.Connection, job: TrainingJob) -> dict[str, Any]:
    return event_detail(job, cursors.metrics_of(connection, job.arn), tags.of(connection, job.arn))


def _is_news(before: TrainingJob, after: TrainingJob) -> bool:
    return after.secondary_status != before.secondary_status or after.attempt != before.attempt


TRAINING_JOBS = JobKind(
    model=TrainingJob, event_type=EVENT_TYPE, event_detail=_event, is_news=_is_news, follow_up=follow
)


def training_store(database: Database) -> JobStore[TrainingJob]:
    return JobStore(database, TRAINING_JOBS)


def load(connection: sqlite3.Connection, arn: str) -> TrainingJob:
    return TRAINING_JOBS.load(connection, arn)
