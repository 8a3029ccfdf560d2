"""The data of a run: what is chosen, what may be chosen (spec 03 section 2.3), and the port to its owner."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, Field

from openbml.core.errors import OpenBMLError
from openbml.core.scope import ProjectScope
from openbml_catalog.tasks import Task
from openbml_formats.annotations import Annotation
from openbml_formats.tables.schemas import TableSchema


class DataNotSelectableError(OpenBMLError):
    """A chosen dataset version cannot be used; details: dataset_id, version_number, reason."""


class TooFewLabelsError(OpenBMLError):
    """Fewer labels are chosen than the task needs; details: labels, fewest."""


class EvaluationLabelsDifferError(OpenBMLError):
    """The evaluation set's labels are not those of the training set; details: missing, extra."""


# States in which a version cannot be chosen, in words (spec 03 section 2.3, condition 3).
_BUSY = {
    "importing": "being imported into",
    "smart_labelling": "being labelled by smart labelling",
    "deleting": "being deleted",
}


class Selection(BaseModel):
    """A dataset version, or some labels of it."""

    model_config = ConfigDict(frozen=True)

    dataset_id: int
    version_number: int = Field(ge=1)
    labels: tuple[str, ...] | None = Field(default=None, min_length=1, max_length=10_000)


class TableView(BaseModel):
    """A dataset version's table; `source_bytes` is its raw size, unpacked."""

    model_config = ConfigDict(frozen=True)

    columns: TableSchema
    rows: int
    source_bytes: int


class TableBeginning(TableView):
    """A table with its first values, one list for each column."""

    values: Sequence[Sequence[Any]]


class DatasetView(BaseModel):
    """What a run needs to know of a dataset version.

    Attributes:
        labels: counts the labelled samples of each label.
        table: None of other kinds of datasets, and of one without rows.
    """

    model_config = ConfigDict(frozen=True)

    dataset_id: int
    version_number: int
    annotation_type: str
    template: str
    state: str
    labels: Mapping[str, int]
    table: TableView | None = None


class SnapshotState(StrEnum):
    PREPARING = "preparing"
    READY = "ready"
    FAILED = "failed"


class SnapshotView(BaseModel):
    """A frozen selection.

    Attributes:
        uri: the folder with its manifest and shards.
        parts_uri: of a table, the SageMaker manifest of its parts, which lie elsewhere.
    """

    model_config = ConfigDict(frozen=True)

    snapshot_id: str
    state: SnapshotState
    uri: str
    parts_uri: str | None = None
    labels: Sequence[str] = ()
    sample_count: int = 0
    failure: str | None = None


class PictureUrls(BaseModel):
    """Addresses of an image, good for some minutes."""

    model_config = ConfigDict(frozen=True)

    thumbnail_url: str
    image_url: str


class SampleContent(BaseModel):
    """A sample's file with what is marked in it."""

    model_config = ConfigDict(frozen=True)

    name: str
    data: bytes
    annotation: Annotation


class TrainingData(Protocol):
    """Port to the context that owns datasets."""

    def describe(self, scope: ProjectScope, selection: Selection) -> DatasetView:
        """Raises DataNotSelectableError when there is no such version."""

    def request_snapshot(
        self, scope: ProjectScope, task: str, selections: Sequence[Selection]
    ) -> SnapshotView:
        """Ask for the selections' snapshot; asking again is harmless. Raises DataNotSelectableError."""

    def kept_snapshot(self, scope: ProjectScope, snapshot_id: str) -> SnapshotView | None:
        """Return a snapshot of the project, None where there is none of this id."""

    def table_beginning(self, scope: ProjectScope, selection: Selection, *, cells: int) -> TableBeginning:
        """Return the first rows, as many as have so many cells.

        Raises:
            DataNotSelectableError: there is no such version, or it has no rows.
        """

    def picture_urls(self, scope: ProjectScope, sample_ids: Sequence[str]) -> Mapping[str, PictureUrls]:
        """Return addresses of the samples' images; samples that are gone are left out."""

    def sample_content(
        self, scope: ProjectScope, dataset_id: int, version_number: int, sample_id: int
    ) -> SampleContent:
        """Raises SampleNotFoundError, DatasetNotFoundError, DatasetVersionNotFoundError."""


def chosen_labels(view: DatasetView, selection: Selection, task: Task) -> frozenset[str]:
    """Return the labels a selection brings in.

    Raises:
        DataNotSelectableError: wrong annotation type, no labelled data, being imported or deleted, or a
            chosen label has no samples (spec 03 section 2.3, conditions 1-3).
    """
    reason = _obstacle(view, selection, task)
    if reason:
        raise DataNotSelectableError(
            dataset_id=view.dataset_id, version_number=view.version_number, reason=reason
        )
    present = {name for name, count in view.labels.items() if count > 0}
    return frozenset(selection.labels or present)


def kind_reason(view: DatasetView, task: Task) -> str | None:
    """Return why a version's kind is not the task's, None where it is."""
    if (view.annotation_type, view.template) == (task.annotation_type, task.template):
        return None
    return f"its annotations are {view.annotation_type}/{view.template}, the experiment's task needs " + (
        f"{task.annotation_type}/{task.template}"
    )


def busy_reason(view: DatasetView) -> str | None:
    """Return what keeps a version from being chosen now, None where nothing does."""
    return f"it is {_BUSY[view.state]}" if view.state in _BUSY else None


def _obstacle(view: DatasetView, selection: Selection, task: Task) -> str | None:
    reason = kind_reason(view, task) or busy_reason(view)
    if reason:
        return reason
    present = {name for name, count in view.labels.items() if count > 0}
    if not present:
        return "it has no labelled samples"
    unknown = sorted(set(selection.labels or ()) - present)
    return f"it has no samples of the labels {', '.join(unknown)}" if unknown else None


def merged_labels(
    training: Sequence[frozenset[str]], evaluation: Sequence[frozenset[str]], *, fewest: int = 2
) -> list[str]:
    """Return the classes of a run: labels of the same name are one class (spec 03 section 2.3).

    Raises:
        TooFewLabelsError: there are fewer than `fewest`.
        EvaluationLabelsDifferError: an evaluation set is given and its labels are not exactly the same.
    """
    classes = frozenset[str]().union(*training)
    if len(classes) < fewest:
        raise TooFewLabelsError(labels=sorted(classes), fewest=fewest)
    if evaluation:
        given = frozenset[str]().union(*evaluation)
        if given != classes:
            raise EvaluationLabelsDifferError(missing=sorted(classes - given), extra=sorted(given - classes))
    return sorted(classes)
