"""Adapter of `SampleSink`: samples of a dataset's version, by the rules that single samples have."""

from collections.abc import Sequence

from openbml.core.clock import Clock
from openbml.core.scope import ProjectScope
from openbml.datasets.adding.add_samples import add_sample
from openbml.datasets.adding.contents import (
    ContentRefusedError,
    NewContent,
    image_content,
    text_content,
)
from openbml.datasets.adding.intake import SampleIntake
from openbml.datasets.annotating.annotate import InvalidAnnotationError, append_annotation
from openbml.datasets.annotating.edits import AnnotationStore, LabelNotFoundError
from openbml.datasets.datasets import Dataset, DatasetRepository, VersionKey
from openbml.datasets.jobs.data_jobs import DataJobRepository
from openbml.datasets.jobs.exports import check_not_exporting
from openbml.datasets.rejections import SampleRejectedError
from openbml.datasets.samples import SampleRepository
from openbml.datasets.stored_objects import ObjectStore
from openbml.datasets.version_states import check_changeable
from openbml.services.calls.give_feedback import SampleUnfitError, Sent
from openbml_catalog.datasets import AnnotationForm, Content
from openbml_formats.annotations import Annotation

_LABELLED_FORMS = frozenset({AnnotationForm.CLASSES, AnnotationForm.SIMILARITY})


class VersionSamples:
    """Samples of one version, added in a user's name."""

    def __init__(
        self,
        key: VersionKey,
        *,
        user_id: int,
        datasets: DatasetRepository,
        samples: SampleRepository,
        intake: SampleIntake,
        annotations: AnnotationStore,
        jobs: DataJobRepository,
        data: ObjectStore,
        now: Clock,
    ) -> None:
        self._key = key
        self._user_id = user_id
        self._datasets = datasets
        self._samples = samples
        self._intake = intake
        self._annotations = annotations
        self._jobs = jobs
        self._data = data
        self._now = now

    def check(self) -> None:
        """Raises what the version's state forbids, before anything is read or written."""
        self._datasets.get(self._key.scope, self._key.dataset_id)
        check_changeable(self._datasets.version(self._key))
        check_not_exporting(self._key, jobs=self._jobs)

    def add(self, sent: Sent, labels: Sequence[str]) -> tuple[int, bool, bool]:
        dataset = self._datasets.get(self._key.scope, self._key.dataset_id)
        added = add_sample(
            dataset,
            self._key,
            _content(sent, dataset),
            user_id=self._user_id,
            datasets=self._datasets,
            samples=self._samples,
            intake=self._intake,
            data=self._data,
            now=self._now,
        )
        sample_id = added.sample.sample_id
        return sample_id, added.existed, self._labelled(dataset, sample_id, labels)

    def _labelled(self, dataset: Dataset, sample_id: int, labels: Sequence[str]) -> bool:
        """Label the sample, where its kind labels whole samples; a label that it cannot take is left out."""
        kind = dataset.kind
        if not labels or not kind.online_annotation or kind.annotation_form not in _LABELLED_FORMS:
            return False
        given = tuple(labels) if kind.several else tuple(labels[:1])
        try:
            append_annotation(
                self._key,
                sample_id,
                Annotation(labels=given),
                user_id=self._user_id,
                datasets=self._datasets,
                samples=self._samples,
                store=self._annotations,
            )
        except (InvalidAnnotationError, LabelNotFoundError):
            return False
        return True


def _content(sent: Sent, dataset: Dataset) -> NewContent:
    """Raises SampleUnfitError."""
    wanted = dataset.kind.content
    fits = (wanted is Content.IMAGE) if sent.picture else wanted in (Content.TEXT, Content.PAIR)
    if not fits:
        raise SampleUnfitError(reason=f"a dataset of {dataset.kind.code} takes no such content")
    try:
        return image_content(sent.picture) if sent.picture else text_content(sent.texts, dataset)
    except (SampleRejectedError, ContentRefusedError) as error:
        raise SampleUnfitError(reason=str(error.details.get("message", "refused"))) from error


def version_key(scope: ProjectScope, dataset_id: int, version_number: int) -> VersionKey:
    return VersionKey(scope=scope, dataset_id=dataset_id, version_number=version_number)
