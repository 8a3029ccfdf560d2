"""SQS consumer: keeps what a run's job printed and passes it on to whoever watches."""

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.parser.models import SqsRecordModel
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, Json

from openbml.core.observability import logger, metrics
from openbml.core.wiring import event_publisher
from openbml.training.track_runs import JobOutput, record_progress
from openbml.training.wiring import progress_store


class Message(BaseModel):
    detail: JobOutput


class MessageRecord(SqsRecordModel):
    body: Json[Message]


processor = BatchProcessor(EventType.SQS, model=MessageRecord)


def handle_message(record: MessageRecord) -> None:
    count = record_progress(record.body.detail, store=progress_store(), events=event_publisher())
    metrics.add_metric("RunProgressRecords", MetricUnit.Count, count)
    logger.info("run progress recorded", run_id=record.body.detail.owner.id, count=count)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(event, handle_message, processor, context)
