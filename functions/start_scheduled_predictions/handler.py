"""Every minute: starts the batch predictions whose schedules are due, each time once."""

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from openbml.core.observability import logger, metrics
from openbml.services.batch.run_schedules import start_scheduled
from openbml.services.batch.wiring import batch_collaborators, schedules


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> None:
    count = start_scheduled(schedules=schedules(), using=batch_collaborators())
    metrics.add_metric("ScheduledPredictions", MetricUnit.Count, count)
    logger.info("scheduled predictions started", count=count)
