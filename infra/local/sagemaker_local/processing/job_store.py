"""Processing jobs in the state file. Events tell of the status only, not of each step."""

from sagemaker_local.jobs.store import JobKind, JobStore
from sagemaker_local.processing.jobs import ProcessingJob
from sagemaker_local.processing.views import EVENT_TYPE, event_detail
from sagemaker_local.state.database import Database

PROCESSING_JOBS = JobKind(
    model=ProcessingJob,
    event_type=EVENT_TYPE,
    event_detail=lambda _, job: event_detail(job),
    is_news=lambda before, after: before.status != after.status,
)


def processing_store(database: Database) -> JobStore[ProcessingJob]:
    return JobStore(database, PROCESSING_JOBS)
