"""SQS consumer: carries out the deletion of a dataset, in as many rounds as it takes."""

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.parser.models import SqsRecordModel
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import Json

from openbml.core.clock import utc_now
from openbml.core.observability import logger, metrics
from openbml.core.wiring import event_publisher
from openbml.datasets.delete_datasets import DeletionMessage, carry_out_deletion
from openbml.datasets.wiring import (
    archive_store,
    data_store,
    dataset_repository,
    deletion_queue,
    import_repository,
    report_repository,
    sample_repository,
    upload_store,
)

_RESERVE_MS = 60_000  # one chunk of samples takes less


class DeletionRecord(SqsRecordModel):
    body: Json[DeletionMessage]


processor = BatchProcessor(EventType.SQS, model=DeletionRecord)


def handle_deletion(record: DeletionRecord, lambda_context: LambdaContext) -> None:
    message: DeletionMessage = record.body
    gone = carry_out_deletion(
        message,
        datasets=dataset_repository(),
        imports=import_repository(),
        samples=sample_repository(),
        reports=report_repository(),
        uploads=upload_store(),
        archives=archive_store(),
        data=data_store(),
        deletions=deletion_queue(),
        events=event_publisher(),
        now=utc_now,
        has_time=lambda: lambda_context.get_remaining_time_in_millis() > _RESERVE_MS,
    )
    metrics.add_metric("DatasetsDeleted", MetricUnit.Count, int(gone))
    logger.info("deletion carried on", dataset_id=message.dataset_id, gone=gone)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(event, handle_deletion, processor, context)
