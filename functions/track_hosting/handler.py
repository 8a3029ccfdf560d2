"""SQS consumer: an endpoint changed, or a hosting that SageMaker tells nothing of shall be watched.

The truth is read from SageMaker itself.
"""

import time
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.parser.models import SqsRecordModel
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, Json

from openbml.compute.hostings import HostingNotFoundError
from openbml.compute.model_hosting import HostingLook
from openbml.compute.wiring import compute_gateway, hosting_looks, names
from openbml.core.observability import logger, metrics


class ChangedEndpoint(BaseModel):
    EndpointName: str


class StateChange(BaseModel):
    detail: ChangedEndpoint | HostingLook


class StateChangeRecord(SqsRecordModel):
    body: Json[StateChange | HostingLook]


processor = BatchProcessor(EventType.SQS, model=StateChangeRecord)


def handle_change(record: StateChangeRecord) -> None:
    change = record.body.detail if isinstance(record.body, StateChange) else record.body
    try:
        if isinstance(change, HostingLook):
            compute_gateway().watch_hosting(change, looks=hosting_looks(), pause=time.sleep)
        else:
            _follow(change.EndpointName)
    except HostingNotFoundError as error:
        logger.warning("state change of an unknown hosting", deployment_id=error.details["deployment_id"])
        return
    metrics.add_metric("HostingStateReports", MetricUnit.Count, 1)


def _follow(endpoint: str) -> None:
    deployment_id, project_id = names().deployment_id(endpoint), names().project_id(endpoint)
    if deployment_id is not None:
        hosting = compute_gateway().follow_hosting(deployment_id)
        logger.info("hosting followed", deployment_id=deployment_id, state=hosting.state)
    elif project_id is not None:
        count = compute_gateway().follow_project(project_id)
        logger.info("hostings of a project followed", project_id=project_id, count=count)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(event, handle_change, processor, context)
