"""SQS consumer: plans a bulk operation, or does its work in one chunk of samples."""

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.parser.models import SqsRecordModel
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import Json

from openbml.core.clock import utc_now
from openbml.core.observability import logger, metrics
from openbml.datasets.annotating.bulk_operations import OperationMessage
from openbml.datasets.annotating.carry_out_operations import carry_out
from openbml.datasets.wiring import (
    annotation_store,
    dataset_repository,
    operation_queue,
    operation_repository,
    sample_index,
    sample_repository,
)

_RESERVE_MS = 30_000  # one transaction of edits takes less, however often it is tried


class OperationRecord(SqsRecordModel):
    body: Json[OperationMessage]


processor = BatchProcessor(EventType.SQS, model=OperationRecord)


def handle_operation(record: OperationRecord, lambda_context: LambdaContext) -> None:
    message: OperationMessage = record.body
    operation = carry_out(
        message,
        datasets=dataset_repository(),
        samples=sample_repository(),
        index=sample_index(),
        store=annotation_store(),
        operations=operation_repository(),
        queue=operation_queue(),
        now=utc_now,
        has_time=lambda: lambda_context.get_remaining_time_in_millis() > _RESERVE_MS,
    )
    metrics.add_metric("OperationChunks", MetricUnit.Count, int(message.chunk is not None))
    logger.info(
        "operation carried on",
        operation_id=message.operation_id,
        chunk=message.chunk,
        state=operation.state if operation else None,
    )


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(event, handle_operation, processor, context)
