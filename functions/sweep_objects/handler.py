"""Scheduled: deletes stored objects that were marked a day ago and that nothing refers to any more."""

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from openbml.core.clock import utc_now
from openbml.core.observability import logger, metrics
from openbml.datasets.garbage.sweep import sweep_objects
from openbml.datasets.wiring import data_store, mark_repository, sample_repository

_RESERVE_MS = 30_000  # one mark takes far less


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> None:
    counts = sweep_objects(
        marks=mark_repository(),
        samples=sample_repository(),
        data=data_store(),
        now=utc_now,
        has_time=lambda: context.get_remaining_time_in_millis() > _RESERVE_MS,
    )
    metrics.add_metric("ObjectsSwept", MetricUnit.Count, counts.deleted)
    logger.info("objects swept", deleted=counts.deleted, kept=counts.kept)
