"""One sample of a shard before it is stored: read, judged by its content's and its kind's rules."""

import hashlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple, cast

from pydantic import AwareDatetime

from openbml.datasets.datasets import Dataset
from openbml.datasets.image_rules import checked_image, checked_sides
from openbml.datasets.importing.archive_blocks import BlockReader
from openbml.datasets.importing.data_imports import DataImport
from openbml.datasets.limits import IMAGE_BYTES, SOUND_BYTES
from openbml.datasets.rejections import SampleRejectedError, rejection
from openbml.datasets.samples import AnnotationSource, Sample, sample_id_of, text_digest
from openbml_catalog.datasets import Content
from openbml_formats.annotation_rules import checked_annotation
from openbml_formats.annotations import Annotation
from openbml_formats.labelme_json import embedded_image
from openbml_formats.limits import EMBEDDED_BYTES
from openbml_formats.planned import ArchiveEntry, KnownContent, PlannedSample, StoredFile
from openbml_formats.planning import CONTENT_BYTES, is_readable
from openbml_formats.protocols import Shared, SidecarReader
from openbml_formats.readers import reader_of
from openbml_formats.records import AnnotationError, Picture, Problem, Severity
from openbml_formats.sound_headers import checked_sound
from openbml_formats.sources import MemberUnreadableError

_SOUND_TYPES = {"wav": "audio/wav", "mp3": "audio/mpeg", "m4a": "audio/mp4"}


class Medium(NamedTuple):
    """What is known of a sample's content; `data` is None where the project holds it already."""

    sha256: str
    size_bytes: int
    data: bytes | None = None
    content_type: str = ""
    thumbnail: bytes | None = None
    extension: str = ""
    width: int = 0
    height: int = 0
    duration_ms: int = 0


class Candidate(NamedTuple):
    """A sound sample before its content is claimed; `problems` tell what was adapted."""

    planned: PlannedSample
    sample: Sample
    medium: Medium
    problems: Sequence[Problem]


