"""The services API: deploy, change, stop, restart; call rights, limits, call records."""

from typing import Any

from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.utilities.typing import LambdaContext

from openbml.core.http import control_api
from openbml.core.observability import logger, metrics
from openbml.services.api import router
from openbml.services.api_ab_tests import router as ab_tests_router
from openbml.services.api_batches import router as batches_router
from openbml.services.api_calls import router as calls_router
from openbml.services.api_logs import router as logs_router
from openbml.services.api_performance import router as performance_router
from openbml.services.api_policies import router as policies_router
from openbml.services.api_validations import router as validations_router

app = control_api(
    router,
    ab_tests_router,
    batches_router,
    calls_router,
    logs_router,
    performance_router,
    policies_router,
    validations_router,
)


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_REST, clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    logger.info("services api called", path=event.get("path"), method=event.get("httpMethod"))
    return app.resolve(event, context)
