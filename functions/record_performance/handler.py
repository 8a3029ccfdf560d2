"""SQS consumer: a job that measures a model told its figures, or ended."""

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.parser.models import SqsRecordModel
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, Json

from openbml.core.observability import logger, metrics
from openbml.services.performance.record_performance import MeasuringReport, record_performance
from openbml.services.performance.wiring import previews


class Message(BaseModel):
    detail: MeasuringReport


class MessageRecord(SqsRecordModel):
    body: Json[Message]


processor = BatchProcessor(EventType.SQS, model=MessageRecord)


def handle_message(record: MessageRecord) -> None:
    preview = record_performance(record.body.detail, previews=previews())
    if preview:
        metrics.add_metric("MeasurementReports", MetricUnit.Count, 1)
        logger.info("measurement recorded", preview_id=preview.preview_id, state=preview.state)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(event, handle_message, processor, context)
