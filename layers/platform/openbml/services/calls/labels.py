"""Names of what a model answered: what records are filtered by."""

import json
from collections.abc import Iterable
from typing import Any

MOST_LABELS = 10
_MOST_CHARACTERS = 128
_MOST_ANSWER_BYTES = 1_000_000


def labels_of(answer: bytes) -> tuple[str, ...]:
    """Return the different names of the results in their order, at most ten; none of an answer without any.

    Results are `results` (name, or tag of entities), rows of tables (label) and `labels` of scikit-learn and
    XGBoost (spec 08 sections 5-9).
    """
    if len(answer) > _MOST_ANSWER_BYTES:
        return ()
    try:
        document = json.loads(answer)
    except (ValueError, RecursionError):
        return ()
    return tuple(dict.fromkeys(_names(document)))[:MOST_LABELS] if isinstance(document, dict) else ()


def _names(document: dict[str, Any]) -> Iterable[str]:
    for member, fields in (("results", ("name", "tag")), ("batch_results", ("label",))):
        rows = document.get(member)
        for row in rows if isinstance(rows, list) else ():
            for field in fields:
                name = row.get(field) if isinstance(row, dict) else None
                if isinstance(name, str) and name:
                    yield name[:_MOST_CHARACTERS]
