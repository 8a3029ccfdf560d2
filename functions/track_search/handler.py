"""SQS consumer: a job of a search changed or told something; the search goes on from there."""

from typing import Annotated, Any, Literal

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.parser.models import SqsRecordModel
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, Field, Json

from openbml.core.observability import logger, metrics
from openbml.training.search.track_searches import record_search_output, track_search_job
from openbml.training.track_runs import JobChange, JobOutput
from openbml.training.wiring import search_ports


class JobChanged(BaseModel):
    detail_type: Literal["JobStateChanged"] = Field(alias="detail-type")
    detail: JobChange


class JobProgressed(BaseModel):
    detail_type: Literal["JobProgressed"] = Field(alias="detail-type")
    detail: JobOutput


Message = Annotated[JobChanged | JobProgressed, Field(discriminator="detail_type")]


class MessageRecord(SqsRecordModel):
    body: Json[Message]


processor = BatchProcessor(EventType.SQS, model=MessageRecord)


def handle_message(record: MessageRecord) -> None:
    message = record.body
    if isinstance(message, JobChanged):
        search = track_search_job(message.detail, ports=search_ports())
    else:
        search = record_search_output(message.detail, ports=search_ports())
    if search:
        metrics.add_metric("SearchSteps", MetricUnit.Count, 1)
        logger.info("search tracked", search_id=search.search_id, state=search.state)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(event, handle_message, processor, context)
