"""Scheduled: asks again for bulk operations that fell silent, clears away the rest of deleted samples."""

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from openbml.core.clock import utc_now
from openbml.core.observability import logger, metrics
from openbml.datasets.annotating.carry_out_operations import resume_operations
from openbml.datasets.annotating.deleted_samples import sweep_forgotten
from openbml.datasets.wiring import (
    data_store,
    dataset_repository,
    deleted_sample_repository,
    operation_queue,
    operation_repository,
    sample_index,
    sample_repository,
)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    logger.info("looking for silent operations")
    resumed = resume_operations(
        datasets=dataset_repository(),
        index=sample_index(),
        operations=operation_repository(),
        queue=operation_queue(),
        now=utc_now,
    )
    swept = sweep_forgotten(
        deleted=deleted_sample_repository(), samples=sample_repository(), data=data_store(), now=utc_now
    )
    metrics.add_metric("OperationsResumed", MetricUnit.Count, resumed)
    logger.info("silent operations asked for again", resumed=resumed, swept=swept)
    return {"resumed": resumed, "swept": swept}
