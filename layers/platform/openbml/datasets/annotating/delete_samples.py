"""Deleting one sample with its counts, claim and volume; a blob that is nobody's then goes a day later."""

from openbml.datasets.annotating.edits import AnnotationStore, Author, Edit, EditStatus
from openbml.datasets.datasets import VersionKey
from openbml.datasets.samples import SampleNotFoundError, SampleRepository


def delete_sample(
    key: VersionKey, sample_id: int, *, user_id: int, store: AnnotationStore, samples: SampleRepository
) -> None:
    """Delete a sample, whatever its annotation is by now.

    Raises:
        SampleNotFoundError: the version has no such sample.
        and what `AnnotationStore.apply_edits` raises.
    """
    samples.get(key, sample_id)
    edit = Edit(sample_id=sample_id, annotation=None)
    outcome = store.apply_edits(key, [edit], author=Author.human(user_id), during_import=None)[0]
    if outcome.status is EditStatus.MISSING:
        raise SampleNotFoundError(sample_id=sample_id)
