"""Collaborators of this context, built on first use."""

from concurrent.futures import Executor, ThreadPoolExecutor
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

from openbml.core.clock import utc_now
from openbml.core.ids import new_id
from openbml.core.queues import MessageQueue
from openbml.core.wiring import event_publisher, s3_presigner, sqs_queue
from openbml.datasets.adding.intake import SampleIntake
from openbml.datasets.adding.intake_dynamodb import DynamoSampleIntake
from openbml.datasets.annotating.bulk_operations import OperationRepository
from openbml.datasets.annotating.edits import AnnotationStore
from openbml.datasets.annotating.edits_dynamodb import DynamoAnnotationStore
from openbml.datasets.annotating.history import HistoryRepository
from openbml.datasets.annotating.history_dynamodb import DynamoHistoryRepository
from openbml.datasets.annotating.label_groups import LabelGroupRepository
from openbml.datasets.annotating.label_groups_dynamodb import DynamoLabelGroupRepository
from openbml.datasets.annotating.labels import LabelRepository
from openbml.datasets.annotating.labels_dynamodb import DynamoLabelRepository
from openbml.datasets.annotating.leases_dynamodb import DynamoLeaseRepository
from openbml.datasets.annotating.operations_dynamodb import DynamoOperationRepository
from openbml.datasets.annotating.sample_feed import LeaseRepository
from openbml.datasets.annotating.sample_index_dynamodb import DynamoSampleIndex
from openbml.datasets.annotating.sample_search import SampleIndex
from openbml.datasets.bulk_writes_dynamodb import BulkWriter, bulk_client
from openbml.datasets.datasets import DatasetRepository, VersionKey
from openbml.datasets.datasets_dynamodb import DynamoDatasetRepository
from openbml.datasets.delete_datasets import VersionRemover
from openbml.datasets.garbage.marks import MarkRepository
from openbml.datasets.garbage.marks_dynamodb import DynamoMarkRepository
from openbml.datasets.importing.data_imports import ImportRepository
from openbml.datasets.importing.heavy_plans import JobPlanner, PlanImportHook
from openbml.datasets.importing.imports_dynamodb import DynamoImportRepository
from openbml.datasets.importing.plan_imports import Planner
from openbml.datasets.importing.reports import ReportRepository
from openbml.datasets.importing.reports_dynamodb import DynamoReportRepository
from openbml.datasets.jobs.data_job_kinds import Hooks
from openbml.datasets.jobs.data_jobs import DataJobRepository
from openbml.datasets.jobs.data_jobs_dynamodb import DynamoDataJobRepository
from openbml.datasets.jobs.exports import ExportHook
from openbml.datasets.lineage import LineageRepository
from openbml.datasets.lineage_dynamodb import DynamoLineageRepository
from openbml.datasets.objects_s3 import S3ObjectStore, S3UploadStore
from openbml.datasets.quality.commit_derivations import DerivationHook
from openbml.datasets.quality.quality_reports import QualityReportHook
from openbml.datasets.quotas import Quotas
from openbml.datasets.samples import SampleRepository
from openbml.datasets.samples_dynamodb import DynamoSampleRepository
from openbml.datasets.settings import (
    DataJobSettings,
    DatasetsSettings,
    DeletionSettings,
    ImportSettings,
    OperationSettings,
    QuotaSettings,
    SnapshotSettings,
)
from openbml.datasets.snapshots import SnapshotRepository
from openbml.datasets.snapshots_dynamodb import DynamoSnapshotRepository
from openbml.datasets.stored_objects import ObjectStore, UploadStore
from openbml.datasets.tables.import_tables import TableImporter, TableImportHook
from openbml.datasets.tables.table_catalogues import ExternalReader, TableCatalogue
from openbml.datasets.tables.table_catalogues_glue import GlueTableCatalogue, S3ExternalReader
from openbml.datasets.tables.table_versions import TableRepository
from openbml.datasets.tables.table_versions_dynamodb import DynamoTableRepository
from openbml_formats.data_jobs import DataJobKind
from openbml_formats.tables.table_imports import TableManifest

_THREADS = 16  # requests in flight of one worker
_POOL = Config(max_pool_connections=_THREADS + 2, retries={"total_max_attempts": 5, "mode": "standard"})


@cache
def datasets_settings() -> DatasetsSettings:
    return DatasetsSettings.from_env()


@cache
def _table() -> Any:
    return boto3.resource("dynamodb", config=_POOL).Table(datasets_settings().datasets_table_name)


@cache
def _s3() -> Any:
    return boto3.client("s3", config=_POOL)


@cache
def executor() -> Executor:
    return ThreadPoolExecutor(_THREADS, thread_name_prefix="io")


@cache
def dataset_repository() -> DatasetRepository:
    return DynamoDatasetRepository(_table())


@cache
def import_repository() -> ImportRepository:
    return DynamoImportRepository(_table(), now=utc_now, quotas=quotas())


@cache
def quotas() -> Quotas:
    return Quotas(QuotaSettings.from_env())


@cache
def report_repository() -> ReportRepository:
    return DynamoReportRepository(_table(), data_store())


@cache
def table_repository() -> TableRepository:
    return DynamoTableRepository(_table())


@cache
def table_catalogue() -> TableCatalogue:
    settings = datasets_settings()
    closed = (settings.data_bucket_name, settings.uploads_bucket_name)
    return GlueTableCatalogue(boto3.client("glue"), closed=closed)


