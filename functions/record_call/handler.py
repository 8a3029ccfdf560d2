"""SQS consumer: keeps the records of prediction calls for 30 days."""

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.parser.models import SqsRecordModel
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import Json

from openbml.core.observability import logger, metrics
from openbml.services.repositories import CallRecord
from openbml.services.wiring import call_records


class CallMessage(SqsRecordModel):
    body: Json[CallRecord]


processor = BatchProcessor(EventType.SQS, model=CallMessage)


def handle_call(record: CallMessage) -> None:
    call_records().record(record.body)
    metrics.add_metric("CallRecords", MetricUnit.Count, 1)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(event, handle_call, processor, context)
