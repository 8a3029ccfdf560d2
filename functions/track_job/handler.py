"""SQS consumer: SageMaker said that a job changed; the truth is read from SageMaker itself."""

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.parser.models import SqsRecordModel
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import AliasChoices, BaseModel, Field, Json

from openbml.compute.jobs import JobNotFoundError
from openbml.compute.wiring import compute_gateway, names
from openbml.core.observability import logger, metrics


class ChangedJob(BaseModel):
    name: str = Field(validation_alias=AliasChoices("TrainingJobName", "ProcessingJobName"))


class StateChange(BaseModel):
    detail: ChangedJob


class StateChangeRecord(SqsRecordModel):
    body: Json[StateChange]


processor = BatchProcessor(EventType.SQS, model=StateChangeRecord)


def handle_change(record: StateChangeRecord) -> None:
    job_id = names().job_id(record.body.detail.name)
    if job_id is None:
        return
    try:
        job = compute_gateway().follow_job(job_id)
    except JobNotFoundError:
        logger.warning("state change of an unknown job", job_id=job_id)
        return
    metrics.add_metric("JobStateReports", MetricUnit.Count, 1)
    logger.info("job followed", job_id=job_id, state=job.state)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(event, handle_change, processor, context)
