"""Scheduled: ends imports whose upload was given up or whose work was lost."""

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from openbml.core.clock import utc_now
from openbml.core.observability import logger, metrics
from openbml.core.wiring import event_publisher
from openbml.datasets.importing.end_imports import expire_imports
from openbml.datasets.wiring import import_repository, upload_store


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> None:
    ended = expire_imports(
        imports=import_repository(), uploads=upload_store(), events=event_publisher(), now=utc_now
    )
    metrics.add_metric("ImportsExpired", MetricUnit.Count, ended)
    logger.info("open imports looked at", ended=ended)
