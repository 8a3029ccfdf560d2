"""The training API: experiments, runs, their searches, logs, reports, and the catalogue for forms."""

from typing import Any

from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.utilities.typing import LambdaContext

from openbml.core.http import control_api
from openbml.core.observability import logger, metrics
from openbml.training import api, api_rebuilds, api_reports, api_searches, api_tables

app = control_api(api.router, api_rebuilds.router, api_reports.router, api_searches.router, api_tables.router)


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_REST, clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    logger.info("training api called", path=event.get("path"), method=event.get("httpMethod"))
    return app.resolve(event, context)
