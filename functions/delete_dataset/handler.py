"""SQS consumer: carries out the deletion of a dataset or a version, in as many rounds as it takes."""

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.parser.models import SqsRecordModel
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import Json

from openbml.core.observability import logger, metrics
from openbml.datasets.delete_datasets import DeletionMessage, carry_out_deletion
from openbml.datasets.wiring import dataset_repository, deletion_queue, version_remover

_RESERVE_MS = 60_000  # one chunk of samples takes less


class DeletionRecord(SqsRecordModel):
    body: Json[DeletionMessage]


processor = BatchProcessor(EventType.SQS, model=DeletionRecord)


def handle_deletion(record: DeletionRecord, lambda_context: LambdaContext) -> None:
    message: DeletionMessage = record.body
    gone = carry_out_deletion(
        message,
        datasets=dataset_repository(),
        deletions=deletion_queue(),
        remover=version_remover(),
        has_time=lambda: lambda_context.get_remaining_time_in_millis() > _RESERVE_MS,
    )
    metrics.add_metric("DatasetsDeleted", MetricUnit.Count, int(gone))
    logger.info(
        "deletion carried on",
        dataset_id=message.dataset_id,
        version_number=message.version_number,
        gone=gone,
    )


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(event, handle_deletion, processor, context)
