"""SQS consumer: copies a submitted import into the repository, in as many rounds as it takes."""

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
from openbml.models.imports.import_models import import_model
from openbml.models.imports.submit_imports import ImportOrder
from openbml.models.wiring import (
    file_sources,
    import_archives,
    import_queue,
    import_uploads,
    model_files,
    model_imports,
    models,
    version_folders,
)

_RESERVE_MS = 240_000  # the largest file takes less


class ImportRecord(SqsRecordModel):
    body: Json[ImportOrder]


processor = BatchProcessor(EventType.SQS, model=ImportRecord)


def handle_order(record: ImportRecord, lambda_context: LambdaContext) -> None:
    order: ImportOrder = record.body
    model_import = import_model(
        order,
        models=models(),
        imports=model_imports(),
        sources=file_sources(),
        folders=version_folders(),
        files=model_files(),
        uploads=import_uploads(),
        archives=import_archives(),
        orders=import_queue(),
        events=event_publisher(),
        has_time=lambda: lambda_context.get_remaining_time_in_millis() > _RESERVE_MS,
        now=utc_now,
    )
    metrics.add_metric("ModelImportsCarriedOn", MetricUnit.Count, 1)
    logger.info(
        "model import carried on",
        import_id=order.import_id,
        state=model_import.state if model_import else "gone",
    )


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(event, handle_order, processor, context)
