"""SQS consumer: SageMaker said that an endpoint changed; the truth is read from SageMaker itself."""

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.parser.models import SqsRecordModel
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, Json

from openbml.compute.hostings import HostingNotFoundError
from openbml.compute.wiring import compute_gateway, names
from openbml.core.observability import logger, metrics


class ChangedEndpoint(BaseModel):
    EndpointName: str


class StateChange(BaseModel):
    detail: ChangedEndpoint


class StateChangeRecord(SqsRecordModel):
    body: Json[StateChange]


processor = BatchProcessor(EventType.SQS, model=StateChangeRecord)


def handle_change(record: StateChangeRecord) -> None:
    deployment_id = names().deployment_id(record.body.detail.EndpointName)
    if deployment_id is None:
        return
    try:
        hosting = compute_gateway().follow_hosting(deployment_id)
    except HostingNotFoundError:
        logger.warning("state change of an unknown hosting", deployment_id=deployment_id)
        return
    metrics.add_metric("HostingStateReports", MetricUnit.Count, 1)
    logger.info("hosting followed", deployment_id=deployment_id, state=hosting.state)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(event, handle_change, processor, context)
