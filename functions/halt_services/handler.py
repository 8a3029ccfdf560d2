"""SQS consumer: an account that does not pay has used up its free allowance; its services are stopped."""

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.parser.models import SqsRecordModel
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, Json

from openbml.core.clock import utc_now
from openbml.core.observability import logger, metrics
from openbml.core.scope import ProjectScope
from openbml.core.wiring import event_publisher
from openbml.services.track_services import halt_services
from openbml.services.wiring import funds, orders, services
from openbml_catalog.machines import Module


class Exhausted(BaseModel):
    scope: ProjectScope
    module: Module
    machine: str


class Message(BaseModel):
    detail: Exhausted


class MessageRecord(SqsRecordModel):
    body: Json[Message]


processor = BatchProcessor(EventType.SQS, model=MessageRecord)


def handle_message(record: MessageRecord) -> None:
    detail = record.body.detail
    count = halt_services(
        detail.scope.account_id,
        machine=detail.machine,
        services=services(),
        funds=funds(),
        events=event_publisher(),
        orders=orders(),
        now=utc_now,
    )
    metrics.add_metric("ServicesHalted", MetricUnit.Count, count)
    logger.info("services halted", count=count)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(event, handle_message, processor, context)
