"""SQS consumer: a compute job of this context changed or told its progress; its data job follows."""

from typing import Annotated, Any, Literal

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.parser.models import SqsRecordModel
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, Field, Json

from openbml.compute.wiring import compute_gateway
from openbml.core.observability import logger, metrics
from openbml.core.wiring import event_publisher
from openbml.datasets.jobs.track_data_jobs import (
    JobChange,
    JobOutput,
    record_work_progress,
    track_data_job,
)
from openbml.datasets.wiring import archive_store, data_job_hooks, data_job_repository


class Changed(BaseModel):
    detail_type: Literal["JobStateChanged"] = Field(alias="detail-type")
    detail: JobChange


class Progressed(BaseModel):
    detail_type: Literal["JobProgressed"] = Field(alias="detail-type")
    detail: JobOutput


Message = Annotated[Changed | Progressed, Field(discriminator="detail_type")]


class MessageRecord(SqsRecordModel):
    body: Json[Message]


processor = BatchProcessor(EventType.SQS, model=MessageRecord)


def handle_message(record: MessageRecord) -> None:
    message = record.body
    if isinstance(message, Progressed):
        job = record_work_progress(
            message.detail,
            jobs=data_job_repository(),
            runtime=compute_gateway(),
            events=event_publisher(),
        )
    else:
        job = track_data_job(
            message.detail,
            jobs=data_job_repository(),
            scratch=archive_store(),
            runtime=compute_gateway(),
            hooks=data_job_hooks(),
            events=event_publisher(),
        )
    if job:
        metrics.add_metric("DataJobReports", MetricUnit.Count, 1)
        logger.info("data job tracked", job_id=job.job_id, state=job.state, done=job.progress_done)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(event, handle_message, processor, context)
