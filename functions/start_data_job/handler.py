"""SQS consumer: a data job was asked for; writes its order and hands it to compute."""

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.parser.models import SqsRecordModel
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import Json

from openbml.compute.wiring import compute_gateway
from openbml.core.clock import utc_now
from openbml.core.observability import logger, metrics
from openbml.core.wiring import event_publisher
from openbml.datasets.jobs.data_jobs import StartDataJob
from openbml.datasets.jobs.start_data_jobs import start_data_job
from openbml.datasets.wiring import (
    archive_store,
    data_job_repository,
    dataset_repository,
    datasets_settings,
    executor,
    sample_repository,
)


class StartRecord(SqsRecordModel):
    body: Json[StartDataJob]


processor = BatchProcessor(EventType.SQS, model=StartRecord)


def handle_start(record: StartRecord) -> None:
    job_id = record.body.job_id
    job = start_data_job(
        job_id,
        jobs=data_job_repository(),
        datasets=dataset_repository(),
        samples=sample_repository(),
        scratch=archive_store(),
        places=datasets_settings(),
        runtime=compute_gateway(),
        events=event_publisher(),
        executor=executor(),
        now=utc_now,
    )
    if job is None:
        logger.warning("start of an unknown data job", job_id=job_id)
        return
    metrics.add_metric("DataJobsStarted", MetricUnit.Count, 1)
    logger.info("data job started", job_id=job_id, state=job.state)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(event, handle_start, processor, context)
