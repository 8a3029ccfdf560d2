"""The history of a sample's annotation: every revision with who made it, when and how; any can come back."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from openbml.core.errors import OpenBMLError
from openbml.core.scope import ProjectScope
from openbml.datasets.annotating.annotate import Annotated, annotatable, applied
from openbml.datasets.annotating.edits import AnnotationStore, Edit
from openbml.datasets.datasets import DatasetRepository, Position, VersionKey
from openbml.datasets.samples import AnnotationSource, Sample, SampleRepository
from openbml_formats.annotations import Annotation


class RevisionNotFoundError(OpenBMLError):
    """The sample's annotation never had that revision; details: sample_id, revision."""


class Revision(BaseModel):
    """One state of a sample's annotation; the annotation itself is read one by one."""

    model_config = ConfigDict(frozen=True)

    sample_id: int
    revision: int
    labelled: bool = False
    label_counts: Mapping[str, int] = Field(default_factory=dict)
    annotation_source: AnnotationSource = AnnotationSource.IMPORTED
    annotated_by: int | None = None
    annotated_at: AwareDatetime | None = None
    operation_id: int | None = None

    @classmethod
    def current(cls, sample: Sample) -> "Revision":
        return cls(
            sample_id=sample.sample_id,
            revision=sample.annotation_revision,
            labelled=sample.labelled,
            label_counts=sample.label_counts,
            annotation_source=sample.annotation_source,
            annotated_by=sample.annotated_by,
            annotated_at=sample.annotated_at,
            operation_id=sample.operation_id,
        )


class HistoryRepository(Protocol):
    """Earlier revisions; the store that writes edits keeps them."""

    def before(self, scope: ProjectScope, sample_id: int, revision: int, *, limit: int) -> Sequence[Revision]:
        """Return revisions less than one, the latest first."""

    def annotation(self, scope: ProjectScope, sample_id: int, revision: int) -> Annotation:
        """Return what an earlier revision said. Raises RevisionNotFoundError."""


def revisions(
    key: VersionKey,
    sample_id: int,
    *,
    limit: int,
    position: Position | None,
    samples: SampleRepository,
    history: HistoryRepository,
) -> tuple[Sequence[Revision], Position | None]:
    """Return a page of the sample's revisions, the current one first."""
    sample = samples.get(key, sample_id)
    before = int(position["before"]) if position else sample.annotation_revision
    found = [] if position else [Revision.current(sample)]
    if limit > len(found):
        found += history.before(key.scope, sample_id, before, limit=limit - len(found))
    last = found[-1].revision if found else 1
    return found, {"before": last} if last > 1 else None


def annotation_at(
    key: VersionKey, sample_id: int, revision: int, *, samples: SampleRepository, history: HistoryRepository
) -> Annotation:
    """Return what a revision said.

    Raises:
        SampleNotFoundError: the version has no such sample.
        RevisionNotFoundError: the sample never had that revision.
    """
    sample = samples.get(key, sample_id)
    if revision == sample.annotation_revision:
        return samples.annotation_of(key.scope, sample)
    return history.annotation(key.scope, sample_id, revision)


def restore_revision(
    key: VersionKey,
    sample_id: int,
    revision: int,
    *,
    expected_revision: int,
    user_id: int,
    datasets: DatasetRepository,
    samples: SampleRepository,
    history: HistoryRepository,
    store: AnnotationStore,
) -> Annotated:
    """Give a sample an earlier annotation again, as a new revision; `revision` n - 1 undoes the last edit.

    Labels that were deleted or renamed since are made again.

    Raises:
        AnnotationConflictError: somebody else changed the annotation since.
        RevisionNotFoundError, SampleNotFoundError, OnlineAnnotationError, and what
            `AnnotationStore.apply_edits` raises.
    """
    annotatable(key.scope, key.dataset_id, datasets)
    annotation = annotation_at(key, sample_id, revision, samples=samples, history=history)
    edit = Edit(sample_id=sample_id, annotation=annotation, expected_revision=expected_revision)
    return Annotated(applied(key, edit, user_id, store))
