"""SQS consumer: passes events of the bus on to the WebSocket connections that follow them."""

import json
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from openbml.core.observability import logger, metrics
from openbml.live.use_cases import fan_out
from openbml.live.wiring import live_repository, sender

processor = BatchProcessor(EventType.SQS)


def pass_on(record: SQSRecord) -> None:
    sent = fan_out(json.loads(record.body), live=live_repository(), sender=sender())
    metrics.add_metric("NoticesSent", MetricUnit.Count, sent)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    logger.info("events", count=len(event["Records"]))
    return process_partial_response(event, pass_on, processor, context)
