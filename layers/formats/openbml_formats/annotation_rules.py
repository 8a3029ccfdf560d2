"""What an annotation of a kind of dataset may hold: imports, operations and the data API all ask here."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from openbml_catalog.datasets import AnnotationForm, DatasetKind
from openbml_formats.annotations import Annotation, Region
from openbml_formats.label_names import adapted_label, checked_label
from openbml_formats.records import AnnotationError, Problem, Severity
from openbml_formats.region_rules import check_region_count, checked_region
from openbml_formats.tag_schemes import TagScheme, entity_type, illegal_tag

_MEMBERS = {
    AnnotationForm.CLASSES: "labels",
    AnnotationForm.SIMILARITY: "labels",
    AnnotationForm.BOXES: "regions",
    AnnotationForm.POLYGONS: "regions",
    AnnotationForm.TEXT_REGIONS: "regions",
    AnnotationForm.SPANS: "spans",
    AnnotationForm.TAGS: "tags",
    AnnotationForm.NONE: "",
}


class Remark(NamedTuple):
    """Something that was adapted in an annotation that was taken; a report's row once its file is known."""

    reason: str
    message: str
    severity: Severity = Severity.CHANGED

    def about(self, file: str, line: int | None = None) -> Problem:
        return Problem(file=file, line=line, reason=self.reason, message=self.message, severity=self.severity)


def checked_annotation(
    annotation: Annotation,
    kind: DatasetKind,
    *,
    width: int = 0,
    height: int = 0,
    text: str | None = None,
    tokens: Sequence[str] | None = None,
    tag_scheme: TagScheme | None = None,
    adapt_labels: bool = False,
) -> tuple[Annotation, list[Remark]]:
    """Return the annotation as the dataset keeps it, and what had to be adapted.

    Args:
        width, height: the image's; 0 leaves regions unmeasured.
        text: of the sample; None leaves spans unread.
        tokens: of the sentence; None leaves tags uncounted.
        adapt_labels: for formats that are not the manual's own (`DataFormat.ours`): names that the rule of
            the kind does not allow are adapted and told, not refused.

    Raises:
        AnnotationError: it holds what the kind has no place for, or breaks a rule that cannot be mended.
    """
    remarks: list[Remark] = []
    _check_members(annotation, kind)
    if adapt_labels:
        annotation = _with_adapted_labels(annotation, kind, remarks)
    _check_labels(annotation, kind)
    changes: dict[str, Any] = {}
    if annotation.labels:
        changes["labels"] = _classes(annotation.labels, kind)
    if annotation.regions:
        changes["regions"] = _regions(annotation.regions, kind, (width, height), remarks)
    if annotation.spans and text is not None:
        _check_spans(annotation, text)
    if annotation.tags:
        _check_tags(annotation.tags, tokens, tag_scheme)
    return annotation.model_copy(update=changes), remarks


def _check_members(annotation: Annotation, kind: DatasetKind) -> None:
    used = [name for name in ("labels", "regions", "spans", "tags") if getattr(annotation, name)]
    foreign = [name for name in used if name != _MEMBERS[kind.annotation_form]]
    if foreign:
        raise AnnotationError(
            "annotation_form", f"has {' and '.join(foreign)}; {kind.code} takes {_wanted(kind)}"
        )


def _wanted(kind: DatasetKind) -> str:
    return (
        kind.annotation_form.value.replace("_", " ") if _MEMBERS[kind.annotation_form] else "no annotations"
    )


def _classes(labels: Sequence[str], kind: DatasetKind) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(labels))
    if len(names) > 1 and not kind.several:
        raise AnnotationError("several_labels", f"has {len(names)} labels; this dataset takes one per sample")
    return names


def _check_labels(annotation: Annotation, kind: DatasetKind) -> None:
    names = {*annotation.labels, *(span.label for span in annotation.spans)}
    names |= {entity_type(tag) for tag in annotation.tags} - {""}
    unnamed = kind.annotation_form is AnnotationForm.TEXT_REGIONS
    names |= {region.label for region in annotation.regions if region.label or not unnamed}
    for name in sorted(names):
        checked_label(name, kind.label_rule)


def _with_adapted_labels(annotation: Annotation, kind: DatasetKind, remarks: list[Remark]) -> Annotation:
    names = [*annotation.labels, *(region.label for region in annotation.regions)]
    names += [span.label for span in annotation.spans]
    renamed: dict[str, str] = {}
    for name in dict.fromkeys(names):
        adapted = adapted_label(name, kind.label_rule) if name else None
        if adapted is not None and adapted != name:
            renamed[name] = adapted
            remarks.append(Remark("label_renamed", f"the label {name[:60]!r} was renamed to {adapted!r}"))
    return _renamed(annotation, renamed) if renamed else annotation


def _renamed(annotation: Annotation, names: Mapping[str, str]) -> Annotation:
    return annotation.model_copy(
        update={
            "labels": tuple(names.get(name, name) for name in annotation.labels),
            "regions": tuple(
                region.model_copy(update={"label": names.get(region.label, region.label)})
                for region in annotation.regions
            ),
            "spans": tuple(
                span.model_copy(update={"label": names.get(span.label, span.label)})
                for span in annotation.spans
            ),
        }
    )


def _regions(
    regions: Sequence[Region], kind: DatasetKind, size: tuple[int, int], remarks: list[Remark]
) -> tuple[Region, ...]:
    check_region_count(len(regions), kind)
    taken: list[Region] = []
    for place, region in enumerate(regions, start=1):
        named = f"region {place}" + (f" ({region.label!r})" if region.label else "")
        fitted, adapted = checked_region(region, kind.annotation_form, size, named)
        taken.append(fitted)
        remarks += [Remark(reason, message) for reason, message in adapted]
    return tuple(taken)


def _check_spans(annotation: Annotation, text: str) -> None:
    for span in annotation.spans:
        if not span.start < span.end <= len(text):
            raise AnnotationError(
                "span_range", f"has a span {span.start}-{span.end} in a text of {len(text)} characters"
            )
        if text[span.start : span.end] != span.text:
            raise AnnotationError(
                "span_text",
                f"has a span {span.start}-{span.end} that says {span.text[:40]!r}; "
                f"the text says {text[span.start : span.end][:40]!r}",
            )


def _check_tags(tags: Sequence[str], tokens: Sequence[str] | None, scheme: TagScheme | None) -> None:
    if tokens is not None and len(tags) != len(tokens):
        raise AnnotationError("tag_count", f"has {len(tokens)} tokens and {len(tags)} tags")
    fault = illegal_tag(tags, scheme) if scheme is not None else None
    if fault:
        raise AnnotationError("tag_illegal", fault)
