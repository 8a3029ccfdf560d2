"""The public APIs: access tokens, and predictions of deployed models (spec 08 sections 3 and 4)."""

from typing import Any

from aws_lambda_powertools import single_metric
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import BotoCoreError, ClientError

from openbml.core.ids import new_log_id
from openbml.core.observability import logger, metrics
from openbml.core.public_calls import call_of, http_reply
from openbml.core.queues_sqs import MessagesRefusedError
from openbml.services.calls.reports import CallReport
from openbml.services.prediction.gateway_events import is_token_request, token_parameters
from openbml.services.prediction.replies import error_reply
from openbml.services.prediction.tokens import token_reply
from openbml.services.prediction.wiring import applications, prediction_api, reports
from openbml_catalog.errors import prediction_error


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    try:
        return _answered(event, context.function_name)
    except Exception:  # noqa: BLE001 - every failure has a body of the manual; the log has the traceback
        log_id = new_log_id()
        logger.exception("unexpected failure", log_id=log_id)
        metrics.add_metric("PredictionFailures", MetricUnit.Count, 1)
        return http_reply(error_reply("unknown", log_id))


def _answered(event: dict[str, Any], function: str) -> dict[str, Any]:
    if is_token_request(event):
        return http_reply(token_reply(token_parameters(event), issuer=applications()))
    answer = prediction_api().answer(call_of(event))
    if answer.report:
        _hand_over(answer.report)
        if answer.report.record.error_code == prediction_error("internal").code:
            _count_model_failure(function)
    return http_reply(answer.body, retry_after_s=answer.retry_after_s)


def _hand_over(report: CallReport) -> None:
    """Hand the report over; one that is refused costs the caller nothing."""
    metrics.add_metric("PredictionCalls", MetricUnit.Count, 1)
    logger.info("call answered", **report.record.model_dump(mode="json", exclude={"labels"}))
    try:
        reports().report(report)
    except (MessagesRefusedError, ClientError, BotoCoreError):
        metrics.add_metric("CallRecordsLost", MetricUnit.Count, 1)
        logger.exception("call record lost", log_id=report.record.log_id)


def _count_model_failure(function: str) -> None:
    """Count a call whose model crashed, hung or answered garbage: the alarm `ModelFailuresAlarm` watches."""
    with single_metric("ModelFailures", MetricUnit.Count, 1, namespace="OpenBML") as metric:
        metric.add_dimension("FunctionName", function)
        metric.add_dimension("service", "openbml")
