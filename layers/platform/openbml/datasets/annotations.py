"""Annotation files of image classification (spec 02 section 3.4)."""

import json
import re
from collections.abc import Sequence
from typing import Any

from openbml.core.errors import OpenBMLError
from openbml.datasets.limits import ANNOTATION_BYTES, LABEL_NAME_BYTES

_LABEL_NAME = re.compile(rf"[0-9A-Za-z_-]{{1,{LABEL_NAME_BYTES}}}")  # spec 02 sections 1.4, 3.4


class SampleRejectedError(OpenBMLError):
    """A sample breaks a rule; the others of its import go on. Details: reason (a code), message, file."""


def rejection(reason: str, message: str) -> SampleRejectedError:
    return SampleRejectedError(reason=reason, message=message)


def parsed_labels(data: bytes) -> Sequence[str]:
    """Return the label of a one-label annotation file, or nothing for an unlabelled image.

    Raises:
        SampleRejectedError: too large, not UTF-8 JSON, of another shape, a bad name, more than one label.
    """
    names = [_name(label) for label in _labels(data)]
    if len(names) > 1:
        raise rejection("several_labels", f"has {len(names)} labels; this dataset takes one per image")
    return names


def _labels(data: bytes) -> list[Any]:
    if len(data) > ANNOTATION_BYTES:
        raise rejection("annotation_size", f"is larger than {ANNOTATION_BYTES} bytes")
    try:
        document = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise rejection("annotation_json", "is not JSON in UTF-8") from error
    labels = document.get("labels") if isinstance(document, dict) else None
    if not isinstance(labels, list):
        raise rejection("annotation_shape", 'is not an object with a list "labels"')
    return labels


def _name(label: Any) -> str:
    name = label.get("name") if isinstance(label, dict) else None
    if not isinstance(name, str):
        raise rejection("annotation_shape", 'has a label without a text "name"')
    if not _LABEL_NAME.fullmatch(name):
        allowed = f"1 to {LABEL_NAME_BYTES} digits, letters, underscores and hyphens are possible"
        raise rejection("label_name", f"has the label {name[:60]!r}; {allowed}")
    return name
