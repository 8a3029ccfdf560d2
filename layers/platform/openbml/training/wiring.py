"""Collaborators of this context, built on first use."""

from functools import cache

from openbml.compute.wiring import compute_gateway
from openbml.core.clock import utc_now
from openbml.core.wiring import aws_client, dynamodb_table, event_publisher, s3_presigner
from openbml.training.experiments_dynamodb import DynamoExperimentRepository
from openbml.training.job_files_s3 import S3JobFiles
from openbml.training.run_progress_dynamodb import DynamoRunProgressStore
from openbml.training.runs_dynamodb import DynamoRunRepository
from openbml.training.search.search_ports import SearchPorts
from openbml.training.search.searches_dynamodb import DynamoSearchRepository
from openbml.training.settings import TrainingSettings
from openbml.training.training_data import TrainingData
from openbml.training.training_data_datasets import DatasetsTrainingData


@cache
def training_settings() -> TrainingSettings:
    return TrainingSettings.from_env()


@cache
def experiments() -> DynamoExperimentRepository:
    return DynamoExperimentRepository(dynamodb_table(training_settings().training_table_name))


@cache
def runs() -> DynamoRunRepository:
    return DynamoRunRepository(dynamodb_table(training_settings().training_table_name))


@cache
def searches() -> DynamoSearchRepository:
    return DynamoSearchRepository(dynamodb_table(training_settings().training_table_name))


@cache
def search_ports() -> SearchPorts:
    return SearchPorts(
        searches=searches(),
        runs=runs(),
        jobs=compute_gateway(),
        files=job_files(),
        events=event_publisher(),
        now=utc_now,
        table_name=training_settings().training_table_name,
    )


@cache
def progress_store() -> DynamoRunProgressStore:
    table = dynamodb_table(training_settings().training_table_name)
    return DynamoRunProgressStore(table, now=utc_now)


@cache
def job_files() -> S3JobFiles:
    bucket = training_settings().data_bucket_name
    return S3JobFiles(aws_client("s3"), bucket=bucket, presigner=s3_presigner())


@cache
def training_data() -> TrainingData:
    return DatasetsTrainingData()
