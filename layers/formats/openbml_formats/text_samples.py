"""Records of texts: what every text format does with the texts and labels that it found."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from openbml_catalog.datasets import AnnotationForm, Content, DatasetKind, LabelRule
from openbml_formats.annotations import Annotation
from openbml_formats.entry_names import is_junk
from openbml_formats.label_names import adapted_label, checked_label
from openbml_formats.protocols import ReadSettings
from openbml_formats.records import AnnotationError, Problem, Record, Severity, SourceFormatError
from openbml_formats.sources import Member, Source
from openbml_formats.text_rules import TextError, are_clean, checked_text, checked_token

_CHECKED_LABELS_KEPT = 10_000


class Place(NamedTuple):
    """Where a sample stands; a file that is one sample has no line."""

    file: str
    line: int | None = None

    @property
    def name(self) -> str:
        return self.file if self.line is None else f"{self.file}:{self.line}"

    def problem(self, reason: str, message: str, severity: Severity = Severity.REJECTED) -> Problem:
        return Problem(file=self.file, line=self.line, reason=reason, message=message, severity=severity)


def text_record(
    texts: Sequence[str], annotation: Annotation | None, place: Place, kind: DatasetKind
) -> Iterator[Record | Problem]:
    """Yield the record of these texts and what was adapted in them, or why there is none."""
    checked: list[str] = []
    problems: list[Problem] = []
    if kind.content is Content.TOKENS and are_clean(texts):
        checked, texts = list(texts), ()
    for text in texts:
        try:
            result = checked_token(text) if kind.content is Content.TOKENS else checked_text(text, kind)
        except TextError as error:
            yield place.problem(error.reason, str(error))
            return
        checked.append(result.text)
        problems += [place.problem(note.reason, note.message, note.severity) for note in result.notes]
    yield from dict.fromkeys(problems)
    yield Record(
        name=place.name, texts=tuple(checked), annotation=annotation, file=place.file, line=place.line
    )


class LabelReader:
    """Makes annotations of the labels that a format found; one for each reading.

    `adapting` is for formats from elsewhere: names that the kind does not allow are adapted and told once for
    each name; else they are a fault of their sample.
    """

    def __init__(self, settings: ReadSettings, *, adapting: bool = False) -> None:
        self._kind = settings.kind
        self._adapting = adapting
        self._known: dict[str, str] = {}
        self.problems: list[Problem] = []

    def label(self, name: str, place: Place, rule: LabelRule | None = None) -> str:
        """Return the name as the dataset has it. Raises AnnotationError."""
        if (known := self._known.get(name)) is not None:
            return known
        rule = rule or self._kind.label_rule
        label = adapted_label(name, rule) if self._adapting else None
        if label is None:
            label = checked_label(name, rule)
        if label != name:
            message = f"the label {name[:60]!r} became {label!r}"
            self.problems.append(place.problem("label_renamed", message, Severity.CHANGED))
        if len(self._known) < _CHECKED_LABELS_KEPT:
            self._known[name] = label
        return label

    def told(self) -> Iterator[Problem]:
        """Yield what was adapted since the last call."""
        problems, self.problems = self.problems, []
        yield from problems

    def classes(self, names: Sequence[str], place: Place) -> Annotation:
        """Return the annotation of these labels; none is `unlabelled`. Raises AnnotationError."""
        labels = tuple(dict.fromkeys(self.label(name, place) for name in names))
        if len(labels) > 1 and not self._kind.several:
            raise AnnotationError("several_labels", f"has {len(labels)} labels where one is possible")
        return Annotation(labels=labels)


def separated_labels(columns: Sequence[str], kind: DatasetKind) -> Sequence[str]:
    """Return the labels in the columns behind a text; `/` separates labels of a multi-label kind."""
    if kind.annotation_form is AnnotationForm.CLASSES and kind.several:
        columns = [part for column in columns for part in column.split("/")]
    return [label for column in columns if (label := column.strip())]


def split_pair(columns: Sequence[str], kind: DatasetKind) -> tuple[Sequence[str], Sequence[str]]:
    """Return the texts of a line's columns and what follows them."""
    count = 2 if kind.annotation_form is AnnotationForm.SIMILARITY else 1
    return columns[:count], columns[count:]


def labelled_record(
    columns: Sequence[str], place: Place, settings: ReadSettings, labels: LabelReader
) -> Iterator[Record | Problem]:
    """Yield the record of a row of texts and labels: one text or two, then labels, which may be missing."""
    texts, rest = split_pair(columns, settings.kind)
    if settings.kind.annotation_form is AnnotationForm.SIMILARITY and len(texts) < 2:
        yield place.problem("column_count", "a pair needs two texts with a tab between them")
        return
    annotation: Annotation | None = None
    if settings.labelled:
        try:
            annotation = labels.classes(separated_labels(rest, settings.kind), place)
        except AnnotationError as error:
            yield place.problem(error.reason, str(error))
            return
    yield from labels.told()
    yield from text_record(texts, annotation, place, settings.kind)


def files_of(source: Source, suffixes: Sequence[str], *, what: str) -> tuple[list[Member], list[Problem]]:
    """Return the files that end so, and the others as problems.

    Raises:
        SourceFormatError: there is none.
    """
    fitting: list[Member] = []
    others: list[Problem] = []
    for member in source.members():
        if is_litter(member.name):
            continue
        if member.name.lower().endswith(tuple(suffixes)):
            fitting.append(member)
        else:
            message = f"is no {what}"
            others.append(
                Problem(file=member.name, reason="file_kind", message=message, severity=Severity.SKIPPED)
            )
    if not fitting:
        raise SourceFormatError(f"there is no {what} ({', '.join(suffixes)}) in the upload")
    return fitting, others


def is_litter(name: str) -> bool:
    """Say whether a member is a folder, or something that systems leave in archives."""
    return name.endswith("/") or is_junk(name)
