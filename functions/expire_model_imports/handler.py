"""Scheduled: ends model imports that were given up, and pushes on those whose work was lost."""

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from openbml.core.clock import utc_now
from openbml.core.observability import logger, metrics
from openbml.models.imports.import_models import expire_imports
from openbml.models.wiring import import_archives, import_queue, import_uploads, model_imports


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> None:
    ended = expire_imports(
        imports=model_imports(),
        uploads=import_uploads(),
        archives=import_archives(),
        orders=import_queue(),
        now=utc_now,
    )
    metrics.add_metric("ModelImportsExpired", MetricUnit.Count, ended)
    logger.info("open model imports looked at", ended=ended)
