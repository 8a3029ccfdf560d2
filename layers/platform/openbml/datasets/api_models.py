"""Bodies and replies of `/v1/datasets`."""

from collections.abc import Sequence
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from openbml.datasets.datasets import Dataset, DatasetVersion, StorageType, VersionState
from openbml.datasets.limits import NAME_CHARACTERS
from openbml_formats.tag_schemes import TagScheme


class Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class NewDataset(Body):
    # The rule itself is `checked_name`; blanks around the name do not count there.
    name: str = Field(min_length=1, max_length=4 * NAME_CHARACTERS)
    data_type: str = Field(max_length=50)
    annotation_type: str = Field(max_length=50)
    template: str = Field(max_length=50)
    deduplicated: bool | None = None
    tag_scheme: TagScheme | None = None
    storage_type: StorageType = StorageType.PLATFORM
    storage_path: str | None = Field(default=None, max_length=1024)


class Reply(BaseModel):
    model_config = ConfigDict(frozen=True)


class DatasetView(Reply):
    dataset_id: int
    name: str
    data_type: str
    annotation_type: str
    template: str
    deduplicated: bool
    tag_scheme: TagScheme | None
    storage_type: StorageType
    storage_path: str | None
    state: VersionState
    created_at: AwareDatetime
    latest_version: int
    sample_count: int
    labelled_count: int

    @classmethod
    def of(cls, dataset: Dataset, latest: DatasetVersion) -> "DatasetView":
        return cls(
            dataset_id=dataset.dataset_id,
            name=dataset.name,
            data_type=dataset.data_type,
            annotation_type=dataset.annotation_type,
            template=dataset.template,
            deduplicated=dataset.deduplicated,
            tag_scheme=dataset.tag_scheme,
            storage_type=dataset.storage_type,
            storage_path=dataset.storage_path,
            state=VersionState.DELETING if dataset.deleting else latest.state,
            created_at=dataset.created_at,
            latest_version=dataset.latest_version,
            sample_count=latest.sample_count,
            labelled_count=latest.labelled_count,
        )


class VersionFailure(Reply):
    reason: str
    message: str


class VersionView(Reply):
    dataset_id: int
    version_number: int
    version_id: int | None
    description: str
    state: VersionState
    sample_count: int
    labelled_count: int
    unlabelled_count: int
    revision: int
    active_import_id: int | None
    active_operation_id: int | None
    failure: VersionFailure | None
    created_at: AwareDatetime
    modified_at: AwareDatetime | None

    @classmethod
    def of(cls, version: DatasetVersion) -> "VersionView":
        failure = (
            VersionFailure(reason=version.failure_reason, message=version.failure_message or "")
            if version.failure_reason
            else None
        )
        return cls(
            dataset_id=version.dataset_id,
            version_number=version.version_number,
            version_id=version.version_id,
            description=version.description,
            state=version.state,
            sample_count=version.sample_count,
            labelled_count=version.labelled_count,
            unlabelled_count=version.sample_count - version.labelled_count,
            revision=version.revision,
            active_import_id=version.active_import_id,
            active_operation_id=version.active_operation_id,
            failure=failure,
            created_at=version.created_at,
            modified_at=version.modified_at,
        )


class VersionList(Reply):
    items: Sequence[VersionView]
    next_cursor: Literal[None] = None
