"""Samples: one image, text, sound … with its annotation, kept in chunks of up to a thousand.

A chunk is what one shard of an import writes. Its number is nobody else's in the project, so a sample id,
`chunk * 1024 + ordinal`, names a sample in the whole project.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from openbml.core.errors import InvalidRequestError, OpenBMLError
from openbml.core.scope import ProjectScope
from openbml.datasets.datasets import Position, VersionKey
from openbml_formats.annotations import Annotation

_ORDINAL_BITS = 10


class SampleNotFoundError(OpenBMLError):
    """The version has no such sample; details: sample_id."""


class AnnotationState(StrEnum):
    LABELLED = "labelled"
    UNLABELLED = "unlabelled"


class AnnotationSource(StrEnum):
    """How a sample came to its annotation."""

    IMPORTED = "imported"
    HUMAN = "human"
    SMART = "smart"


class Sample(BaseModel):
    """One sample; its content is the blob of its SHA-256, or its texts.

    Attributes:
        texts: one text, two of a pair, or the tokens of a sentence; empty where the content is a blob.
        annotation: None when it is so large that it is kept by itself: `SampleRepository.annotation_of`.
        label_counts: how often each label stands in the annotation.
        labelled: whether the annotation says anything.
        annotation_revision: grows with every change of the annotation.
        annotated_by: the user who did it, None for what was imported or made by a model.
        size_bytes: of the blob, or of the texts in UTF-8.
        operation_id: the bulk operation that wrote the annotation.
        edit_id: of the edit that wrote it, where that may come again.
    """

    model_config = ConfigDict(frozen=True)

    sample_id: int
    dataset_id: int
    version_number: int
    name: str
    sha256: str
    size_bytes: int
    texts: tuple[str, ...] = ()
    extension: str = ""
    width: int = 0
    height: int = 0
    duration_ms: int = 0
    import_id: int = 0
    added_at: AwareDatetime | None = None
    annotation: Annotation | None = Field(default=Annotation(), repr=False)
    label_counts: Mapping[str, int] = Field(default_factory=dict)
    labelled: bool = False
    annotation_revision: int = 1
    annotation_source: AnnotationSource = AnnotationSource.IMPORTED
    annotated_by: int | None = None
    annotated_at: AwareDatetime | None = None
    operation_id: int | None = None
    edit_id: str | None = None

    @property
    def labels(self) -> Sequence[str]:
        return list(self.label_counts)

    def annotated(self, annotation: Annotation) -> "Sample":
        """Return the sample with an annotation and what is counted of it."""
        changes = {
            "annotation": annotation,
            "label_counts": annotation.label_counts(),
            "labelled": not annotation.is_empty,
        }
        return self.model_copy(update=changes)

    @property
    def chunk(self) -> int:
        return chunk_of(self.sample_id)

    @property
    def ordinal(self) -> int:
        return self.sample_id & ((1 << _ORDINAL_BITS) - 1)


def text_digest(texts: Sequence[str]) -> str:
    """Return what texts are duplicates by: exactly the same, in their order (spec 02 section 4.6)."""
    return hashlib.sha256(json.dumps(list(texts), ensure_ascii=False).encode()).hexdigest()


def sample_id_of(chunk: int, ordinal: int) -> int:
    return chunk << _ORDINAL_BITS | ordinal


def chunk_of(sample_id: int) -> int:
    return sample_id >> _ORDINAL_BITS


class Facet(BaseModel):
    """A list of samples that is kept as an index: all, those of a label, or of an annotation state."""

    model_config = ConfigDict(frozen=True)

    key: str

    @classmethod
    def everything(cls) -> "Facet":
        return cls(key="all")

    @classmethod
    def label(cls, name: str) -> "Facet":
        return cls(key=f"label/{name}")

    @classmethod
    def source(cls, source: AnnotationSource) -> "Facet":
        return cls(key=f"source/{source.value}")

    @classmethod
    def chosen(cls, label: str | None, state: AnnotationState | None) -> "Facet":
        """Return the list two filters ask for.

        Raises:
            InvalidRequestError: a label of the unlabelled.
        """
        if label is None:
            return cls.everything() if state is None else cls.state(state)
        if state is AnnotationState.UNLABELLED:
            raise InvalidRequestError(field="label", reason="unlabelled samples have no label")
        return cls.label(label)

    @classmethod
    def state(cls, state: AnnotationState) -> "Facet":
        return cls(key=f"state/{state.value}")


def facets_of(sample: Sample) -> Sequence[Facet]:
    if not sample.labelled:
        return [Facet.everything(), Facet.state(AnnotationState.UNLABELLED)]
    return [
        Facet.everything(),
        Facet.state(AnnotationState.LABELLED),
        Facet.source(sample.annotation_source),
        *(Facet.label(name) for name in sample.label_counts),
    ]


class Claim(BaseModel):
    """A sample's hold on its content: the first of a SHA-256 in a version is taken, later ones are copies.

    `stored` says whether the content is an object of its own, that a sweep could be at; texts are not.
    """

    model_config = ConfigDict(frozen=True)

    sha256: str
    sample_id: int
    import_id: int
    stored: bool = True


class SampleRepository(Protocol):
    def claim(self, key: VersionKey, claims: Sequence[Claim]) -> frozenset[int]:
        """Return the sample ids that hold their content now; repeating a claim is harmless.

        A claim of an import that ended without committing its chunk is taken over. A content that was to be
        swept is kept from now on (`garbage.marks`).

        Raises:
            ContentBusyError: a sweep is at one of the contents in this moment; ask again later.
        """

    def release(self, key: VersionKey, samples: Sequence[Sample]) -> None:
        """Give up the claims that these samples hold; a repeat is harmless."""

    def holders(self, key: VersionKey, sha256s: Sequence[str]) -> Mapping[str, int]:
        """Return the sample ids that hold contents of the version; of contents it does not have, none."""

    def add_chunk(self, key: VersionKey, chunk: int, samples: Sequence[Sample]) -> None:
        """Write samples and index of one chunk; a repeat overwrites them with the same."""

    def add_samples(self, key: VersionKey, samples: Sequence[Sample]) -> None:
        """Write samples of a chunk whose index follows: nobody sees them before it is finished."""

    def add_index(self, key: VersionKey, chunk: int, samples: Sequence[Sample]) -> None:
        """Write the index of a chunk whose samples are there."""

    def page(
        self, key: VersionKey, facet: Facet, *, limit: int, position: Position | None
    ) -> tuple[Sequence[Sample], Position | None]:
        """In the order of import; only chunks whose shard is done."""

    def get(self, key: VersionKey, sample_id: int) -> Sample:
        """Raises SampleNotFoundError."""

    def annotation_of(self, scope: ProjectScope, sample: Sample) -> Annotation:
        """Return the sample's annotation, wherever it is kept."""

    def chunks(self, key: VersionKey) -> Sequence[int]:
        """Return the version's finished chunks."""

    def of_chunk(self, scope: ProjectScope, chunk: int) -> Sequence[Sample]:
        """Return all samples written to a chunk, finished or not."""

    def find(self, scope: ProjectScope, sample_ids: Iterable[int]) -> Mapping[int, Sample]:
        """Return samples by id, wherever they are in the project; unknown ones are left out."""

    def is_referenced(self, scope: ProjectScope, sha256: str) -> bool:
        """Return whether a version of the project holds the content."""

    def remove_chunk(self, key: VersionKey, chunk: int, samples: Sequence[Sample]) -> None:
        """Drop samples, their claims and index of a chunk; a repeat is harmless."""
