"""What an import reads its plan from: its archive or files in storage, or another dataset version."""

from collections.abc import Iterator, Sequence
from typing import IO, NamedTuple, cast

from openbml.core.errors import OpenBMLError
from openbml.datasets.datasets import VersionKey
from openbml.datasets.importing.data_imports import DataImport, FailureReason
from openbml.datasets.importing.file_rules import is_archive_upload
from openbml.datasets.importing.inputs import SourceVersion, Take
from openbml.datasets.importing.range_reader import RangeReader
from openbml.datasets.limits import PLAN_CENTRAL_BYTES, PLAN_TEXT_BYTES, PLAN_WORKBOOK_BYTES
from openbml.datasets.samples import Sample, SampleRepository
from openbml.datasets.stored_objects import ObjectMissingError, ObjectStore
from openbml_catalog.datasets import Content
from openbml_formats.annotations import Annotation
from openbml_formats.loose_files import LooseFile, LooseFiles
from openbml_formats.planned import KnownContent, PlannedSample
from openbml_formats.planning import LocatedSource
from openbml_formats.records import Problem
from openbml_formats.sources import Member
from openbml_formats.zip_directory import read_directory
from openbml_formats.zip_source import ReadRange, ZipSource, litter

_CENTRAL_SUFFIXES = (".json", ".jsonl", ".xml", ".txt", ".tsv", ".csv", ".conll")
_TEXTS = (Content.TEXT, Content.PAIR, Content.TOKENS)


class PlanRefusedError(OpenBMLError):
    """The import as a whole is not taken; details: reason (FailureReason), message."""


class OpenedUpload(NamedTuple):
    """What was uploaded, as readers see it; `skipped` are files that operating systems left there."""

    source: LocatedSource
    skipped: Sequence[Problem]


def refused(reason: FailureReason, message: str) -> PlanRefusedError:
    return PlanRefusedError(reason=reason, message=message)


def opened_upload(data_import: DataImport, archives: ObjectStore) -> OpenedUpload:
    """Return the import's files.

    Raises:
        PlanRefusedError: a file is gone.
        SourceFormatError: the archive cannot be trusted.
    """
    chosen = data_import.data_format
    if chosen is None:
        raise refused(FailureReason.INTERNAL, f"There is no format {data_import.format!r} any more.")
    if is_archive_upload(chosen, [file.name for file in data_import.files]):
        return _opened_archive(data_import, archives)
    files = [
        LooseFile(file.name, data_import.file_key(index), _size(archives, data_import.file_key(index)))
        for index, file in enumerate(data_import.files)
    ]
    return OpenedUpload(LooseFiles(files, archives.read_range), [])


def _opened_archive(data_import: DataImport, archives: ObjectStore) -> OpenedUpload:
    key = data_import.file_key(0)
    size = _size(archives, key)
    directory = read_directory(cast(IO[bytes], RangeReader(archives, key, size)), size)
    source = ZipSource(directory, _range_of(data_import, archives, key, size))
    return OpenedUpload(source, [litter(name) for name in directory.ignored])


def _range_of(data_import: DataImport, archives: ObjectStore, key: str, size: int) -> ReadRange:
    """Return how ranges are read: texts lie in thousands of small files, so that their archive is held."""
    if data_import.content in _TEXTS and size <= PLAN_TEXT_BYTES:
        body = archives.read(key)
        return lambda start, end: body[start:end]
    return lambda start, end: archives.read_range(key, start, end)


def is_too_large(data_import: DataImport, members: Sequence[Member]) -> bool:
    """Return whether a data job has to read the files: a function has neither the time nor the memory."""
    if data_import.content in _TEXTS:
        packed = data_import.size_bytes
        if max(packed, sum(size for _, size in members)) > PLAN_TEXT_BYTES:
            return True
    return any(
        size > (PLAN_WORKBOOK_BYTES if name.lower().endswith(".xlsx") else PLAN_CENTRAL_BYTES)
        for name, size in members
        if name.lower().endswith((*_CENTRAL_SUFFIXES, ".xlsx"))
    )


def samples_of_version(
    source: VersionKey, wanted: SourceVersion, samples: SampleRepository
) -> Iterator[PlannedSample | Problem]:
    """Yield what is taken of another version, in its order, with contents by reference."""
    for chunk in samples.chunks(source):
        for sample in sorted(samples.of_chunk(source.scope, chunk), key=lambda row: row.sample_id):
            planned = _taken(source, sample, wanted, samples)
            if planned is not None:
                yield planned


def _taken(
    source: VersionKey, sample: Sample, wanted: SourceVersion, samples: SampleRepository
) -> PlannedSample | None:
    if wanted.take is Take.LABELLED and not sample.labelled:
        return None
    if wanted.take is Take.UNLABELLED and sample.labelled:
        return None
    if wanted.labels and not set(wanted.labels) & set(sample.label_counts):
        return None
    annotation = samples.annotation_of(source.scope, sample) if wanted.take.annotated else Annotation()
    return PlannedSample(
        name=sample.name,
        texts=sample.texts,
        content=None if sample.texts else _known(sample),
        annotation=_with_labels(annotation, wanted.labels) if wanted.labels else annotation,
        annotation_source=sample.annotation_source.value if wanted.take.annotated else "imported",
        file=sample.name,
    )


def _known(sample: Sample) -> KnownContent:
    return KnownContent(
        sha256=sample.sha256,
        size_bytes=sample.size_bytes,
        extension=sample.extension,
        width=sample.width,
        height=sample.height,
        duration_ms=sample.duration_ms,
    )


def _with_labels(annotation: Annotation, labels: Sequence[str]) -> Annotation:
    """Return the annotation with these labels only."""
    return annotation.model_copy(
        update={
            "labels": tuple(name for name in annotation.labels if name in labels),
            "regions": tuple(region for region in annotation.regions if region.label in labels),
            "spans": tuple(span for span in annotation.spans if span.label in labels),
        }
    )


def _size(archives: ObjectStore, key: str) -> int:
    try:
        return archives.size(key)
    except ObjectMissingError as error:
        message = "The uploaded files have expired; upload them again."
        raise refused(FailureReason.INTERNAL, message) from error
