"""Each minute: tells of accounts without paid billing whose running work has used up its free allowance."""

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from openbml.core.clock import utc_now
from openbml.core.observability import logger, metrics
from openbml.core.wiring import event_publisher
from openbml.metering.record_usages import watch_allowances
from openbml.metering.wiring import accounts, ledger


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> None:
    count = watch_allowances(ledger=ledger(), accounts=accounts(), events=event_publisher(), now=utc_now)
    metrics.add_metric("AllowancesExhausted", MetricUnit.Count, count)
    logger.info("allowances watched", exhausted=count)
