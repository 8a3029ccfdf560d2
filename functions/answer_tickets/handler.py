"""SQS consumer: answers calls that came while their service slept, as soon as it runs."""

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.parser.models import SqsRecordModel
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import Json

from openbml.core.observability import logger, metrics
from openbml.services.prediction.tickets import TicketOrder
from openbml.services.prediction.wiring import late_answers


class TicketMessage(SqsRecordModel):
    body: Json[TicketOrder]


processor = BatchProcessor(EventType.SQS, model=TicketMessage)


def handle_order(record: TicketMessage) -> None:
    answered = late_answers().answer(record.body)
    metrics.add_metric("TicketsAnswered", MetricUnit.Count, int(answered))


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(event, handle_order, processor, context)
