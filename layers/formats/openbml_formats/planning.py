"""Plans of imports: what a source holds, made unique, within the volume, and cut into shards.

Functions and data jobs plan alike; they differ in where they read and in how a shard is stored.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Protocol, cast

from pydantic import BaseModel, ConfigDict, Field

from openbml_catalog.datasets import Content
from openbml_formats.annotations import Annotation
from openbml_formats.limits import EMBEDDED_BYTES
from openbml_formats.planned import ArchiveEntry, KnownContent, PlannedSample, StoredFile
from openbml_formats.protocols import Reader, ReadSettings, Shared, SidecarReader
from openbml_formats.readers import reader_of
from openbml_formats.records import Problem, Record, Severity
from openbml_formats.sources import Source
from openbml_formats.tag_schemes import OUTSIDE

MIB = 1024 * 1024
SHARD_SAMPLES = 1_000
SHARD_BYTES = 32 * MIB
CONTENT_BYTES = 4 * MIB  # larger images and sounds are never read
_HELD = 20_000  # samples of text; what is more is read twice
_BYTES_PER_NUMBER = 32  # what a coordinate takes in a worker's memory

Found = Iterator[PlannedSample | Problem]


class LocatedSource(Source, Protocol):
    """A source that tells where its files lie, so that workers can read them."""

    def content(self, name: str) -> ArchiveEntry | StoredFile: ...


class PlanOutput(Protocol):
    """Where a plan goes; a repeat of the same plan overwrites it with the same."""

    def shard(self, index: int, samples: Sequence[PlannedSample]) -> None: ...

    def shared(self, shared: Shared) -> None:
        """Keep what the annotation files of all samples need beside themselves."""

    def problem(self, problem: Problem) -> None: ...


class PlanLimits(BaseModel):
    """How many samples can be taken, and whether of equal texts only the last is (spec 02 section 4.6)."""

    model_config = ConfigDict(frozen=True)

    room: int
    unique_texts: bool = False


class PlanSummary(BaseModel):
    """How large a plan is: `entries` samples in `shards` shards.

    Attributes:
        label_map: of sequences whose dataset has none yet.
    """

    model_config = ConfigDict(frozen=True)

    entries: int = 0
    shards: int = 0
    label_map: Mapping[str, int] = Field(default_factory=dict)


class LabelMapReader(Reader, Protocol):
    """A format of sequences that brings its own map of labels."""

    def label_map(self, source: Source) -> Mapping[str, int]:
        """Raises SourceFormatError."""


def plan_upload(
    format_code: str,
    source: LocatedSource,
    settings: ReadSettings,
    limits: PlanLimits,
    output: PlanOutput,
) -> PlanSummary:
    """Read files of a format and write the plan of what they hold.

    Raises:
        SourceFormatError: they do not follow the format as a whole.
    """
    reader = reader_of(format_code)
    if hasattr(reader, "shared"):
        output.shared(cast(SidecarReader, reader).shared(source, settings))
    tags = TagCollector()
    summary = write_plan(
        lambda: tags.watched(located(reader.records(source, settings), source)), limits, output
    )
    if settings.kind.content is not Content.TOKENS or settings.label_map is not None:
        return summary
    own = cast(LabelMapReader, reader).label_map(source) if hasattr(reader, "label_map") else None
    return summary.model_copy(update={"label_map": own or tags.label_map()})


class TagCollector:
    """Learns the tags of samples that pass by, for formats that have no map of them."""

    def __init__(self) -> None:
        self._tags: dict[str, None] = {}

    def watched(self, found: Found) -> Found:
        for sample in found:
            if isinstance(sample, PlannedSample) and sample.annotation is not None:
                self._tags.update(dict.fromkeys(sample.annotation.tags))
            yield sample

    def label_map(self) -> Mapping[str, int]:
        """Return the tags numbered as they came, `O` at the end."""
        ordered = [tag for tag in self._tags if tag != OUTSIDE] + [OUTSIDE]
        return {tag: index for index, tag in enumerate(ordered)}


def located(records: Iterable[Record | Problem], source: LocatedSource) -> Found:
    """Yield the samples of a reader with the places of their files."""
    for record in records:
        if isinstance(record, Problem):
            yield record
            continue
        yield PlannedSample(
            name=record.name,
            texts=record.texts,
            content=source.content(record.member) if record.member is not None else None,
            annotation=record.annotation,
            sidecar=source.content(record.sidecar) if record.sidecar is not None else None,
            file=record.file,
            line=record.line,
        )


def write_plan(found: Callable[[], Found], limits: PlanLimits, output: PlanOutput) -> PlanSummary:
    """Write what is found as shards, and what becomes no sample as problems.

    Args:
        found: yields the same samples in the same order each time it is called; once more where many texts
            must be unique.
    """
    last, held = _last_places(found()) if limits.unique_texts else (None, None)
    entries, shards = 0, 0
    shard, weight = list[PlannedSample](), 0
    for place, sample in enumerate(found() if held is None else held):
        if isinstance(sample, Problem):
            output.problem(sample)
        elif last is not None and last.get(_digest(sample.texts)) != place:
            output.problem(_repeated(sample))
        elif entries >= limits.room:
            output.problem(_excess(sample))
        else:
            more = weight_of(sample)
            if shard and (len(shard) == SHARD_SAMPLES or weight + more > SHARD_BYTES):
                output.shard(shards, shard)
                shard, weight, shards = [], 0, shards + 1
            shard.append(sample)
            weight += more
            entries += 1
    if shard:
        output.shard(shards, shard)
        shards += 1
    return PlanSummary(entries=entries, shards=shards)


def weight_of(sample: PlannedSample) -> int:
    """Return about how many bytes a worker holds for a sample."""
    texts = sum(len(text) for text in sample.texts)
    return (
        _content_weight(sample.content, CONTENT_BYTES)
        + _content_weight(sample.sidecar, EMBEDDED_BYTES)
        + texts
        + (_annotation_weight(sample.annotation) if sample.annotation else 0)
    )


def is_readable(content: ArchiveEntry | StoredFile, limit: int) -> bool:
    """Return whether a file is small enough, by its own figures, to be read at all."""
    packed = content.compressed_size if isinstance(content, ArchiveEntry) else content.size
    return max(content.size, packed) <= limit


def _content_weight(content: ArchiveEntry | StoredFile | KnownContent | None, limit: int) -> int:
    if content is None or isinstance(content, KnownContent) or not is_readable(content, limit):
        return 0
    return max(content.size, content.compressed_size) if isinstance(content, ArchiveEntry) else content.size


def _annotation_weight(annotation: Annotation) -> int:
    numbers = len(annotation.tags) + 4 * len(annotation.spans)
    for region in annotation.regions:
        numbers += 8 + sum(2 * len(ring) for ring in region.polygons)
        numbers += len(region.mask.counts) if region.mask else 0
    return _BYTES_PER_NUMBER * numbers


def _last_places(found: Found) -> tuple[dict[bytes, int], list[PlannedSample | Problem] | None]:
    """Return where each text stands last, and all that was found if it is little enough to be held."""
    places: dict[bytes, int] = {}
    held: list[PlannedSample | Problem] | None = []
    for place, sample in enumerate(found):
        if isinstance(sample, PlannedSample):
            places[_digest(sample.texts)] = place
        if held is not None:
            held.append(sample)
            if len(held) > _HELD:
                held = None
    return places, held


def _digest(texts: Sequence[str]) -> bytes:
    return hashlib.blake2b(json.dumps(texts).encode(), digest_size=16).digest()


def _repeated(sample: PlannedSample) -> Problem:
    return Problem(
        file=sample.file or sample.name,
        line=sample.line,
        reason="duplicate",
        message="stands again further on in the same import; the last one counts",
        severity=Severity.DUPLICATE,
    )


def _excess(sample: PlannedSample) -> Problem:
    return Problem(
        file=sample.file or sample.name,
        line=sample.line,
        reason="ignored_volume",
        message="is over the limit of data volume",
        severity=Severity.IGNORED,
    )
