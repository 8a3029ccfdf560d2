"""SQS consumer: a service's hosting changed; the service follows, and its running spans become usage."""

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.parser.models import SqsRecordModel
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, Json

from openbml.compute.owners import Owner
from openbml.compute.wiring import compute_gateway
from openbml.core.clock import utc_now
from openbml.core.observability import logger, metrics
from openbml.core.scope import ProjectScope
from openbml.core.wiring import event_publisher
from openbml.services.deployments import HostingReport
from openbml.services.track_services import track_service
from openbml.services.wiring import services


class HostingChange(HostingReport):
    scope: ProjectScope
    owner: Owner


class Message(BaseModel):
    detail: HostingChange


class MessageRecord(SqsRecordModel):
    body: Json[Message]


processor = BatchProcessor(EventType.SQS, model=MessageRecord)


def handle_message(record: MessageRecord) -> None:
    change = record.body.detail
    service = track_service(
        change.scope,
        int(change.owner.id),
        change,
        services=services(),
        hostings=compute_gateway(),
        events=event_publisher(),
        now=utc_now,
    )
    if service:
        metrics.add_metric("ServiceStateReports", MetricUnit.Count, 1)
        logger.info("service tracked", service_id=service.service_id, state=service.state)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(event, handle_message, processor, context)
