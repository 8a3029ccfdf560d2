"""What readers find and writers take: one sample, before any content is judged."""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from openbml_formats.annotations import Annotation


class Severity(StrEnum):
    """What became of what a problem is about; each has its own count in an import's report."""

    REJECTED = "rejected"  # a sample that was not taken
    SKIPPED = "skipped"  # a file or line that is no sample
    CUT = "cut"  # taken, shortened
    DUPLICATE = "duplicate"  # there already, or replaced by a later one
    CHANGED = "changed"  # taken, with something adapted: a renamed label, a clipped box
    IGNORED = "ignored"  # sound, but over the limit of data volume


class Problem(BaseModel):
    """Something a reader or an import could not take as it was; line numbers start at 1."""

    model_config = ConfigDict(frozen=True)

    file: str
    reason: str = Field(pattern=r"^[a-z0-9_]+$")
    message: str
    line: int | None = None
    severity: Severity = Severity.REJECTED


class Record(BaseModel):
    """One sample as its source tells it.

    Attributes:
        name: what people see it by, unique within its source: a member's name, or `file:line`.
        member: the file with its content (image, sound); None where `texts` is the content.
        texts: one text, two of a pair, or the tokens of a sentence.
        annotation: None says nothing; an empty one says `unlabelled`.
        sidecar: the file with its annotation, to be parsed when the image's size is known.
        embedded: the file that holds the image inside it, where there is no member (LabelMe's `imageData`;
            `labelme_json.embedded_image` takes it out).
    """

    model_config = ConfigDict(frozen=True)

    name: str
    member: str | None = None
    texts: tuple[str, ...] = ()
    annotation: Annotation | None = None
    sidecar: str | None = None
    embedded: str | None = None
    file: str = ""
    line: int | None = None


class SourceFormatError(Exception):
    """The source as a whole does not follow the format; the message tells the user what to mend.

    `reason` is an import's failure reason: `archive_format`, `encoding`, `tag_scheme`, `schema`.
    """

    def __init__(self, message: str, *, reason: str = "archive_format") -> None:
        super().__init__(message)
        self.reason = reason


class NameMismatchError(SourceFormatError):
    """Image and annotation names do not match; `problems` name the files."""

    def __init__(self, message: str, problems: Sequence[Problem]) -> None:
        super().__init__(message, reason="name_mismatch")
        self.problems = problems


class AnnotationError(Exception):
    """One sample's annotation cannot be taken; `reason` is a report's code."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Picture(NamedTuple):
    """What is known of an image when its sidecar is parsed; sizes as a person sees them."""

    name: str
    width: int
    height: int


class ExportSample(NamedTuple):
    """One sample on its way out; `content` reads its file and is called at most once."""

    sample_id: int
    name: str
    texts: tuple[str, ...]
    annotation: Annotation
    extension: str
    width: int
    height: int
    size_bytes: int
    content: Callable[[], bytes]
