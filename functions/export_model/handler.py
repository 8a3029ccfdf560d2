"""SQS consumer: packs a model version as an MLflow model."""

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.parser.models import SqsRecordModel
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import Json

from openbml.core.clock import utc_now
from openbml.core.observability import logger, metrics
from openbml.models.exports.export_versions import ExportOrder, pack_export
from openbml.models.wiring import model_exports, models, version_archives


class ExportRecord(SqsRecordModel):
    body: Json[ExportOrder]


processor = BatchProcessor(EventType.SQS, model=ExportRecord)


def handle_order(record: ExportRecord) -> None:
    export = pack_export(
        record.body, models=models(), exports=model_exports(), archives=version_archives(), now=utc_now
    )
    metrics.add_metric("ModelsExported", MetricUnit.Count, 1)
    logger.info("model packed", export_id=record.body.export_id, state=export.state if export else "gone")


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(event, handle_order, processor, context)
