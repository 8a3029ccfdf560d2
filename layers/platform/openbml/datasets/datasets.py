"""Datasets and their versions: what they are, which states they pass (spec 02 sections 1.1, 1.3, 2)."""

import unicodedata
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from openbml.core.errors import InvalidRequestError, OpenBMLError
from openbml.core.scope import ProjectScope
from openbml.datasets.limits import NAME_CHARACTERS
from openbml_catalog.datasets import DatasetKind, dataset_kinds, find_kind
from openbml_formats.tag_schemes import TagScheme

Position = dict[str, Any]


class DatasetNotFoundError(OpenBMLError):
    """No such dataset in the project; details: dataset_id."""


class DatasetVersionNotFoundError(OpenBMLError):
    """The dataset has no such version; details: dataset_id, version_number."""


class DatasetNameTakenError(OpenBMLError):
    """Another dataset of the project has the name; details: name."""


class UnsupportedDatasetTypeError(OpenBMLError):
    """There is no such kind of dataset; details: data_type, annotation_type, template, supported."""


class VersionBusyError(OpenBMLError):
    """An import is running into the version; details: dataset_id, version_number, import_id."""


class OperationRunningError(OpenBMLError):
    """A bulk operation runs on the version; details: dataset_id, version_number, operation_id."""


class SmartLabellingRunningError(OpenBMLError):
    """Smart labelling works on the version; details: dataset_id, version_number."""


class DatasetDeletingError(OpenBMLError):
    """The dataset is being deleted; details: dataset_id."""


class VersionExportingError(OpenBMLError):
    """The version is being exported; details: dataset_id, version_number, export_id."""


class LastVersionError(OpenBMLError):
    """A dataset keeps at least one version; details: dataset_id, version_number."""


class DatasetContendedError(OpenBMLError):
    """Too many changes of the same dataset at the same moment; details: dataset_id."""


class DatasetQuotaError(OpenBMLError):
    """A dataset, user or account holds all it may; details: quota, limit."""


class VersionState(StrEnum):
    EMPTY = "empty"
    IMPORTING = "importing"
    IMPORT_FINISHED = "import_finished"
    IMPORT_FAILED = "import_failed"
    SMART_LABELLING = "smart_labelling"
    DELETING = "deleting"


class StorageType(StrEnum):
    """Where exports go; the values are the manual's (spec 02 section 8.2)."""

    PLATFORM = "sysBos"
    CUSTOMER = "usrBos"


class Dataset(BaseModel):
    """A named container with a fixed type.

    Attributes:
        deduplicated: whether a sample with the content of another replaces it; fixed at creation.
        tag_scheme: of sequence labelling, fixed at creation.
        label_map: of sequence labelling: label -> index, as the first import brought it.
        storage_path: `s3://bucket/prefix/` of the customer's bucket.
        latest_version: the highest version that is not being deleted.
        last_ordinal: the highest version there ever was, when that is another.
    """

    model_config = ConfigDict(frozen=True)

    scope: ProjectScope
    dataset_id: int
    name: str
    data_type: str
    annotation_type: str
    template: str
    created_by: int
    created_at: AwareDatetime
    latest_version: int = 1
    last_ordinal: int = 0
    deleting: bool = False
    deduplicated: bool = True
    tag_scheme: TagScheme | None = None
    label_map: Mapping[str, int] = Field(default_factory=dict)
    storage_type: StorageType = StorageType.PLATFORM
    storage_path: str | None = None

    @property
    def kind(self) -> DatasetKind:
        kind = find_kind(self.data_type, self.annotation_type, self.template)
        if kind is None:
            raise UnsupportedDatasetTypeError(
                data_type=self.data_type,
                annotation_type=self.annotation_type,
                template=self.template,
                supported=sorted(dataset_kinds()),
            )
        return kind


class DatasetVersion(BaseModel):
    """Holds the samples.

    Attributes:
        version_id: what the data API calls the version by, in the whole installation; None on versions older
            than that API, until `DatasetRepository.identified`.
        size_bytes: of all samples.
        column_count: of a table.
        frozen: a snapshot names rows of the version's table where they lie, so that they outlive it.
        revision: grows with every change of the content.
        modified_at: of the last change, None while there is none.
    """

    model_config = ConfigDict(frozen=True)

    scope: ProjectScope
    dataset_id: int
    version_number: int = Field(ge=1)
    version_id: int | None = None
    state: VersionState = VersionState.EMPTY
    description: str = ""
    created_at: AwareDatetime
    modified_at: AwareDatetime | None = None
    sample_count: int = 0
    labelled_count: int = 0
    size_bytes: int = 0
    column_count: int = 0
    frozen: bool = False
    revision: int = 0
    active_import_id: int | None = None
    active_operation_id: int | None = None
    failure_reason: str | None = None
    failure_message: str | None = None

    @property
    def key(self) -> "VersionKey":
        return VersionKey(scope=self.scope, dataset_id=self.dataset_id, version_number=self.version_number)