class SampleJudge:
    """Makes candidates of a shard's planned samples; several threads may ask it at once."""

    def __init__(
        self, data_import: DataImport, dataset: Dataset, shared: Shared, blocks: BlockReader
    ) -> None:
        self._import = data_import
        self._dataset = dataset
        self._kind = dataset.kind
        self._shared = shared
        self._blocks = blocks
        chosen = data_import.data_format
        self._adapts_labels = chosen is not None and chosen.ours

    def judged(
        self, planned: Sequence[PlannedSample], chunk: int, first: int, at: AwareDatetime
    ) -> Sequence[Candidate | Problem]:
        """Return of each sample, numbered from `first` on, the candidate, or the row that tells why not."""
        judged: list[Candidate | Problem] = []
        for ordinal, sample in enumerate(planned, first):
            try:
                judged.append(self.candidate(sample, chunk, ordinal, at))
            except SampleRejectedError as error:
                judged.append(told(sample, error))
        return judged

    def candidate(self, planned: PlannedSample, chunk: int, ordinal: int, at: AwareDatetime) -> Candidate:
        """Raises SampleRejectedError: the sample breaks a rule."""
        medium = self._medium(planned)
        annotation = self._annotation(planned, medium)
        problems: list[Problem] = []
        if annotation is not None and not annotation.is_empty:
            annotation, problems = self._checked(planned, annotation, medium)
        if not self._kind.unlabelled_import and (annotation is None or annotation.is_empty):
            raise rejection("unlabelled", "has no annotation; this dataset takes labelled samples only")
        found = annotation or Annotation()
        sample = Sample(
            sample_id=sample_id_of(chunk, ordinal),
            dataset_id=self._dataset.dataset_id,
            version_number=self._import.version_number,
            name=planned.name,
            import_id=self._import.import_id,
            added_at=at,
            texts=planned.texts,
            width=medium.width,
            height=medium.height,
            duration_ms=medium.duration_ms,
            size_bytes=medium.size_bytes,
            sha256=medium.sha256,
            extension=medium.extension,
            annotation=found,
            label_counts=found.label_counts(),
            labelled=not found.is_empty,
            annotation_source=AnnotationSource(planned.annotation_source),
        )
        return Candidate(planned, sample, medium, problems)

    def _medium(self, planned: PlannedSample) -> Medium:
        if planned.content is None and self._kind.content is Content.IMAGE:
            return self._image(self._embedded(planned))
        if planned.content is None:
            texts = "".join(planned.texts).encode()
            return Medium(text_digest(planned.texts), len(texts))
        if isinstance(planned.content, KnownContent):
            return self._known(planned.content)
        if self._kind.content is Content.SOUND:
            return self._sound(self._read(planned.content, SOUND_BYTES, "sound_size"))
        return self._image(self._read(planned.content, IMAGE_BYTES, "image_size"))

    def _embedded(self, planned: PlannedSample) -> bytes:
        """Return the image that an annotation file holds inside it, as LabelMe's may."""
        if planned.sidecar is None:
            raise rejection("image_missing", "has no image")
        try:
            data = embedded_image(self._read(planned.sidecar, EMBEDDED_BYTES, "annotation_size"))
        except AnnotationError as error:
            raise rejection(error.reason, str(error)) from error
        if len(data) > IMAGE_BYTES:
            raise rejection("image_size", f"is larger than {IMAGE_BYTES} bytes")
        return data

    def _image(self, data: bytes) -> Medium:
        image = checked_image(data, any_ratio=self._kind.any_aspect_ratio)
        return Medium(
            sha256=hashlib.sha256(data).hexdigest(),
            size_bytes=len(data),
            data=data,
            content_type=image.content_type,
            thumbnail=image.thumbnail,
            extension=image.extension,
            width=image.width,
            height=image.height,
        )

    def _known(self, content: KnownContent) -> Medium:
        """Return content that the project holds; the rules of this kind may be narrower than its own."""
        if self._kind.content is Content.IMAGE:
            checked_sides(content.width, content.height, any_ratio=self._kind.any_aspect_ratio)
        return Medium(**content.model_dump())

    def _sound(self, data: bytes) -> Medium:
        try:
            facts = checked_sound(data, limit_s=self._kind.sound_limit_s)
        except AnnotationError as error:
            raise rejection(error.reason, str(error)) from error
        return Medium(
            sha256=hashlib.sha256(data).hexdigest(),
            size_bytes=len(data),
            data=data,
            content_type=_SOUND_TYPES[facts.extension],
            extension=facts.extension,
            duration_ms=facts.duration_ms,
        )

    def _annotation(self, planned: PlannedSample, medium: Medium) -> Annotation | None:
        if planned.annotation is not None or planned.sidecar is None:
            return planned.annotation
        name = _name_of(planned)
        try:
            data = self._read(planned.sidecar, EMBEDDED_BYTES, "annotation_size")
            reader = cast(SidecarReader, reader_of(self._import.format))
            return reader.annotation(data, Picture(planned.name, medium.width, medium.height), self._shared)
        except AnnotationError as error:
            raise SampleRejectedError(reason=error.reason, message=str(error), file=name) from error
        except SampleRejectedError as error:
            error.details.setdefault("file", name)
            raise

    def _checked(
        self, planned: PlannedSample, annotation: Annotation, medium: Medium
    ) -> tuple[Annotation, list[Problem]]:
        texts, content = planned.texts, self._kind.content
        try:
            checked, remarks = checked_annotation(
                annotation,
                self._kind,
                width=medium.width,
                height=medium.height,
                text=texts[0] if content is Content.TEXT and texts else None,
                tokens=texts if content is Content.TOKENS else None,
                tag_scheme=self._dataset.tag_scheme,
                adapt_labels=self._adapts_labels,
            )
        except AnnotationError as error:
            raise SampleRejectedError(
                reason=error.reason, message=str(error), file=_name_of(planned)
            ) from error
        return checked, [remark.about(_name_of(planned), planned.line) for remark in remarks]

    def _read(self, file: ArchiveEntry | StoredFile, limit: int, reason: str) -> bytes:
        if not is_readable(file, limit):
            raise rejection(reason, f"is larger than {limit} bytes")
        try:
            return self._blocks.read(file)
        except MemberUnreadableError as error:
            raise rejection("entry_damaged", f"is damaged in the upload: {error}") from error


def readable_files(planned: Sequence[PlannedSample]) -> Iterator[ArchiveEntry | StoredFile]:
    """Yield the files that a judge of these samples reads."""
    for sample in planned:
        if isinstance(sample.content, ArchiveEntry | StoredFile) and is_readable(
            sample.content, CONTENT_BYTES
        ):
            yield sample.content
        if sample.sidecar is not None and is_readable(sample.sidecar, EMBEDDED_BYTES):
            yield sample.sidecar


def told(planned: PlannedSample, error: SampleRejectedError) -> Problem:
    """Return a rejection as a row of the report."""
    details = error.details
    return Problem(
        file=details.get("file", planned.name if planned.line is None else planned.file),
        line=planned.line,
        reason=details["reason"],
        message=details["message"],
        severity=Severity.REJECTED,
    )


def _name_of(planned: PlannedSample) -> str:
    """Return the file that an annotation stands in."""
    return planned.file or planned.name
