"""Routes of `/v1/datasets`: datasets, versions, labels, samples; imports are in `api_imports`."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from openbml.core.clock import utc_now
from openbml.core.ids import new_id
from openbml.core.pages import Page
from openbml.core.wiring import cursor_codec
from openbml.datasets.api_access import project_access, version_key
from openbml.datasets.api_models import (
    DatasetView,
    NewDataset,
    VersionList,
    VersionView,
)
from openbml.datasets.datasets import Dataset, DatasetFilter, VersionKey, VersionState
from openbml.datasets.delete_datasets import delete_dataset
from openbml.datasets.manage_datasets import create_dataset
from openbml.datasets.wiring import dataset_repository, deletion_queue

router = Router()

PROJECT = "/v1/datasets/projects/<project_id>"
VERSION = f"{PROJECT}/datasets/<dataset_id>/versions/<version_number>"

Id = Annotated[int, Path(ge=1, lt=2**53)]
Number = Annotated[int, Path(ge=1, lt=1_000_000)]
Limit = Annotated[int, Query(ge=1, le=100)]
Cursor = Annotated[str | None, Query(max_length=2048)]


@router.post(f"{PROJECT}/datasets", status_code=201)
def post_dataset(project_id: Id, body: NewDataset) -> tuple[DatasetView, int]:
    access = project_access(router, project_id, "datasets.write")
    dataset, version = create_dataset(
        access.scope,
        name=body.name,
        data_type=body.data_type,
        annotation_type=body.annotation_type,
        template=body.template,
        user_id=access.user_id,
        deduplicated=body.deduplicated,
        tag_scheme=body.tag_scheme,
        storage_type=body.storage_type,
        storage_path=body.storage_path,
        datasets=dataset_repository(),
        new_id=new_id,
        now=utc_now,
    )
    return DatasetView.of(dataset, version), HTTPStatus.CREATED


@router.get(f"{PROJECT}/datasets")
def list_datasets(
    project_id: Id,
    name: Annotated[str | None, Query(max_length=200)] = None,
    data_type: Annotated[str | None, Query(max_length=50)] = None,
    annotation_type: Annotated[str | None, Query(max_length=50)] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[DatasetView]:
    access = project_access(router, project_id, "datasets.read")
    wanted = DatasetFilter(name=name, data_type=data_type, annotation_type=annotation_type)
    purpose = f"datasets/{access.scope.key}/{wanted.model_dump_json()}"
    position = cursor_codec().decode(cursor, purpose=purpose)
    found, following = dataset_repository().page(access.scope, wanted, limit=limit, position=position)
    latest = dataset_repository().latest(found)
    return Page(
        items=[DatasetView.of(row, latest[row.dataset_id]) for row in found if row.dataset_id in latest],
        next_cursor=cursor_codec().encode(following, purpose=purpose),
    )


@router.get(f"{PROJECT}/datasets/<dataset_id>")
def get_dataset(project_id: Id, dataset_id: Id) -> DatasetView:
    access = project_access(router, project_id, "datasets.read")
    return dataset_view(dataset_repository().get(access.scope, dataset_id))


@router.delete(f"{PROJECT}/datasets/<dataset_id>", status_code=202)
def remove_dataset(project_id: Id, dataset_id: Id) -> tuple[DatasetView, int]:
    access = project_access(router, project_id, "datasets.manage")
    view = dataset_view(dataset_repository().get(access.scope, dataset_id))
    delete_dataset(access.scope, dataset_id, datasets=dataset_repository(), deletions=deletion_queue())
    return view.model_copy(update={"state": VersionState.DELETING}), HTTPStatus.ACCEPTED


@router.get(f"{PROJECT}/datasets/<dataset_id>/versions")
def list_versions(project_id: Id, dataset_id: Id) -> VersionList:
    access = project_access(router, project_id, "datasets.read")
    dataset_repository().get(access.scope, dataset_id)
    versions = dataset_repository().versions(access.scope, dataset_id)
    return VersionList(items=[VersionView.of(version) for version in versions])


@router.get(VERSION)
def get_version(project_id: Id, dataset_id: Id, version_number: Number) -> VersionView:
    key = version_key(router, project_id, dataset_id, version_number, "datasets.read")
    return VersionView.of(dataset_repository().version(key))


def dataset_view(dataset: Dataset) -> DatasetView:
    key = VersionKey(
        scope=dataset.scope, dataset_id=dataset.dataset_id, version_number=dataset.latest_version
    )
    return DatasetView.of(dataset, dataset_repository().version(key))
