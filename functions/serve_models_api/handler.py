"""The models API: repository models, their versions, imports and exports."""

from typing import Any

from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.utilities.typing import LambdaContext

from openbml.core.http import control_api
from openbml.core.observability import logger, metrics
from openbml.models import api, api_imports, api_versions

app = control_api(api.router, api_imports.router, api_versions.router)


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_REST, clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    logger.info("models api called", path=event.get("path"), method=event.get("httpMethod"))
    return app.resolve(event, context)
