"""Collaborators of the data API, built on first use."""

from collections.abc import Mapping
from functools import cache, partial

from openbml.core.clock import utc_now
from openbml.core.ids import new_id, new_log_id
from openbml.core.wiring import event_publisher
from openbml.datasets.data_api import dataset_operations as of_datasets
from openbml.datasets.data_api import entity_operations as of_entities
from openbml.datasets.data_api import export_operations as of_exports
from openbml.datasets.data_api import import_operations as of_imports
from openbml.datasets.data_api import version_operations as of_versions
from openbml.datasets.data_api.answers import DataApi, Operation
from openbml.datasets.data_api.callers_identity import IdentityCallers
from openbml.datasets.data_api.version_figures import VersionFigures
from openbml.datasets.wiring import (
    annotation_store,
    archive_store,
    data_job_queue,
    data_job_repository,
    data_store,
    dataset_repository,
    datasets_settings,
    deletion_queue,
    external_reader,
    import_repository,
    sample_intake,
    sample_repository,
    table_catalogue,
    table_manifest,
)
from openbml.identity.wiring import application_repository, authorizer

READ, WRITE, MANAGE = "datasets.read", "datasets.write", "datasets.manage"


@cache
def data_api() -> DataApi:
    return DataApi(
        callers=IdentityCallers(application_repository(), authorizer(), now=utc_now),
        operations={**_of_datasets(), **_of_entities(), **_of_versions(), **_of_imports(), **_of_exports()},
        new_log_id=new_log_id,
    )


def _of_datasets() -> Mapping[str, Operation]:
    datasets = dataset_repository()
    deletions = deletion_queue()
    return {
        "create": Operation(
            of_datasets.CreateRequest,
            WRITE,
            partial(of_datasets.create, datasets=datasets, new_id=new_id, now=utc_now),
        ),
        "deleteDataset": Operation(
            of_datasets.DeleteRequest,
            MANAGE,
            partial(of_datasets.delete, datasets=datasets, jobs=data_job_repository(), deletions=deletions),
        ),
        "describeDatasets": Operation(
            of_datasets.DescribeDatasetsRequest,
            READ,
            partial(of_datasets.describe_datasets, datasets=datasets),
        ),
    }


def _of_entities() -> Mapping[str, Operation]:
    using = of_entities.EntityCollaborators(
        datasets=dataset_repository(),
        samples=sample_repository(),
        intake=sample_intake(),
        annotations=annotation_store(),
        jobs=data_job_repository(),
        data=data_store(),
        now=utc_now,
    )
    add_entity = partial(of_entities.add_entity, using=using)
    return {"addentity": Operation(of_entities.AddEntityRequest, WRITE, add_entity)}


def _of_versions() -> Mapping[str, Operation]:
    datasets = dataset_repository()
    figures = VersionFigures(import_repository(), data_job_repository())
    return {
        "createDatasetVersion": Operation(
            of_versions.CreateVersionRequest,
            WRITE,
            partial(of_versions.create_dataset_version, datasets=datasets, new_id=new_id, now=utc_now),
        ),
        "describeDatasetVersion": Operation(
            of_versions.VersionRequest,
            READ,
            partial(of_versions.describe_dataset_version, datasets=datasets, figures=figures),
        ),
        "describeDatasetVersions": Operation(
            of_versions.VersionsRequest,
            READ,
            partial(of_versions.describe_dataset_versions, datasets=datasets, new_id=new_id),
        ),
        "deleteDatasetVersion": Operation(
            of_versions.VersionRequest,
            MANAGE,
            partial(
                of_versions.delete_dataset_version,
                datasets=datasets,
                jobs=data_job_repository(),
                deletions=deletion_queue(),
            ),
        ),
    }


def _of_imports() -> Mapping[str, Operation]:
    using = of_imports.ImportCollaborators(
        datasets=dataset_repository(),
        imports=import_repository(),
        jobs=data_job_repository(),
        figures=VersionFigures(import_repository(), data_job_repository()),
        catalogue=table_catalogue(),
        reader=external_reader(),
        archives=archive_store(),
        events=event_publisher(),
        new_id=new_id,
        now=utc_now,
    )
    return {
        "createImportTask": Operation(
            of_imports.CreateImportRequest, WRITE, partial(of_imports.create_import_task, using=using)
        ),
        "describeImportTask": Operation(
            of_imports.ImportTaskRequest, READ, partial(of_imports.describe_import_task, using=using)
        ),
        "guessSchema": Operation(
            of_imports.SourceRequest, WRITE, partial(of_imports.guess_table_schema, using=using)
        ),
    }


def _of_exports() -> Mapping[str, Operation]:
    using = of_exports.ExportCollaborators(
        datasets=dataset_repository(),
        jobs=data_job_repository(),
        manifest_of=table_manifest,
        starting=data_job_queue(),
        data=data_store(),
        data_bucket=datasets_settings().data_bucket_name,
        new_id=new_id,
        now=utc_now,
    )
    return {
        "createExportTask": Operation(
            of_exports.CreateExportRequest, MANAGE, partial(of_exports.create_export_task, using=using)
        ),
        "describeExportTask": Operation(
            of_exports.TaskRequest, MANAGE, partial(of_exports.describe_export_task, using=using)
        ),
    }
