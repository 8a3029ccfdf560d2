"""createDatasetVersion, describeDatasetVersion(s), deleteDatasetVersion (spec 02 sections 8.7-8.9, 8.15)."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from openbml.core.clock import Clock
from openbml.core.ids import IdFactory
from openbml.core.queues import MessageQueue
from openbml.datasets.data_api.callers import Caller
from openbml.datasets.data_api.dataset_operations import living
from openbml.datasets.data_api.errors import ParameterInvalidError
from openbml.datasets.data_api.replies import ApiReply, Done, Flat, Nested, PageInfo, size_in_mb, time_text
from openbml.datasets.data_api.requests import ApiRequest, Id, Paging, Typed
from openbml.datasets.data_api.version_figures import VersionFigures
from openbml.datasets.datasets import (
    Dataset,
    DatasetRepository,
    DatasetVersion,
    DatasetVersionNotFoundError,
    VersionState,
)
from openbml.datasets.jobs.data_jobs import DataJobRepository
from openbml.datasets.jobs.exports import check_not_exporting
from openbml.datasets.limits import DESCRIPTION_CHARACTERS
from openbml.datasets.manage_versions import create_version, delete_version

# A version that nothing was imported into has no status of the manual's (spec 02 section 1.3).
_STATUS = {
    VersionState.EMPTY: "",
    VersionState.IMPORTING: "Importing",
    VersionState.IMPORT_FAILED: "ImportFailed",
}
_FINISHED = "ImportFinished"


class CreateVersionRequest(Typed):
    dataset_group_id: Id
    description: Annotated[str, Field(max_length=DESCRIPTION_CHARACTERS)] = ""


class VersionCreated(ApiReply):
    dataset_id: int


def create_dataset_version(
    caller: Caller,
    request: CreateVersionRequest,
    *,
    datasets: DatasetRepository,
    new_id: IdFactory,
    now: Clock,
) -> VersionCreated:
    kind = request.kind
    dataset = living(caller, request.dataset_group_id, datasets=datasets)
    own = dataset.kind.api
    if own is None or own.type != (kind.api.type if kind.api else ""):
        raise ParameterInvalidError(field="type")
    if dataset.kind.code != kind.code:
        raise ParameterInvalidError(field="template_type")
    version = create_version(
        caller.scope,
        dataset.dataset_id,
        description=request.description,
        datasets=datasets,
        new_id=new_id,
        now=now,
    )
    return VersionCreated(dataset_id=version.version_id or 0)


class VersionRequest(ApiRequest):
    dataset_id: Id


class VersionRow(BaseModel):
    """A version in the list of versions."""

    model_config = ConfigDict(frozen=True)

    dataset_id: int
    dataset_name: str
    version_number: int
    import_status: str
    columns: int
    rows: int
    type: str
    template_type: str
    create_time: str
    modify_time: str


class VersionDetail(Nested):
    dataset_group_id: int
    dataset_id: int
    version_number: int
    dataset_name: str
    description: str
    storage_type: str
    storage_path: str
    size_MB: float  # noqa: N815 - the manual's spelling
    columns: int
    rows: int
    import_status: str
    type: str
    template_type: str
    import_progress: float
    create_time: str
    modify_time: str


def describe_dataset_version(
    caller: Caller, request: VersionRequest, *, datasets: DatasetRepository, figures: VersionFigures
) -> VersionDetail:
    dataset, version = found_version(caller, request.dataset_id, datasets=datasets)
    return VersionDetail(
        **_row(dataset, version).model_dump(),
        dataset_group_id=dataset.dataset_id,
        description=version.description,
        storage_type=dataset.storage_type.value,
        storage_path=dataset.storage_path or "",
        size_MB=size_in_mb(version.size_bytes),
        import_progress=figures.import_progress(version),
    )


class VersionsRequest(Paging):
    dataset_group_id: Id


class VersionPage(Flat):
    page_info: PageInfo
    dataset_versions: Sequence[VersionRow]


def describe_dataset_versions(
    caller: Caller,
    request: VersionsRequest,
    *,
    datasets: DatasetRepository,
    new_id: IdFactory,
) -> VersionPage:
    dataset = living(caller, request.dataset_group_id, datasets=datasets)
    found = [
        version
        for version in datasets.versions(caller.scope, dataset.dataset_id)
        if version.state is not VersionState.DELETING
    ]
    found.sort(key=lambda version: version.version_number, reverse=True)
    page = found[request.offset : request.offset + request.limit]
    identified = [datasets.identified(version, new_id()) for version in page]
    return VersionPage(
        page_info=PageInfo(limit=request.limit, offset=request.offset, total=len(found)),
        dataset_versions=[_row(dataset, version) for version in identified],
    )


def delete_dataset_version(
    caller: Caller,
    request: VersionRequest,
    *,
    datasets: DatasetRepository,
    jobs: DataJobRepository,
    deletions: MessageQueue,
) -> Done:
    _, version = found_version(caller, request.dataset_id, datasets=datasets)
    check_not_exporting(version.key, jobs=jobs)
    delete_version(version.key, datasets=datasets, deletions=deletions)
    return Done()


def found_version(
    caller: Caller, version_id: int, *, datasets: DatasetRepository
) -> tuple[Dataset, DatasetVersion]:
    """Return a version of the project with its dataset, neither on its way out.

    Raises:
        DatasetNotFoundError, DatasetVersionNotFoundError
    """
    version = datasets.version_of(caller.scope, version_id)
    if version.state is VersionState.DELETING:
        raise DatasetVersionNotFoundError(
            dataset_id=version.dataset_id, version_number=version.version_number
        )
    return living(caller, version.dataset_id, datasets=datasets), version


def import_status(version: DatasetVersion) -> str:
    return _STATUS.get(version.state, _FINISHED)


def _row(dataset: Dataset, version: DatasetVersion) -> VersionRow:
    api = dataset.kind.api
    return VersionRow(
        dataset_id=version.version_id or 0,
        dataset_name=dataset.name,
        version_number=version.version_number,
        import_status=import_status(version),
        columns=version.column_count,
        rows=version.sample_count,
        # Kinds that the manual's API does not know go by their own names.
        type=api.type if api else dataset.annotation_type.upper(),
        template_type=api.template_type if api else dataset.template.upper(),
        create_time=time_text(version.created_at),
        modify_time=time_text(version.modified_at or version.created_at),
    )
