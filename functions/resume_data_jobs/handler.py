"""Every minute: pushes on data jobs that a lost message or a killed function left behind."""

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from openbml.compute.wiring import compute_gateway
from openbml.core.clock import utc_now
from openbml.core.observability import logger, metrics
from openbml.datasets.jobs.start_data_jobs import resume_data_jobs
from openbml.datasets.wiring import data_job_queue, data_job_repository


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> None:
    count = resume_data_jobs(
        jobs=data_job_repository(), starting=data_job_queue(), runtime=compute_gateway(), now=utc_now
    )
    metrics.add_metric("DataJobsLeftBehind", MetricUnit.Count, count)
    logger.info("data jobs resumed", count=count)
