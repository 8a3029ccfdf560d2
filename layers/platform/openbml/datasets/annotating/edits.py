"""Edits: changes of samples' annotations that say what they start from, and what became of them."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict

from openbml.core.errors import OpenBMLError
from openbml.datasets.datasets import VersionKey
from openbml.datasets.samples import AnnotationSource, Sample
from openbml_formats.annotations import Annotation


class AnnotationConflictError(OpenBMLError):
    """Somebody else changed the annotation meanwhile.

    Details: sample_id, expected_revision, current_revision, changed_by (a user, None for a model or an
    import), changed_at.
    """


class LabelNotFoundError(OpenBMLError):
    """The version has no such label; details: label."""


class LabelBusyError(OpenBMLError):
    """A bulk operation renames or deletes the label; details: label, operation_id."""


class TooManyLabelsError(OpenBMLError):
    """The version would have more labels than it can; details: most."""


class EditTooWideError(OpenBMLError):
    """A tagged sentence would change too many labels at once; details: sample_id, most."""


class EditsBusyError(OpenBMLError):
    """Too many edits of the same samples at one moment; nothing was written."""


class Author(BaseModel):
    """Who edits, and how: a person, a model or an import, perhaps through a bulk operation."""

    model_config = ConfigDict(frozen=True)

    source: AnnotationSource
    user_id: int | None = None
    operation_id: int | None = None

    @classmethod
    def human(cls, user_id: int, operation_id: int | None = None) -> "Author":
        return cls(source=AnnotationSource.HUMAN, user_id=user_id, operation_id=operation_id)

    @classmethod
    def importing(cls, source: AnnotationSource = AnnotationSource.IMPORTED) -> "Author":
        return cls(source=source)


class Edit(BaseModel):
    """One sample's new annotation.

    Attributes:
        annotation: None deletes the sample.
        expected_revision: of the annotation it starts from; None replaces whatever is there.
        edit_id: an edit that comes again with the id of the sample's last one changes nothing.
        keeps_source: whether the annotation stays imported, human or smart: only its wording changes.
    """

    model_config = ConfigDict(frozen=True)

    sample_id: int
    annotation: Annotation | None
    expected_revision: int | None = None
    edit_id: str | None = None
    keeps_source: bool = False


class EditStatus(StrEnum):
    APPLIED = "applied"
    UNCHANGED = "unchanged"  # it says what the sample says
    REPEATED = "repeated"  # applied before
    CONFLICT = "conflict"
    MISSING = "missing"  # the version has no such sample


class EditOutcome(BaseModel):
    """What became of an edit; `sample` is as it is now, None when it is not there."""

    model_config = ConfigDict(frozen=True)

    edit: Edit
    status: EditStatus
    sample: Sample | None = None

    def conflict(self) -> AnnotationConflictError:
        now = self.sample
        return AnnotationConflictError(
            sample_id=self.edit.sample_id,
            expected_revision=self.edit.expected_revision,
            current_revision=now.annotation_revision if now else None,
            changed_by=now.annotated_by if now else None,
            changed_at=now.annotated_at.isoformat() if now and now.annotated_at else None,
        )


class Checkpoint(BaseModel):
    """How far a bulk operation is in a chunk: its samples up to `after` are done (-1: none yet)."""

    model_config = ConfigDict(frozen=True)

    operation_id: int
    chunk: int
    after: int = -1


class CheckpointMovedError(Exception):
    """Another worker is at the chunk, or the operation is not running any more."""


class AnnotationStore(Protocol):
    """Writes edits; each sample's whole effect (index, counts, history) is one transaction."""

    def apply_edits(
        self,
        key: VersionKey,
        edits: Sequence[Edit],
        *,
        author: Author,
        during_import: int | None,
        create_labels: bool = True,
        checkpoint: Checkpoint | None = None,
    ) -> Sequence[EditOutcome]:
        """Apply edits of different samples and return their outcomes in the same order.

        A conflict leaves its own sample as it is; the others are written.

        Args:
            during_import: the import that holds the version and edits on; None for everybody else.
            create_labels: whether labels that the version does not have are made.
            checkpoint: moved on with every transaction, so that a repeat goes on behind what is done. A
                conflict then ends the call before its transaction.

        Raises:
            VersionBusyError: an import is running into the version.
            SmartLabellingRunningError: a model is labelling it.
            DatasetDeletingError: it is on its way out.
            LabelNotFoundError: a label is unknown and must not be created.
            LabelBusyError: a label that is being renamed or deleted would be given to samples.
            TooManyLabelsError: the version's labels would be too many.
            EditsBusyError: others were faster again and again.
            CheckpointMovedError: the checkpoint is not where the caller thinks.
        """


def edited(sample: Sample, edit: Edit, author: Author, at: AwareDatetime) -> Sample:
    """Return the sample with the edit's annotation and its next revision."""
    if edit.annotation is None:
        raise ValueError("a deletion leaves no sample")
    changes = {
        "annotation_revision": sample.annotation_revision + 1,
        "annotation_source": sample.annotation_source if edit.keeps_source else author.source,
        "annotated_by": author.user_id,
        "annotated_at": at,
        "operation_id": author.operation_id,
        "edit_id": edit.edit_id,
    }
    return sample.annotated(edit.annotation).model_copy(update=changes)


def status_of(sample: Sample | None, edit: Edit, author: Author) -> EditStatus:
    """Return what the edit does to the sample as it is now."""
    if sample is None:
        return EditStatus.MISSING
    if edit.edit_id is not None and edit.edit_id == sample.edit_id:
        return EditStatus.REPEATED
    if edit.expected_revision not in (None, sample.annotation_revision):
        return EditStatus.CONFLICT
    same = edit.annotation is not None and edit.annotation == sample.annotation
    confirms = not edit.keeps_source and author.source is not sample.annotation_source
    return EditStatus.UNCHANGED if same and not confirms else EditStatus.APPLIED
