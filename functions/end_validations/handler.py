"""Each minute: ends the validations whose time is over."""

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from openbml.compute.wiring import compute_gateway
from openbml.core.clock import utc_now
from openbml.core.observability import logger, metrics
from openbml.services.validation.validate_versions import end_expired_validations
from openbml.services.validation.wiring import validations


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> None:
    count = end_expired_validations(validations=validations(), hostings=compute_gateway(), now=utc_now)
    metrics.add_metric("OpenValidations", MetricUnit.Count, count)
    logger.info("validations looked at", open=count)
