"""The manual's API of batch predictions (spec 08 sections 11.3 and 11.4)."""

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from openbml.core.ids import new_log_id
from openbml.core.observability import logger, metrics
from openbml.core.public_calls import call_of, http_reply
from openbml.services.batch.manual_api.refusals import Refusal, refusal_body
from openbml.services.batch.manual_api.wiring import batch_api


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    try:
        body = batch_api().answer(call_of(event))
    except Exception:  # noqa: BLE001 - every failure has a body of the manual; the log has the traceback
        log_id = new_log_id()
        logger.exception("unexpected failure", log_id=log_id)
        metrics.add_metric("BatchApiFailures", MetricUnit.Count, 1)
        return http_reply(refusal_body(Refusal("internal"), log_id))
    metrics.add_metric("BatchApiCalls", MetricUnit.Count, 1)
    return http_reply(body)
