"""SQS consumer: a sleeping service was called; it is woken up and followed while calls wait for it."""

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.parser.models import SqsRecordModel
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import Json

from openbml.compute.wiring import compute_gateway
from openbml.core.clock import utc_now
from openbml.core.observability import logger, metrics
from openbml.core.wiring import event_publisher
from openbml.services.sleep_services import wake_service
from openbml.services.wakes import WakeOrder
from openbml.services.wiring import funds, services


class OrderRecord(SqsRecordModel):
    body: Json[WakeOrder]


processor = BatchProcessor(EventType.SQS, model=OrderRecord)


def handle_order(record: OrderRecord) -> None:
    service = wake_service(
        record.body,
        services=services(),
        hostings=compute_gateway(),
        funds=funds(),
        events=event_publisher(),
        now=utc_now,
    )
    if service:
        metrics.add_metric("ServicesWoken", MetricUnit.Count, 1)
        logger.info("service woken up", service_id=service.service_id, state=service.state)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(event, handle_order, processor, context)
