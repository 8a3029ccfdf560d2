"""SQS consumer: a model was published; the dataset versions it was trained on get to know it."""

from collections.abc import Sequence
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.parser.models import SqsRecordModel
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import AwareDatetime, BaseModel, Json

from openbml.core.observability import logger, metrics
from openbml.core.scope import ProjectScope
from openbml.datasets.lineage import TrainedModel, TrainedOn, record_training
from openbml.datasets.wiring import dataset_repository, lineage_repository


class Published(BaseModel):
    scope: ProjectScope
    model_id: int
    version_number: int
    run_id: int | None
    snapshot_id: str | None
    dataset_versions: Sequence[TrainedOn]
    at: AwareDatetime


class Message(BaseModel):
    detail: Published


class MessageRecord(SqsRecordModel):
    body: Json[Message]


processor = BatchProcessor(EventType.SQS, model=MessageRecord)


def handle_message(record: MessageRecord) -> None:
    published: Published = record.body.detail
    if published.run_id is None or published.snapshot_id is None:
        logger.info("a model that was trained elsewhere has no lineage", model_id=published.model_id)
        return
    noted = record_training(
        published.scope,
        TrainedModel(
            model_id=published.model_id,
            model_version_number=published.version_number,
            run_id=published.run_id,
            snapshot_id=published.snapshot_id,
            published_at=published.at,
        ),
        published.dataset_versions,
        datasets=dataset_repository(),
        lineage=lineage_repository(),
    )
    metrics.add_metric("ModelsNoted", MetricUnit.Count, noted)
    logger.info("lineage recorded", model_id=published.model_id, dataset_versions=noted)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(event, handle_message, processor, context)
