"""Every minute: pushes on the searches that a lost event or a killed function left behind."""

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from openbml.core.observability import logger, metrics
from openbml.training.search.advance_searches import resume_searches
from openbml.training.wiring import search_ports


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> None:
    count = resume_searches(ports=search_ports())
    metrics.add_metric("OpenSearches", MetricUnit.Count, count)
    logger.info("searches resumed", count=count)
