"""Scheduled: asks again for the work of bulk operations that fell silent."""

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from openbml.core.clock import utc_now
from openbml.core.observability import logger, metrics
from openbml.datasets.annotating.carry_out_operations import resume_operations
from openbml.datasets.wiring import (
    dataset_repository,
    operation_queue,
    operation_repository,
    sample_index,
)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> None:
    logger.info("looking for silent operations")
    resumed = resume_operations(
        datasets=dataset_repository(),
        index=sample_index(),
        operations=operation_repository(),
        queue=operation_queue(),
        now=utc_now,
    )
    metrics.add_metric("OperationsResumed", MetricUnit.Count, resumed)
    logger.info("silent operations asked for again", resumed=resumed)
