"""SQS consumer: packs one shard of a snapshot."""

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.parser.models import SqsRecordModel
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import Json

from openbml.core.observability import logger, metrics
from openbml.core.wiring import event_publisher
from openbml.datasets.pack_snapshots import pack_shard
from openbml.datasets.snapshots import PackMessage
from openbml.datasets.wiring import archive_store, data_store, executor, snapshot_repository


class PackRecord(SqsRecordModel):
    body: Json[PackMessage]


processor = BatchProcessor(EventType.SQS, model=PackRecord)


def handle_shard(record: PackRecord) -> None:
    message: PackMessage = record.body
    snapshot = pack_shard(
        message,
        snapshots=snapshot_repository(),
        scratch=archive_store(),
        data=data_store(),
        events=event_publisher(),
        executor=executor(),
    )
    metrics.add_metric("SnapshotShards", MetricUnit.Count, 1)
    logger.info(
        "snapshot shard packed",
        snapshot_id=message.snapshot_id,
        shard=message.index,
        state=snapshot.state if snapshot else None,
    )


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(event, handle_shard, processor, context)
