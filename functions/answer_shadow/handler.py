"""SQS consumer: asks the second version of a service what the first one was asked, for comparison."""

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.parser.models import SqsRecordModel
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import Json

from openbml.core.clock import utc_now
from openbml.core.observability import logger, metrics
from openbml.services.calls.wiring import call_objects
from openbml.services.prediction.shadows import ShadowOrder, answer_shadow
from openbml.services.prediction.wiring import models, reports


class ShadowMessage(SqsRecordModel):
    body: Json[ShadowOrder]


processor = BatchProcessor(EventType.SQS, model=ShadowMessage)


def handle_order(record: ShadowMessage) -> None:
    asked = answer_shadow(
        record.body, models=models(), objects=call_objects(), reports=reports(), now=utc_now
    )
    metrics.add_metric("ShadowCalls", MetricUnit.Count, int(asked))


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(event, handle_order, processor, context)
