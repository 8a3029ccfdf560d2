"""SQS consumer: removes the files and records of a deleted model or version."""

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.parser.models import SqsRecordModel
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import Json

from openbml.core.observability import logger, metrics
from openbml.models.delete_models import DeletionOrder, carry_out_deletion
from openbml.models.wiring import deletion_queue, model_files, model_uses, models

_RESERVE_MS = 60_000  # one version takes less


class DeletionRecord(SqsRecordModel):
    body: Json[DeletionOrder]


processor = BatchProcessor(EventType.SQS, model=DeletionRecord)


def handle_order(record: DeletionRecord, lambda_context: LambdaContext) -> None:
    order: DeletionOrder = record.body
    gone = carry_out_deletion(
        order,
        models=models(),
        files=model_files(),
        uses=model_uses(),
        deletions=deletion_queue(),
        has_time=lambda: lambda_context.get_remaining_time_in_millis() > _RESERVE_MS,
    )
    metrics.add_metric("ModelsDeleted", MetricUnit.Count, int(gone))
    logger.info(
        "deletion carried on", model_id=order.model_id, version_number=order.version_number, gone=gone
    )


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(event, handle_order, processor, context)
