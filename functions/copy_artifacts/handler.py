"""SQS consumer: copies a run's model into the repository; the version is ready when all files are there."""

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.parser.models import SqsRecordModel
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import Json

from openbml.core.observability import logger, metrics
from openbml.core.wiring import event_publisher
from openbml.models.publish_versions import CopyOrder, copy_version
from openbml.models.wiring import model_files, models


class CopyRecord(SqsRecordModel):
    body: Json[CopyOrder]


processor = BatchProcessor(EventType.SQS, model=CopyRecord)


def handle_order(record: CopyRecord) -> None:
    version = copy_version(record.body, models=models(), files=model_files(), events=event_publisher())
    metrics.add_metric("ModelVersionsPublished", MetricUnit.Count, 1)
    logger.info(
        "model version copied",
        model_id=version.model_id,
        version_number=version.version_number,
        state=version.state,
    )


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(event, handle_order, processor, context)
