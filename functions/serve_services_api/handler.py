"""The services API: deploy, change, stop, restart; call rights, limits, call records."""

from typing import Any

from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.utilities.typing import LambdaContext

from openbml.core.http import control_api
from openbml.core.observability import logger, metrics
from openbml.services.api import router
from openbml.services.api_batches import router as batches_router
from openbml.services.api_validations import router as validations_router

app = control_api(router, validations_router, batches_router)


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_REST, clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    logger.info("services api called", path=event.get("path"), method=event.get("httpMethod"))
    return app.resolve(event, context)
