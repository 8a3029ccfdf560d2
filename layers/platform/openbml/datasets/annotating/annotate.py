"""What people do with one sample's annotation: replace it, add to it, empty it, take an earlier one back."""

from collections.abc import Sequence
from typing import NamedTuple

from openbml.core.errors import OpenBMLError
from openbml.core.scope import ProjectScope
from openbml.datasets.annotating.edits import AnnotationStore, Author, Edit, EditOutcome, EditStatus
from openbml.datasets.datasets import Dataset, DatasetRepository, VersionKey
from openbml.datasets.samples import Sample, SampleNotFoundError, SampleRepository
from openbml_catalog.datasets import Content
from openbml_formats.annotation_rules import Remark, checked_annotation
from openbml_formats.annotations import Annotation
from openbml_formats.records import AnnotationError

_APPENDS = 8  # attempts, when others append to the same sample


class OnlineAnnotationError(OpenBMLError):
    """Samples of this kind take annotations by imports only; details: kind."""


class InvalidAnnotationError(OpenBMLError):
    """The annotation breaks a rule of the dataset's kind; details: reason (a code), message."""


class Annotated(NamedTuple):
    """A sample as it is now, and what was adapted in the annotation that was given."""

    sample: Sample
    remarks: Sequence[Remark] = ()


def annotatable(scope: ProjectScope, dataset_id: int, datasets: DatasetRepository) -> Dataset:
    """Return the dataset.

    Raises:
        OnlineAnnotationError: its samples take no annotations but imported ones.
    """
    dataset = datasets.get(scope, dataset_id)
    if not dataset.kind.online_annotation:
        raise OnlineAnnotationError(kind=dataset.kind.code)
    return dataset


def replace_annotation(
    key: VersionKey,
    sample_id: int,
    annotation: Annotation,
    *,
    expected_revision: int,
    user_id: int,
    create_labels: bool = True,
    datasets: DatasetRepository,
    samples: SampleRepository,
    store: AnnotationStore,
) -> Annotated:
    """Give a sample an annotation instead of the one that the caller saw.

    Raises:
        AnnotationConflictError: somebody else changed it since.
        InvalidAnnotationError: the dataset's kind does not take it.
        OnlineAnnotationError, SampleNotFoundError, and what `AnnotationStore.apply_edits` raises.
    """
    dataset = annotatable(key.scope, key.dataset_id, datasets)
    sample = samples.get(key, sample_id)
    checked, remarks = checked_for(dataset, sample, annotation)
    edit = Edit(sample_id=sample_id, annotation=checked, expected_revision=expected_revision)
    return Annotated(applied(key, edit, user_id, store, create_labels=create_labels), remarks)


def append_annotation(
    key: VersionKey,
    sample_id: int,
    annotation: Annotation,
    *,
    user_id: int,
    create_labels: bool = True,
    datasets: DatasetRepository,
    samples: SampleRepository,
    store: AnnotationStore,
) -> Annotated:
    """Add labels, regions or spans to whatever the sample has; of a one-label kind the label is replaced.

    Raises:
        as `replace_annotation`; a conflict only when others change the sample again and again.
    """
    dataset = annotatable(key.scope, key.dataset_id, datasets)
    attempt = 0
    while True:
        sample = samples.get(key, sample_id)
        whole = joined(samples.annotation_of(key.scope, sample), annotation, several=dataset.kind.several)
        checked, remarks = checked_for(dataset, sample, whole)
        edit = Edit(sample_id=sample_id, annotation=checked, expected_revision=sample.annotation_revision)
        outcome = _outcome(key, edit, user_id, store, create_labels=create_labels)
        attempt += 1
        if outcome.status is not EditStatus.CONFLICT or attempt == _APPENDS:
            return Annotated(_sample_of(outcome), remarks)


def clear_annotation(
    key: VersionKey,
    sample_id: int,
    *,
    expected_revision: int,
    user_id: int,
    datasets: DatasetRepository,
    store: AnnotationStore,
) -> Annotated:
    """Make the sample unlabelled; raises as `replace_annotation`."""
    annotatable(key.scope, key.dataset_id, datasets)
    edit = Edit(sample_id=sample_id, annotation=Annotation(), expected_revision=expected_revision)
    return Annotated(applied(key, edit, user_id, store))


def joined(old: Annotation, new: Annotation, *, several: bool) -> Annotation:
    """Return both annotations as one; what is said twice stands once."""
    labels = tuple(dict.fromkeys(old.labels + new.labels)) if several else new.labels or old.labels
    return Annotation(
        labels=labels,
        regions=old.regions + tuple(region for region in new.regions if region not in old.regions),
        spans=old.spans + tuple(span for span in new.spans if span not in old.spans),
        tags=new.tags or old.tags,
        attributes={**old.attributes, **new.attributes},
    )


def checked_for(
    dataset: Dataset, sample: Sample, annotation: Annotation
) -> tuple[Annotation, Sequence[Remark]]:
    """Return the annotation as the sample can take it.

    Raises:
        InvalidAnnotationError: a rule is broken that cannot be mended.
    """
    content = dataset.kind.content
    try:
        return checked_annotation(
            annotation,
            dataset.kind,
            width=sample.width,
            height=sample.height,
            text=sample.texts[0] if content is Content.TEXT and sample.texts else None,
            tokens=sample.texts if content is Content.TOKENS else None,
            tag_scheme=dataset.tag_scheme,
        )
    except AnnotationError as error:
        raise InvalidAnnotationError(reason=error.reason, message=str(error)) from error


def applied(
    key: VersionKey, edit: Edit, user_id: int, store: AnnotationStore, *, create_labels: bool = True
) -> Sample:
    """Apply a person's edit of one sample and return the sample.

    Raises:
        AnnotationConflictError: the sample is not at the edit's revision.
        SampleNotFoundError: the version has no such sample.
    """
    return _sample_of(_outcome(key, edit, user_id, store, create_labels=create_labels))


def _outcome(
    key: VersionKey, edit: Edit, user_id: int, store: AnnotationStore, *, create_labels: bool
) -> EditOutcome:
    author = Author.human(user_id)
    return store.apply_edits(key, [edit], author=author, during_import=None, create_labels=create_labels)[0]


def _sample_of(outcome: EditOutcome) -> Sample:
    if outcome.status is EditStatus.CONFLICT:
        raise outcome.conflict()
    if outcome.sample is None:
        raise SampleNotFoundError(sample_id=outcome.edit.sample_id)
    return outcome.sample
