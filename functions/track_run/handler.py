"""SQS consumer: a job changed; its run follows, and reports at its end what it used."""

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.parser.models import SqsRecordModel
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, Json

from openbml.compute.wiring import compute_gateway
from openbml.core.observability import logger, metrics
from openbml.core.wiring import event_publisher
from openbml.training.track_runs import JobChange, track_run
from openbml.training.wiring import job_files, runs


class Message(BaseModel):
    detail: JobChange


class MessageRecord(SqsRecordModel):
    body: Json[Message]


processor = BatchProcessor(EventType.SQS, model=MessageRecord)


def handle_message(record: MessageRecord) -> None:
    run = track_run(
        record.body.detail,
        runs=runs(),
        jobs=compute_gateway(),
        files=job_files(),
        events=event_publisher(),
    )
    if run:
        metrics.add_metric("RunStateReports", MetricUnit.Count, 1)
        logger.info("run tracked", run_id=run.run_id, state=run.state)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(event, handle_message, processor, context)
