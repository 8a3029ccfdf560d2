"""The intelligent data API: datasets, versions, entities, imports and exports (spec 02 section 8)."""

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from openbml.core.ids import new_log_id
from openbml.core.observability import logger, metrics
from openbml.core.public_calls import call_of, http_reply
from openbml.datasets.data_api.replies import error_body
from openbml.datasets.data_api.wiring import data_api


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    try:
        body = data_api().answer(call_of(event))
    except Exception:  # noqa: BLE001 - every failure has a body of the manual; the log has the traceback
        log_id = new_log_id()
        logger.exception("unexpected failure", log_id=log_id)
        metrics.add_metric("DataApiFailures", MetricUnit.Count, 1)
        return http_reply(error_body("internal", log_id))
    metrics.add_metric("DataApiCalls", MetricUnit.Count, 1)
    return http_reply(body)
