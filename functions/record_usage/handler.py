"""SQS consumer: what contexts report as used goes into the ledger, once."""

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.parser.models import SqsRecordModel
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, Json

from openbml.core.clock import utc_now
from openbml.core.observability import logger, metrics
from openbml.core.wiring import event_publisher
from openbml.metering.record_usages import record_usage
from openbml.metering.usage import Usage
from openbml.metering.wiring import accounts, ledger


class Message(BaseModel):
    detail: Usage


class MessageRecord(SqsRecordModel):
    body: Json[Message]


processor = BatchProcessor(EventType.SQS, model=MessageRecord)


def handle_message(record: MessageRecord) -> None:
    usage = record.body.detail
    entry = record_usage(usage, ledger=ledger(), accounts=accounts(), events=event_publisher(), now=utc_now)
    if entry:
        metrics.add_metric("LedgerEntries", MetricUnit.Count, 1)
    logger.info("usage recorded", usage_id=usage.usage_id, closed=usage.closed, new=entry is not None)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(event, handle_message, processor, context)
