"""SQS consumer: brings a service's hosting to what the service wants."""

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
from openbml.services.apply_deployments import apply_deployment
from openbml.services.settle_services import ServiceOrder
from openbml.services.wiring import services


class OrderRecord(SqsRecordModel):
    body: Json[ServiceOrder]


processor = BatchProcessor(EventType.SQS, model=OrderRecord)


def handle_order(record: OrderRecord) -> None:
    service = apply_deployment(
        record.body,
        services=services(),
        hostings=compute_gateway(),
        events=event_publisher(),
        now=utc_now,
    )
    if service:
        metrics.add_metric("DeploymentsApplied", MetricUnit.Count, 1)
        logger.info("deployment applied", service_id=service.service_id, state=service.state)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(event, handle_order, processor, context)
