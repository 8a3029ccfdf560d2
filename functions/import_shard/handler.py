"""SQS consumer: imports one shard of what was uploaded."""

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.parser.models import SqsRecordModel
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import Json

from openbml.core.observability import logger, metrics
from openbml.datasets.importing.import_shards import import_shard
from openbml.datasets.importing.shards import ShardMessage
from openbml.datasets.importing.wiring import shard_worker


class ShardRecord(SqsRecordModel):
    body: Json[ShardMessage]


processor = BatchProcessor(EventType.SQS, model=ShardRecord)


def handle_shard(record: ShardRecord) -> None:
    message: ShardMessage = record.body
    data_import = import_shard(message, shard_worker())
    metrics.add_metric("ImportShards", MetricUnit.Count, 1)
    logger.info(
        "shard imported",
        import_id=message.import_id,
        shard=message.index,
        state=data_import.state if data_import else None,
    )


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(event, handle_shard, processor, context)
