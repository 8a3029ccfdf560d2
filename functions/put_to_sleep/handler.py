"""Each minute: services that nobody calls fall asleep; those whose time of day has come are kept awake."""

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from openbml.core.clock import utc_now
from openbml.core.observability import logger, metrics
from openbml.core.wiring import event_publisher
from openbml.services.sleep_services import put_to_sleep
from openbml.services.wiring import funds, last_calls, services, wake_orders


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> None:
    count = put_to_sleep(
        services=services(),
        last_calls=last_calls(),
        funds=funds(),
        events=event_publisher(),
        wake_orders=wake_orders(),
        now=utc_now,
    )
    metrics.add_metric("ServicesFallenAsleep", MetricUnit.Count, count)
    logger.info("services with a sleep policy looked at", slept=count)
