"""What a format is: a reader of sources, a parser of sidecars, a writer of archives."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from pydantic import BaseModel, ConfigDict, Field

from openbml_catalog.datasets import DatasetKind
from openbml_formats.annotations import Annotation
from openbml_formats.records import ExportSample, Picture, Problem, Record
from openbml_formats.sources import Source
from openbml_formats.tag_schemes import TagScheme


class ReadSettings(BaseModel):
    """What the dataset and the importer's choices say about a source.

    Attributes:
        kind: of the dataset that takes the samples.
        labelled: whether annotations are wanted; an unlabelled import leaves them out.
        label_map: of a dataset of sequences that has one: labels unknown to it are filtered out.
    """

    model_config = ConfigDict(frozen=True)

    kind: DatasetKind
    labelled: bool = True
    tag_scheme: TagScheme | None = None
    label_map: Mapping[str, int] | None = None


class Shared(BaseModel):
    """What sidecars of one source need beside themselves: YOLO's class names, for one."""

    model_config = ConfigDict(frozen=True)

    class_names: Sequence[str] = ()
    settings: ReadSettings | None = None


class Reader(Protocol):
    """Reads one format; memory does not grow with the source but for names and what a central file says."""

    def records(self, source: Source, settings: ReadSettings) -> Iterator[Record | Problem]:
        """Yield samples in the order of the source, and what is none, each with its reason.

        Raises:
            SourceFormatError: the source as a whole does not follow the format; NameMismatchError where files
                have no partner.
        """


class SidecarReader(Reader, Protocol):
    """A format with an annotation file for each image."""

    def shared(self, source: Source, settings: ReadSettings) -> Shared: ...

    def annotation(self, data: bytes, picture: Picture, shared: Shared) -> Annotation:
        """Raises AnnotationError."""


class ExportInfo(BaseModel):
    """What a writer knows of the dataset as a whole."""

    model_config = ConfigDict(frozen=True)

    dataset_name: str
    version_number: int
    kind: DatasetKind
    labels: Sequence[str]
    tag_scheme: TagScheme | None = None
    label_map: Mapping[str, int] = Field(default_factory=dict)


class Archive(Protocol):
    """A zip being written; names are unique, `add` writes a whole file, in the order of the calls."""

    def add(self, name: str, data: bytes) -> None: ...

    def add_from(self, name: str, parts: Iterable[bytes]) -> None:
        """Write a file piece by piece, for what should not be held in memory at once."""


class Writer(Protocol):
    def write(self, info: ExportInfo, samples: Iterable[ExportSample], archive: Archive) -> None:
        """Write all samples; unlabelled ones too, without annotation."""
