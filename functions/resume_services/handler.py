"""Each minute: takes the next step with services left behind by a lost event or a killed function."""

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from openbml.compute.wiring import compute_gateway
from openbml.core.clock import utc_now
from openbml.core.observability import logger, metrics
from openbml.core.wiring import event_publisher
from openbml.services.apply_deployments import resume_services
from openbml.services.wiring import services


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> None:
    count = resume_services(
        services=services(), hostings=compute_gateway(), events=event_publisher(), now=utc_now
    )
    metrics.add_metric("ChangingServices", MetricUnit.Count, count)
    logger.info("changing services looked at", count=count)
