"""SQS consumer: a run was created, or data was frozen; takes runs from `preparing` to their job."""

from typing import Annotated, Any, Literal

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.parser.models import SqsRecordModel
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, Field, Json

from openbml.compute.wiring import compute_gateway
from openbml.core.clock import utc_now
from openbml.core.observability import logger, metrics
from openbml.core.scope import ProjectScope
from openbml.core.wiring import event_publisher
from openbml.training.start_runs import announce_waiting_runs, start_run
from openbml.training.wiring import job_files, runs, search_ports, training_data


class CreatedRun(BaseModel):
    scope: ProjectScope
    run_id: int


class FrozenData(BaseModel):
    scope: ProjectScope
    snapshot_id: str


class RunCreated(BaseModel):
    detail_type: Literal["RunStateChanged"] = Field(alias="detail-type")
    detail: CreatedRun


class SnapshotEnded(BaseModel):
    detail_type: Literal["SnapshotReady", "SnapshotFailed"] = Field(alias="detail-type")
    detail: FrozenData


Message = Annotated[RunCreated | SnapshotEnded, Field(discriminator="detail_type")]


class MessageRecord(SqsRecordModel):
    body: Json[Message]


processor = BatchProcessor(EventType.SQS, model=MessageRecord)


def handle_message(record: MessageRecord) -> None:
    message = record.body
    if isinstance(message, RunCreated):
        run = start_run(
            message.detail.scope,
            message.detail.run_id,
            runs=runs(),
            data=training_data(),
            jobs=compute_gateway(),
            files=job_files(),
            searching=search_ports(),
            events=event_publisher(),
            now=utc_now,
        )
        logger.info("run started", run_id=run.run_id, state=run.state)
        metrics.add_metric("RunsStarted", MetricUnit.Count, 1)
    else:
        detail = message.detail
        count = announce_waiting_runs(detail.scope, detail.snapshot_id, runs=runs(), events=event_publisher())
        logger.info("waiting runs announced", snapshot_id=detail.snapshot_id, count=count)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(event, handle_message, processor, context)
