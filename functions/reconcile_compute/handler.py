"""Every minute: asks SageMaker about every job and hosting that is not settled, since events may get lost."""

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from openbml.compute.wiring import compute_gateway
from openbml.core.observability import logger, metrics


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> None:
    jobs = compute_gateway().reconcile_jobs()
    hostings = compute_gateway().reconcile_hostings()
    metrics.add_metric("OpenJobs", MetricUnit.Count, jobs)
    metrics.add_metric("OpenHostings", MetricUnit.Count, hostings)
    logger.info("compute reconciled", jobs=jobs, hostings=hostings)