class VersionKey(BaseModel):
    """Names a dataset version."""

    model_config = ConfigDict(frozen=True)

    scope: ProjectScope
    dataset_id: int
    version_number: int


class DatasetFilter(BaseModel):
    """Which datasets a list is of; `name` is contained in the dataset's name, whatever the case."""

    model_config = ConfigDict(frozen=True)

    name: str | None = None
    data_type: str | None = None
    annotation_type: str | None = None

    def takes(self, dataset: Dataset) -> bool:
        if self.name is not None and self.name.casefold() not in dataset.name.casefold():
            return False
        return self.data_type in (None, dataset.data_type) and self.annotation_type in (
            None,
            dataset.annotation_type,
        )


class LabelCount(BaseModel):
    """A label of a version: how many of its samples carry it, how many objects (boxes, spans) it has.

    Attributes:
        operation_id: the bulk operation that renames or deletes the label; nothing gets it meanwhile.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    sample_count: int = 0
    object_count: int = 0
    remark: str = ""
    colour: str | None = None
    pinned: bool = False
    operation_id: int | None = None


class DatasetRepository(Protocol):
    def add(self, dataset: Dataset, version: DatasetVersion) -> None:
        """Raises DatasetNameTakenError."""

    def get(self, scope: ProjectScope, dataset_id: int) -> Dataset:
        """Raises DatasetNotFoundError."""

    def versions(self, scope: ProjectScope, dataset_id: int) -> Sequence[DatasetVersion]: ...

    def version(self, key: VersionKey) -> DatasetVersion:
        """Raises DatasetVersionNotFoundError."""

    def latest(self, datasets: Sequence[Dataset]) -> Mapping[int, DatasetVersion]:
        """Return each dataset's latest version by dataset id; of a dataset just removed, none."""

    def page(
        self, scope: ProjectScope, wanted: DatasetFilter, *, limit: int, position: Position | None
    ) -> tuple[Sequence[Dataset], Position | None]:
        """Newest first."""

    def every(self, scope: ProjectScope) -> Sequence[Dataset]:
        """Return all datasets of the project, newest first, those being deleted included."""

    def version_of(self, scope: ProjectScope, version_id: int) -> DatasetVersion:
        """Raises DatasetVersionNotFoundError."""

    def identified(self, version: DatasetVersion, version_id: int) -> DatasetVersion:
        """Return the version with its id: the one it has, else the given one, kept from now on."""

    def add_version(self, dataset: Dataset, version: DatasetVersion) -> None:
        """Add the version after the last ordinal.

        Raises:
            DatasetContendedError: another version was added since the dataset was read.
            DatasetNotFoundError: it was deleted.
        """

    def rename(self, dataset: Dataset, name: str) -> Dataset:
        """Raises DatasetNameTakenError, DatasetNotFoundError, DatasetContendedError."""

    def freeze(self, key: VersionKey) -> None:
        """Keep the rows of a version's table from now on, whatever becomes of it.

        Raises:
            DatasetVersionNotFoundError: it is gone, or on its way out.
        """

    def describe_version(self, key: VersionKey, description: str) -> None:
        """Raises DatasetVersionNotFoundError."""

    def mark_version_deleting(self, dataset: Dataset, version: DatasetVersion, survivor: int) -> None:
        """Refuse every later change of the version; the survivor must go on living.

        Raises:
            DatasetContendedError: version, survivor or dataset changed since they were read.
        """

    def remove_version(self, version: DatasetVersion) -> None:
        """Drop the version itself, the last act of its deletion."""

    def labels(
        self, key: VersionKey, *, limit: int, position: Position | None
    ) -> tuple[Sequence[LabelCount], Position | None]: ...

    def set_label_map(self, dataset: Dataset, label_map: Mapping[str, int]) -> None:
        """Keep the label map of a first import; once there is one, nothing changes."""

    def mark_deleting(self, dataset: Dataset) -> None:
        """Free the name, refuse every later import. Repeating it is harmless."""

    def remove(self, dataset: Dataset) -> None:
        """Drop the dataset and its versions, the last act of a deletion."""


def checked_name(name: str) -> str:
    """Return the name as it is kept: composed, without outer blanks.

    Raises:
        InvalidRequestError: empty, longer than 50 characters, or with control characters.
    """
    kept = unicodedata.normalize("NFC", name).strip()
    if not 1 <= len(kept) <= NAME_CHARACTERS:
        raise InvalidRequestError(field="name", reason=f"must have 1 to {NAME_CHARACTERS} characters")
    # Surrogates cannot be stored as UTF-8; control characters break lists and logs.
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in kept):
        raise InvalidRequestError(field="name", reason="must not contain control characters")
    return kept
