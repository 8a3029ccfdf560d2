"""Deleting samples: first out of the version with all counts, then what is left of them, safe to be repeated.

A blob that nothing in the project holds any more expires a day later: marked, looked at again, and unmarked
where an import has claimed it meanwhile; an import claims content before it stores it.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict

from openbml.core.clock import Clock
from openbml.core.scope import ProjectScope
from openbml.datasets.annotating.edits import AnnotationStore, Author, Edit, EditStatus
from openbml.datasets.datasets import VersionKey
from openbml.datasets.samples import SampleNotFoundError, SampleRepository, chunk_of
from openbml.datasets.stored_objects import ObjectStore, blob_key, thumbnail_key

_PATIENCE = timedelta(minutes=15)


class DeletedSample(BaseModel):
    """The note that a sample is gone but its rest (blob, history) may be there."""

    model_config = ConfigDict(frozen=True)

    scope: ProjectScope
    dataset_id: int
    version_number: int
    sample_id: int
    sha256: str
    is_blob: bool

    @property
    def version_key(self) -> VersionKey:
        return VersionKey(scope=self.scope, dataset_id=self.dataset_id, version_number=self.version_number)


class DeletedSampleRepository(Protocol):
    def of_chunk(self, scope: ProjectScope, chunk: int) -> Sequence[DeletedSample]: ...

    def since(self, deleted_before: AwareDatetime) -> Sequence[DeletedSample]:
        """Return what was deleted before that time and not swept, wherever."""

    def remove(self, sample: DeletedSample) -> None:
        """Drop history and note; a repeat is harmless."""


def delete_sample(
    key: VersionKey,
    sample_id: int,
    *,
    user_id: int,
    store: AnnotationStore,
    samples: SampleRepository,
    deleted: DeletedSampleRepository,
    data: ObjectStore,
) -> None:
    """Delete one sample, whatever its annotation is by now.

    Raises:
        SampleNotFoundError: the version has no such sample.
        and what `AnnotationStore.apply_edits` raises.
    """
    samples.get(key, sample_id)
    edit = Edit(sample_id=sample_id, annotation=None)
    outcome = store.apply_edits(key, [edit], author=Author.human(user_id), during_import=None)[0]
    if outcome.status is EditStatus.MISSING:
        raise SampleNotFoundError(sample_id=sample_id)
    sweep_samples(key.scope, chunk_of(sample_id), deleted=deleted, samples=samples, data=data)


def sweep_samples(
    scope: ProjectScope,
    chunk: int,
    *,
    deleted: DeletedSampleRepository,
    samples: SampleRepository,
    data: ObjectStore,
) -> None:
    """Clear away what is left of a chunk's deleted samples."""
    for sample in deleted.of_chunk(scope, chunk):
        sweep_sample(sample, deleted=deleted, samples=samples, data=data)


def sweep_forgotten(
    *, deleted: DeletedSampleRepository, samples: SampleRepository, data: ObjectStore, now: Clock
) -> int:
    """Clear away what whoever deleted the samples did not come to; return how many there were."""
    forgotten = deleted.since(now() - _PATIENCE)
    for sample in forgotten:
        sweep_sample(sample, deleted=deleted, samples=samples, data=data)
    return len(forgotten)


def sweep_sample(
    sample: DeletedSample, *, deleted: DeletedSampleRepository, samples: SampleRepository, data: ObjectStore
) -> None:
    if sample.is_blob and not _is_held(sample, samples):
        _mark(sample, data, unreferenced=True)
        if _is_held(sample, samples):
            _mark(sample, data, unreferenced=False)
    deleted.remove(sample)


def _is_held(sample: DeletedSample, samples: SampleRepository) -> bool:
    return samples.is_referenced(sample.scope, sample.sha256, besides=None)


def _mark(sample: DeletedSample, data: ObjectStore, *, unreferenced: bool) -> None:
    for key in (blob_key(sample.scope, sample.sha256), thumbnail_key(sample.scope, sample.sha256)):
        data.set_unreferenced(key, unreferenced=unreferenced)
