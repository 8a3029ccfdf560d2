"""Collaborators of this context, built on first use."""

from functools import cache

from openbml.core.queues import MessageQueue
from openbml.core.wiring import aws_client, dynamodb_table, sqs_queue
from openbml.models.model_files_s3 import S3ModelFiles
from openbml.models.models_dynamodb import DynamoModelRepository
from openbml.models.runs_training import TrainingRuns
from openbml.models.settings import ModelsSettings, PublishingSettings
from openbml.training import wiring as training


@cache
def models() -> DynamoModelRepository:
    return DynamoModelRepository(dynamodb_table(ModelsSettings.from_env().models_table_name))


@cache
def publishing_settings() -> PublishingSettings:
    return PublishingSettings.from_env()


@cache
def model_files() -> S3ModelFiles:
    return S3ModelFiles(aws_client("s3"), bucket=publishing_settings().data_bucket_name)


@cache
def copy_queue() -> MessageQueue:
    return sqs_queue(publishing_settings().copy_queue_url)


@cache
def run_source() -> TrainingRuns:
    return TrainingRuns(training.runs())
