"""SQS consumer: a batch prediction was asked for or deleted; hands it to compute, or clears its files."""

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
from openbml.services.batch.batch_predictions import StartBatch
from openbml.services.batch.run_batches import start_batch
from openbml.services.batch.wiring import batch_files, batch_settings, batches


class StartRecord(SqsRecordModel):
    body: Json[StartBatch]


processor = BatchProcessor(EventType.SQS, model=StartRecord)


def handle_start(record: StartRecord) -> None:
    batch = start_batch(
        record.body,
        batches=batches(),
        files=batch_files(),
        jobs=compute_gateway(),
        buckets=batch_settings(),
        events=event_publisher(),
        now=utc_now,
    )
    metrics.add_metric("BatchPredictionStarts", MetricUnit.Count, 1)
    logger.info(
        "batch prediction start handled",
        batch_id=record.body.batch_id,
        state=batch.state if batch else "deleted",
    )


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(event, handle_start, processor, context)
