"""Adding one sample at once: killed anywhere, a repeat ends the same; the same content is added once."""

from typing import NamedTuple

from openbml.core.clock import Clock
from openbml.datasets.adding.contents import NewContent
from openbml.datasets.adding.intake import Place, SampleIntake
from openbml.datasets.datasets import Dataset, DatasetRepository, VersionKey
from openbml.datasets.samples import Sample, SampleRepository
from openbml.datasets.stored_objects import ObjectStore, blob_key, thumbnail_key
from openbml.datasets.version_states import check_changeable


class Added(NamedTuple):
    """The sample that has the content now, unlabelled when it is new."""

    sample: Sample
    existed: bool


def add_sample(
    dataset: Dataset,
    key: VersionKey,
    content: NewContent,
    *,
    user_id: int,
    datasets: DatasetRepository,
    samples: SampleRepository,
    intake: SampleIntake,
    data: ObjectStore,
    now: Clock,
) -> Added:
    """Add a sample without annotation; in a de-duplicated dataset, return the one with the same content.

    Raises:
        VersionBusyError, SmartLabellingRunningError, DatasetVersionNotFoundError: no changes now.
        VolumeTakenError, DatasetQuotaError: account, user or dataset hold all they may.
        ContentBusyError, DatasetContendedError: others are at the same in this moment; try again.
    """
    check_changeable(datasets.version(key))
    place: Place | None = None
    if dataset.deduplicated:
        held = intake.holder(key, content.sha256)
        existing = _sample_at(held, key, samples)
        if existing is not None:
            return Added(existing, existed=True)
        place = intake.hold(key, content.sha256, user_id=user_id)
        existing = _sample_at(place, key, samples)
        if existing is not None:
            return Added(existing, existed=True)
    else:
        place = intake.reserve(key, user_id=user_id)
    _store(key, content, data)
    sample = _new_sample(key, place, content, now)
    written = intake.enter(dataset, sample, claimed=dataset.deduplicated, user_id=user_id)
    return Added(sample, existed=not written)


def _sample_at(place: Place | None, key: VersionKey, samples: SampleRepository) -> Sample | None:
    if place is None:
        return None
    return samples.find(key.scope, [place.sample_id]).get(place.sample_id)


def _store(key: VersionKey, content: NewContent, data: ObjectStore) -> None:
    if content.image is None:
        return
    data.put(
        blob_key(key.scope, content.sha256),
        content.data,
        content_type=content.image.content_type,
        sha256=bytes.fromhex(content.sha256),
    )
    where = thumbnail_key(key.scope, content.sha256)
    data.put(where, content.image.thumbnail, content_type="image/jpeg")


def _new_sample(key: VersionKey, place: Place, content: NewContent, now: Clock) -> Sample:
    suffix = f".{content.extension}" if content.extension else ""
    return Sample(
        sample_id=place.sample_id,
        dataset_id=key.dataset_id,
        version_number=key.version_number,
        name=f"{place.sample_id}{suffix}",
        sha256=content.sha256,
        size_bytes=content.size_bytes,
        texts=content.texts,
        extension=content.extension,
        width=content.image.width if content.image else 0,
        height=content.image.height if content.image else 0,
        import_id=place.import_id,
        added_at=now(),
    )