@cache
def external_reader() -> ExternalReader:
    return S3ExternalReader(_s3())


@cache
def table_importer() -> TableImporter:
    return TableImporter(
        datasets=dataset_repository(),
        imports=import_repository(),
        tables=table_repository(),
        reports=report_repository(),
        data=data_store(),
        marks=mark_repository(),
        catalogue=table_catalogue(),
        jobs=data_job_repository(),
        starting=data_job_queue(),
        events=event_publisher(),
        new_id=new_id,
        now=utc_now,
    )


@cache
def planner() -> Planner:
    return Planner(
        datasets=dataset_repository(),
        imports=import_repository(),
        samples=sample_repository(),
        reports=report_repository(),
        archives=archive_store(),
        data=data_store(),
        shards=shard_queue(),
        heavy=JobPlanner(jobs=data_job_repository(), starting=data_job_queue(), new_id=new_id, now=utc_now),
        tables=table_importer(),
        events=event_publisher(),
        now=utc_now,
        quotas=quotas(),
    )


@cache
def sample_repository() -> SampleRepository:
    bulk = BulkWriter(datasets_settings().datasets_table_name, lambda: bulk_client(_POOL))
    return DynamoSampleRepository(_table(), data_store(), bulk=bulk)


@cache
def data_job_repository() -> DataJobRepository:
    return DynamoDataJobRepository(_table())


@cache
def data_job_hooks() -> Hooks:
    """Each kind's own business with its results."""
    derivations = DerivationHook(planner=planner, datasets=dataset_repository, deletions=deletion_queue)
    return {
        DataJobKind.EXPORT: ExportHook(mark_repository(), now=utc_now),
        DataJobKind.QUALITY_REPORT: QualityReportHook(data_store()),
        DataJobKind.CLEANING: derivations,
        DataJobKind.AUGMENTATION: derivations,
        DataJobKind.IMPORT_TABLE: TableImportHook(table_importer()),
        DataJobKind.PLAN_IMPORT: PlanImportHook(planner),
    }


def table_manifest(key: VersionKey) -> str | None:
    """Return the key of the manifest of a version's rows, None while there are none."""
    table = table_repository().find(key)
    return table.manifest_key if table else None


def table_of(key: VersionKey) -> TableManifest | None:
    """Return a version's rows, None while there are none."""
    manifest = table_manifest(key)
    return TableManifest.model_validate_json(data_store().read(manifest)) if manifest else None


@cache
def data_job_queue() -> MessageQueue:
    return sqs_queue(DataJobSettings.from_env().data_jobs_queue_url)


@cache
def annotation_store() -> AnnotationStore:
    return DynamoAnnotationStore(_table(), data_store(), now=utc_now)


@cache
def history_repository() -> HistoryRepository:
    return DynamoHistoryRepository(_table(), data_store())


@cache
def sample_index() -> SampleIndex:
    return DynamoSampleIndex(_table(), data_store())


@cache
def lease_repository() -> LeaseRepository:
    return DynamoLeaseRepository(_table())


@cache
def label_repository() -> LabelRepository:
    return DynamoLabelRepository(_table())


@cache
def label_group_repository() -> LabelGroupRepository:
    return DynamoLabelGroupRepository(_table())


@cache
def operation_repository() -> OperationRepository:
    return DynamoOperationRepository(_table())


@cache
def operation_queue() -> MessageQueue:
    return sqs_queue(OperationSettings.from_env().operations_queue_url)


@cache
def snapshot_repository() -> SnapshotRepository:
    return DynamoSnapshotRepository(_table())


@cache
def lineage_repository() -> LineageRepository:
    return DynamoLineageRepository(_table())


@cache
def sample_intake() -> SampleIntake:
    return DynamoSampleIntake(
        _table(),
        imports=import_repository(),
        marks=mark_repository(),
        quotas=quotas(),
        new_id=new_id,
        now=utc_now,
    )


@cache
def mark_repository() -> MarkRepository:
    return DynamoMarkRepository(_table())


@cache
def version_remover() -> VersionRemover:
    return VersionRemover(
        imports=import_repository(),
        samples=sample_repository(),
        reports=report_repository(),
        jobs=data_job_repository(),
        marks=mark_repository(),
        uploads=upload_store(),
        archives=archive_store(),
        data=data_store(),
        events=event_publisher(),
        now=utc_now,
    )


@cache
def upload_store() -> UploadStore:
    return S3UploadStore(_s3(), datasets_settings().uploads_bucket_name, s3_presigner())


@cache
def archive_store() -> ObjectStore:
    """Return the bucket of archives and of what workers leave each other; it empties itself."""
    return S3ObjectStore(_s3(), datasets_settings().uploads_bucket_name, s3_presigner())


@cache
def data_store() -> ObjectStore:
    return S3ObjectStore(_s3(), datasets_settings().data_bucket_name, s3_presigner())


@cache
def shard_queue() -> MessageQueue:
    return sqs_queue(ImportSettings.from_env().import_shards_queue_url)


@cache
def deletion_queue() -> MessageQueue:
    return sqs_queue(DeletionSettings.from_env().deletions_queue_url)


@cache
def packing_queue() -> MessageQueue:
    return sqs_queue(SnapshotSettings.from_env().snapshots_queue_url)
