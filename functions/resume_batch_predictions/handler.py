"""Every minute: pushes on batch predictions that a lost message or a killed function left behind."""

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from openbml.compute.wiring import compute_gateway
from openbml.core.clock import utc_now
from openbml.core.observability import logger, metrics
from openbml.services.batch.run_batches import resume_batches
from openbml.services.batch.wiring import batch_queue, batches


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> None:
    count = resume_batches(batches=batches(), starting=batch_queue(), jobs=compute_gateway(), now=utc_now)
    metrics.add_metric("BatchPredictionsLeftBehind", MetricUnit.Count, count)
    logger.info("batch predictions resumed", count=count)
