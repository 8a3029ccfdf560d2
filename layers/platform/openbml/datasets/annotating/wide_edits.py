"""Edits of more labels than one transaction can count: they go through annotations on the way."""

from collections.abc import Callable, Set

from openbml.datasets.annotating.edit_effects import Change
from openbml.datasets.annotating.edits import Edit, EditTooWideError
from openbml_formats.annotations import Annotation


def narrower(change: Change, before: Annotation, *, most_labels: int) -> Edit:
    """Return an edit that brings a part of the labels to where the change wants them.

    Each step is whole by itself, with its own revision and history; who is stopped half-way has lost nothing.

    Raises:
        EditTooWideError: tags cannot be changed label by label.
    """
    old = change.before.label_counts
    new = change.after.label_counts if change.after else {}
    after = change.after.annotation if change.after and change.after.annotation else Annotation()
    if before.tags or after.tags:
        raise EditTooWideError(sample_id=change.before.sample_id, most=most_labels)
    changed = sorted(name for name in {*old, *new} if old.get(name, 0) != new.get(name, 0))
    return Edit(
        sample_id=change.before.sample_id,
        annotation=_mixed(before, after, later=frozenset(changed[most_labels:])),
        expected_revision=change.before.annotation_revision,
    )


def _mixed(old: Annotation, new: Annotation, later: Set[str]) -> Annotation:
    """Return the new annotation, but of the labels in `later` what the old one says."""
    kept = _filtered(old, lambda name: name in later)
    come = _filtered(new, lambda name: name not in later)
    return Annotation(
        labels=come.labels + kept.labels,
        regions=come.regions + kept.regions,
        spans=come.spans + kept.spans,
        attributes=new.attributes,
    )


def _filtered(annotation: Annotation, wanted: Callable[[str], bool]) -> Annotation:
    return Annotation(
        labels=tuple(name for name in annotation.labels if wanted(name)),
        regions=tuple(region for region in annotation.regions if wanted(region.label)),
        spans=tuple(span for span in annotation.spans if wanted(span.label)),
    )
