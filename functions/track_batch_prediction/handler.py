"""SQS consumer: the job of a batch prediction changed or told its progress; the batch prediction follows."""

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
from openbml.services.batch.run_batches import JobChange, JobOutput, record_batch_progress, track_batch
from openbml.services.batch.wiring import batches


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
        batch = record_batch_progress(message.detail, batches=batches(), events=event_publisher())
    else:
        batch = track_batch(
            message.detail, batches=batches(), jobs=compute_gateway(), events=event_publisher()
        )
    if batch:
        metrics.add_metric("BatchPredictionReports", MetricUnit.Count, 1)
        logger.info("batch prediction tracked", batch_id=batch.batch_id, state=batch.state)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(event, handle_message, processor, context)
