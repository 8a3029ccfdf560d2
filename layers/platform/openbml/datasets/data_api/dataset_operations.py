"""create, deleteDataset, describeDatasets (spec 02 sections 8.4, 8.6, 8.14)."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from openbml.core.clock import Clock
from openbml.core.ids import IdFactory
from openbml.core.queues import MessageQueue
from openbml.datasets.data_api.callers import Caller
from openbml.datasets.data_api.replies import ApiReply, Done, Flat, PageInfo
from openbml.datasets.data_api.requests import ApiRequest, Id, Paging, Text, Typed, named, storage_of
from openbml.datasets.datasets import (
    Dataset,
    DatasetNotFoundError,
    DatasetRepository,
    StorageType,
    VersionState,
)
from openbml.datasets.delete_datasets import delete_dataset
from openbml.datasets.jobs.data_jobs import DataJobRepository
from openbml.datasets.jobs.exports import check_not_exporting
from openbml.datasets.manage_datasets import create_dataset
from openbml.datasets.version_states import check_changeable

_MOST_WORD_CHARACTERS = 200


class CreateRequest(Typed):
    dataset_name: str
    storage_type: Text = StorageType.PLATFORM.value
    storage_path: str | None = None


class Created(ApiReply):
    dataset_id: int
    dataset_group_id: int


def create(
    caller: Caller, request: CreateRequest, *, datasets: DatasetRepository, new_id: IdFactory, now: Clock
) -> Created:
    kind = request.kind
    storage_type, storage_path = storage_of(request.storage_type, request.storage_path)
    dataset, version = create_dataset(
        caller.scope,
        name=named(request.dataset_name, field="dataset_name"),
        data_type=kind.data_type,
        annotation_type=kind.annotation_type,
        template=kind.template,
        user_id=caller.user_id,
        storage_type=storage_type,
        storage_path=storage_path,
        datasets=datasets,
        new_id=new_id,
        now=now,
    )
    return Created(dataset_id=version.version_id or 0, dataset_group_id=dataset.dataset_id)


class DeleteRequest(ApiRequest):
    dataset_group_id: Id


def delete(
    caller: Caller,
    request: DeleteRequest,
    *,
    datasets: DatasetRepository,
    jobs: DataJobRepository,
    deletions: MessageQueue,
) -> Done:
    dataset = living(caller, request.dataset_group_id, datasets=datasets)
    for version in datasets.versions(caller.scope, dataset.dataset_id):
        if version.state is not VersionState.DELETING:
            check_changeable(version)
            check_not_exporting(version.key, jobs=jobs)
    delete_dataset(caller.scope, dataset.dataset_id, datasets=datasets, deletions=deletions)
    return Done()


class Filter(ApiRequest):
    type: Sequence[Text] = ()
    template_type: Sequence[Text] = ()


class DescribeDatasetsRequest(Paging):
    filter: Filter = Filter()
    word: Annotated[str, Field(max_length=_MOST_WORD_CHARACTERS)] = ""


class DatasetRow(BaseModel):
    model_config = ConfigDict(frozen=True)

    dataset_group_id: int
    dataset_name: str


class DatasetPage(Flat):
    page_info: PageInfo
    datasets: Sequence[DatasetRow]


def describe_datasets(
    caller: Caller, request: DescribeDatasetsRequest, *, datasets: DatasetRepository
) -> DatasetPage:
    found = [row for row in datasets.every(caller.scope) if not row.deleting and _fits(row, request)]
    page = found[request.offset : request.offset + request.limit]
    return DatasetPage(
        page_info=PageInfo(limit=request.limit, offset=request.offset, total=len(found)),
        datasets=[DatasetRow(dataset_group_id=row.dataset_id, dataset_name=row.name) for row in page],
    )


def _fits(dataset: Dataset, request: DescribeDatasetsRequest) -> bool:
    """Return whether word and filter let the dataset through; an empty list of a filter means all."""
    if request.word.strip().casefold() not in dataset.name.casefold():
        return False
    types, templates = request.filter.type, request.filter.template_type
    api = dataset.kind.api
    return not (types and (api is None or api.type not in types)) and not (
        templates and (api is None or api.template_type not in templates)
    )


def living(caller: Caller, dataset_id: int, *, datasets: DatasetRepository) -> Dataset:
    """Return the dataset. Raises DatasetNotFoundError, also when it is on its way out."""
    dataset = datasets.get(caller.scope, dataset_id)
    if dataset.deleting:
        raise DatasetNotFoundError(dataset_id=dataset_id)
    return dataset
