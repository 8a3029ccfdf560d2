"""A request and an answer of each task, with the labels of a version."""

from collections.abc import Callable, Mapping
from typing import Any

from openbml.models.versions import ModelVersion

Example = tuple[Mapping[str, Any], Mapping[str, Any]]

_PICTURE = "/9j/4AAQSkZJRgABAQ…"
_SOUND = "UklGRiQAAABXQVZF…"
_BOX = {"left": 40.5, "top": 25.0, "width": 60.25, "height": 58.0}
_CORNERS = [{"x": 10, "y": 8}, {"x": 90, "y": 9}, {"x": 90, "y": 24}, {"x": 10, "y": 23}]


def task_example(version: ModelVersion) -> Example:
    """Return what a service of the version is asked and answers; tables have examples of their own."""
    example = _EXAMPLES.get(version.task_type)
    return example(version) if example else _picture(version)


def _picture(version: ModelVersion) -> Example:
    result: dict[str, Any] = {"name": _label(version), "score": 0.97}
    if version.task_type in ("object_detection", "instance_segmentation"):
        result["location"] = _BOX
    if version.task_type in ("instance_segmentation", "semantic_segmentation"):
        result["mask"] = "PPYo0"
    return {"image": _PICTURE}, {"results": [result]}


def _text(version: ModelVersion) -> Example:
    return {"text": "delivery took two weeks"}, {"results": [{"name": _label(version), "score": 0.93}]}


def _pair(_version: ModelVersion) -> Example:
    return {"text_a": "reset my password", "text_b": "forgot login password"}, {"score": 0.88}


def _words(_version: ModelVersion) -> Example:
    return {"text": "Alice lives here"}, {
        "raw_text": ["Alice", "lives", "here"],
        "label": ["B-PER", "O", "O"],
    }


def _entities(_version: ModelVersion) -> Example:
    text = "Alice lives in Lyon"
    found = [{"span": "Alice", "offset": 0, "tag": "PER"}, {"span": "Lyon", "offset": 15, "tag": "LOC"}]
    return {"text": text}, {"content": text, "results": found}


def _lines(version: ModelVersion) -> Example:
    line = {
        "text": "TOTAL 12.50",
        "score": 0.97,
        "name": _label(version),
        "location": {"points": _CORNERS},
    }
    return {"image": _PICTURE}, {"results": [line]}


def _sound(version: ModelVersion) -> Example:
    return {"sound": _SOUND, "top_num": 3}, {"results": [{"name": _label(version), "score": 0.8}]}


def _instances(_version: ModelVersion) -> Example:
    return {"instances": [{"features": [10, 20, 30, 20]}]}, {"result": {"labels": [{"categories": [1.0]}]}}


def _label(version: ModelVersion) -> str:
    return version.labels[0] if version.labels else "text"


_EXAMPLES: Mapping[str, Callable[[ModelVersion], Example]] = {
    "text_classification": _text,
    "text_classification_multi_label": _text,
    "short_text_matching": _pair,
    "sequence_labelling": _words,
    "entity_extraction": _entities,
    "ocr": _lines,
    "audio_classification": _sound,
    "general": _instances,
}
