"""Serves `/v1/datasets`."""

from typing import Any

from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.utilities.typing import LambdaContext

from openbml.core.http import control_api
from openbml.core.observability import logger, metrics
from openbml.datasets import (
    api,
    api_annotations,
    api_cleaning,
    api_exports,
    api_imports,
    api_labels,
    api_lineage,
    api_operations,
    api_quality,
    api_samples,
    api_tables,
    api_versions,
)

app = control_api(
    api.router,
    api_annotations.router,
    api_cleaning.router,
    api_exports.router,
    api_imports.router,
    api_labels.router,
    api_lineage.router,
    api_operations.router,
    api_samples.router,
    api_quality.router,
    api_tables.router,
    api_versions.router,
)


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_REST, clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    logger.info("request", method=event["httpMethod"], route=event["resource"])
    return app.resolve(event, context)
