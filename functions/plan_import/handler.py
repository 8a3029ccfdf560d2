"""SQS consumer: an import's files have arrived in the uploads bucket; it is planned."""

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.parser.models import SqsRecordModel
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, Json

from openbml.core.observability import logger, metrics
from openbml.datasets.importing.data_imports import import_of_key
from openbml.datasets.importing.plan_imports import plan_import
from openbml.datasets.wiring import planner


class StoredObject(BaseModel):
    key: str


class ObjectCreated(BaseModel):
    object: StoredObject


class Notification(BaseModel):
    detail: ObjectCreated


class NotificationRecord(SqsRecordModel):
    body: Json[Notification]


processor = BatchProcessor(EventType.SQS, model=NotificationRecord)


def handle_notification(record: NotificationRecord) -> None:
    place = import_of_key(record.body.detail.object.key)
    if place is None:
        return  # a worker's own list, not a marker
    project_id, import_id = place
    data_import = plan_import(project_id, import_id, planner())
    if data_import is None:
        logger.warning("files of an unknown import", import_id=import_id)
        return
    metrics.add_metric("ImportsPlanned", MetricUnit.Count, 1)
    logger.info(
        "import planned", import_id=import_id, state=data_import.state, shards=data_import.shard_count
    )


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(event, handle_notification, processor, context)
