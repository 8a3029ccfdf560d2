"""Collaborators of batch predictions, built on first use."""

from functools import cache

from openbml.core.clock import utc_now
from openbml.core.ids import new_id
from openbml.core.queues import MessageQueue
from openbml.core.wiring import aws_client, dynamodb_table, event_publisher, s3_presigner, sqs_queue
from openbml.services.batch.batch_files_s3 import S3BatchFiles
from openbml.services.batch.batch_predictions_dynamodb import DynamoBatchRepository
from openbml.services.batch.order_batches import BatchCollaborators
from openbml.services.batch.schedules_dynamodb import DynamoScheduleRepository
from openbml.services.batch.settings import BatchSettings
from openbml.services.wiring import funds, services_settings, versions


@cache
def batch_settings() -> BatchSettings:
    return BatchSettings.from_env()


@cache
def batches() -> DynamoBatchRepository:
    return DynamoBatchRepository(dynamodb_table(services_settings().services_table_name))


@cache
def schedules() -> DynamoScheduleRepository:
    return DynamoScheduleRepository(dynamodb_table(services_settings().services_table_name))


@cache
def batch_queue() -> MessageQueue:
    return sqs_queue(batch_settings().batch_queue_url)


@cache
def batch_files() -> S3BatchFiles:
    settings = batch_settings()
    return S3BatchFiles(
        aws_client("s3"),
        s3_presigner(),
        data_bucket=settings.data_bucket_name,
        uploads_bucket=settings.uploads_bucket_name,
    )


@cache
def batch_collaborators() -> BatchCollaborators:
    return BatchCollaborators(
        batches=batches(),
        versions=versions(),
        funds=funds(),
        buckets=batch_settings(),
        events=event_publisher(),
        starting=batch_queue(),
        new_id=new_id,
        now=utc_now,
    )
