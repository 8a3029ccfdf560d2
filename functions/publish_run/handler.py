"""SQS consumer: a run succeeded; where it asked for it, it becomes a model version."""

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.parser.models import SqsRecordModel
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, Json

from openbml.core.clock import utc_now
from openbml.core.ids import new_id
from openbml.core.observability import logger, metrics
from openbml.models.auto_publish import FinishedRun, publish_finished_run
from openbml.models.wiring import copy_queue, model_files, models, run_source


class Message(BaseModel):
    detail: FinishedRun


class MessageRecord(SqsRecordModel):
    body: Json[Message]


processor = BatchProcessor(EventType.SQS, model=MessageRecord)


def handle_message(record: MessageRecord) -> None:
    version = publish_finished_run(
        record.body.detail,
        models=models(),
        runs=run_source(),
        files=model_files(),
        copies=copy_queue(),
        new_id=new_id,
        now=utc_now,
    )
    if version:
        metrics.add_metric("RunsAutoPublished", MetricUnit.Count, 1)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(event, handle_message, processor, context)
