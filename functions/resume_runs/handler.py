"""Every minute: announces again the runs that a lost event or a killed function left in `preparing`."""

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from openbml.core.clock import utc_now
from openbml.core.observability import logger, metrics
from openbml.core.wiring import event_publisher
from openbml.training.start_runs import resume_runs
from openbml.training.wiring import runs


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> None:
    count = resume_runs(runs=runs(), events=event_publisher(), now=utc_now)
    metrics.add_metric("PreparingRuns", MetricUnit.Count, count)
    logger.info("preparing runs resumed", count=count)
