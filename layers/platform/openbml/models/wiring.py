"""Collaborators of this context, built on first use."""

from functools import cache

from aws_lambda_powertools.utilities import parameters

from openbml.core.queues import MessageQueue
from openbml.core.wiring import aws_client, dynamodb_table, s3_presigner, sqs_queue
from openbml.datasets.objects_s3 import S3ObjectStore, S3UploadStore
from openbml.models.exports.model_exports_dynamodb import DynamoModelExports
from openbml.models.exports.version_archives_s3 import S3VersionArchives
from openbml.models.imports.file_sources_s3 import S3FileSources
from openbml.models.imports.model_imports_dynamodb import DynamoModelImports
from openbml.models.imports.version_folders_s3 import S3VersionFolders
from openbml.models.model_files_s3 import S3ModelFiles
from openbml.models.model_uses import ModelUses
from openbml.models.model_uses_services import ServiceUses
from openbml.models.models_dynamodb import DynamoModelRepository
from openbml.models.run_records_training import TrainingRunRecords
from openbml.models.runs_training import TrainingRuns
from openbml.models.settings import (
    DeletionSettings,
    ExportSettings,
    ImportSettings,
    ModelsSettings,
    PublishingSettings,
    UsesSettings,
)
from openbml.services.batch.batch_predictions_dynamodb import DynamoBatchRepository
from openbml.services.deployed_models_dynamodb import DynamoDeployedModels
from openbml.services.services_dynamodb import DynamoServiceRepository
from openbml.services.validation.validations_dynamodb import DynamoValidations
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


@cache
def deletion_queue() -> MessageQueue:
    return sqs_queue(DeletionSettings.from_env().deletion_queue_url)


@cache
def model_uses() -> ModelUses:
    name = str(parameters.get_parameter(UsesSettings.from_env().services_table_parameter))
    table = dynamodb_table(name)
    return ServiceUses(
        deployed=DynamoDeployedModels(aws_client("dynamodb"), name),
        services=DynamoServiceRepository(table),
        validations=DynamoValidations(table),
        batches=DynamoBatchRepository(table),
    )


@cache
def import_settings() -> ImportSettings:
    return ImportSettings.from_env()


@cache
def model_imports() -> DynamoModelImports:
    return DynamoModelImports(dynamodb_table(ModelsSettings.from_env().models_table_name))


@cache
def import_uploads() -> S3UploadStore:
    return S3UploadStore(aws_client("s3"), import_settings().uploads_bucket_name, s3_presigner())


@cache
def import_archives() -> S3ObjectStore:
    return S3ObjectStore(aws_client("s3"), import_settings().uploads_bucket_name, s3_presigner())


@cache
def file_sources() -> S3FileSources:
    uploads = import_settings().uploads_bucket_name
    closed = (uploads, publishing_settings().data_bucket_name)
    return S3FileSources(aws_client("s3"), uploads_bucket=uploads, closed=closed)


@cache
def version_folders() -> S3VersionFolders:
    return S3VersionFolders(aws_client("s3"), bucket=publishing_settings().data_bucket_name)


@cache
def import_queue() -> MessageQueue:
    return sqs_queue(import_settings().import_queue_url)


@cache
def run_records() -> TrainingRunRecords:
    return TrainingRunRecords(training.runs(), training.job_files())


@cache
def model_exports() -> DynamoModelExports:
    return DynamoModelExports(dynamodb_table(ModelsSettings.from_env().models_table_name))


@cache
def version_archives() -> S3VersionArchives:
    return S3VersionArchives(
        aws_client("s3"),
        bucket=publishing_settings().data_bucket_name,
        archives_bucket=import_settings().uploads_bucket_name,
        presigner=s3_presigner(),
    )


@cache
def export_queue() -> MessageQueue:
    return sqs_queue(ExportSettings.from_env().export_queue_url)
