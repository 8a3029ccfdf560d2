"""Wrong examples of a report of any task, by label and kind of mistake (spec 03 section 2.14)."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

MistakeKind = Literal["false_positive", "missed"]
Example = Mapping[str, Any]

_PLACES: Mapping[MistakeKind, str] = {"false_positive": "false_positives", "missed": "missed"}
_PIXELS: Mapping[MistakeKind, str] = {"false_positive": "false_pixels", "missed": "missed_pixels"}


class ExamplesPage(BaseModel):
    """Some of the examples that match; `next_after` asks for what follows, null at the end."""

    model_config = ConfigDict(frozen=True)

    items: Sequence[Example]
    matching: int
    next_after: int | None


def examples_page(
    examples: Sequence[Any],
    *,
    label: str | None,
    kind: MistakeKind | None,
    after: int,
    limit: int,
    most_bytes: int,
) -> ExamplesPage:
    """Return the examples with a mistake of the label and kind, from the one after so many on.

    Args:
        most_bytes: of the items as JSON; one item is given in any case.
    """
    kinds: Sequence[MistakeKind] = [kind] if kind else ["false_positive", "missed"]
    known = [row for row in examples if isinstance(row, dict) and "sample_id" in row]
    is_filtered = label is not None or kind is not None
    matching = [row for row in known if not is_filtered or any(_has(row, one, label) for one in kinds)]
    items: list[Example] = []
    for row in matching[after : after + limit]:
        shown = _of_label(row, label)
        most_bytes -= len(json.dumps(shown))
        if most_bytes < 0 and items:
            break
        items.append(shown)
    following = after + len(items)
    return ExamplesPage(
        items=items, matching=len(matching), next_after=following if following < len(matching) else None
    )


def _has(row: Example, kind: MistakeKind, label: str | None) -> bool:
    """Tell whether an example of any task has such a mistake; which shape it has is the task's."""
    if isinstance(row.get("true"), str):  # one label an image: each mistake is one of both kinds
        return label is None or row.get("predicted" if kind == "false_positive" else "true") == label
    parts = row.get("per_label")
    if isinstance(parts, list):  # pixels
        return any(_is(part, label) and part.get(_PIXELS[kind], 0) > 0 for part in parts)
    rows = row.get(_PLACES[kind])
    return isinstance(rows, list) and any(_is(part, label) for part in rows)


def _is(part: Any, label: str | None) -> bool:
    return isinstance(part, dict) and (label is None or part.get("label") == label)


def _of_label(row: Example, label: str | None) -> Example:
    """Return a semantic example with the masks of the label alone, any other as it is."""
    parts = row.get("per_label")
    if label is None or not isinstance(parts, list):
        return row
    part = next(part for part in parts if _is(part, label))
    return {**row, **{name: part.get(name) for name in ("missed_mask", "false_mask")}}
