"""SQS consumer: counts prediction calls, and keeps the records that their owners want for 30 days."""

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import ValidationError

from openbml.core.observability import logger, metrics
from openbml.services.calls.record_calls import record_calls
from openbml.services.calls.reports import CallReport
from openbml.services.calls.wiring import call_book, call_objects


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Enter all calls of a batch at once; an exception gives the whole batch back to the queue."""
    reports: list[CallReport] = []
    malformed: list[dict[str, str]] = []
    for record in event["Records"]:
        try:
            reports.append(CallReport.model_validate_json(record["body"]))
        except ValidationError:
            logger.exception("a report is malformed", message_id=record["messageId"])
            malformed.append({"itemIdentifier": record["messageId"]})
    entered = record_calls(reports, book=call_book(), objects=call_objects())
    metrics.add_metric("CallRecords", MetricUnit.Count, entered)
    return {"batchItemFailures": malformed}
