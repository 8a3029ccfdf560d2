"""Tagged sentences: what every format of sequence labelling checks (spec 02 section 4.4)."""

from collections.abc import Iterator, Sequence

from openbml_catalog.datasets import LabelRule
from openbml_formats.annotations import Annotation
from openbml_formats.label_names import checked_label
from openbml_formats.protocols import ReadSettings
from openbml_formats.records import AnnotationError, Problem, Record, SourceFormatError
from openbml_formats.tag_schemes import entity_type, illegal_tag
from openbml_formats.text_samples import Place, text_record

SENTENCE_TOKENS = 10_000


class SentenceReader:
    """Checks sentences under a dataset's scheme and, once it has one, its label map.

    Without a label map the import is the dataset's first: a sentence that is not right makes it fail as a
    whole. With one, sentences that are not right are filtered out.
    """

    def __init__(self, settings: ReadSettings) -> None:
        self._settings = settings
        self._legal_labels: set[str] = set()

    def record(
        self, tokens: Sequence[str], tags: Sequence[str], place: Place, known: frozenset[str] | None
    ) -> Iterator[Record | Problem]:
        """Yield the sentence's record, or why there is none.

        Args:
            known: labels that may occur: those of the source's own map in a first import.

        Raises:
            SourceFormatError: in a first import, for a sentence that is not right.
        """
        if self._settings.label_map is not None:
            known = frozenset(self._settings.label_map)
        try:
            self._check(tokens, tags, known)
        except AnnotationError as error:
            if self._settings.label_map is None:
                reason = "tag_scheme" if error.reason == "tag_illegal" else "archive_format"
                raise SourceFormatError(f"{place.name}: {error}", reason=reason) from error
            yield place.problem(error.reason, str(error))
            return
        annotation = Annotation(tags=tuple(tags)) if self._settings.labelled else None
        yield from text_record(tokens, annotation, place, self._settings.kind)

    def _check(self, tokens: Sequence[str], tags: Sequence[str], known: frozenset[str] | None) -> None:
        if len(tokens) != len(tags):
            raise AnnotationError("tag_count", f"has {len(tokens)} tokens and {len(tags)} labels")
        if len(tokens) > SENTENCE_TOKENS:
            raise AnnotationError("sentence_length", f"has more than {SENTENCE_TOKENS} tokens")
        if known is not None and (unknown := next((tag for tag in tags if tag not in known), None)):
            raise AnnotationError("unknown_label", f"the label {unknown[:60]!r} is not in label_map.json")
        if self._settings.tag_scheme is not None:
            fault = illegal_tag(tags, self._settings.tag_scheme)
            if fault:
                raise AnnotationError("tag_illegal", fault)
        self._check_names(set(tags) - self._legal_labels)

    def _check_names(self, tags: set[str]) -> None:
        for tag in tags:
            if name := entity_type(tag):
                checked_label(name, LabelRule.TEXT)
            self._legal_labels.add(tag)
