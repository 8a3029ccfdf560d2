"""Whatever stands in annotation files, readers end soon and say what is wrong in their own words."""

import copy
import json
import time
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openbml_catalog.datasets import dataset_kinds
from openbml_formats.annotation_rules import checked_annotation
from openbml_formats.records import AnnotationError, SourceFormatError
from tests.fakes.image_format_files import read
from tests.unit.formats import image_examples as example

many = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
FORMATS = sorted(example.EXAMPLES)
SIDECARS = (".json", ".xml", ".txt", ".yaml")
HOSTILE_VALUES: list[Any] = [
    *(None, True, False, 0, -1, 1, 2**31, 2**63, 10**400, -(10**400), 0.5, 1e300, float("nan"), float("inf")),
    *("", "x", "a" * 5000, "\ud800", "\x00", "1e999", "nan", "../../etc/passwd"),
    *([], {}, [[]], [None], [[1, 2]], {"a": 1}, [1] * 1000),
    {"size": [10**9, 10**9], "counts": "0"},
    {"size": [48, 64], "counts": [-1, 3073]},
]


def try_all(format_code: str, kind: str, files: dict[str, bytes]) -> None:
    try:
        annotations, problems = read(format_code, kind, files, size=(64, 48))
    except (SourceFormatError, AnnotationError) as error:
        str(error).encode()
        return
    [problem.model_dump_json() for problem in problems]
    for annotation in annotations.values():
        annotation.model_dump_json()
        try:
            checked, _ = checked_annotation(
                annotation, dataset_kinds()[kind], width=64, height=48, adapt_labels=True
            )
        except AnnotationError as error:
            str(error).encode()
        else:
            checked.model_dump_json()


def test_the_examples_are_valid() -> None:
    for format_code, (kind, files) in example.EXAMPLES.items():
        annotations, problems = read(format_code, kind, files, size=(64, 48))
        assert annotations, format_code
        assert [problem.reason for problem in problems] in ([], ["ignored_file"])


def sidecar_of(files: dict[str, bytes], choice: int) -> str:
    names = [name for name in files if name.endswith(SIDECARS)] or list(files)
    return names[choice % len(names)]


@many
@given(st.sampled_from(FORMATS), st.integers(0, 3), st.binary(max_size=300))
def test_random_bytes_break_no_reader(format_code: str, choice: int, data: bytes) -> None:
    kind, files = example.EXAMPLES[format_code]
    try_all(format_code, kind, {**files, sidecar_of(files, choice): data})


@settings(many, max_examples=300)
@given(
    st.sampled_from(FORMATS),
    st.integers(0, 3),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 3), st.binary(max_size=6)), min_size=1, max_size=4),
)
def test_damaged_files_break_no_reader(
    format_code: str, choice: int, damage: list[tuple[float, int, bytes]]
) -> None:
    kind, files = example.EXAMPLES[format_code]
    name = sidecar_of(files, choice)
    data = files[name]
    for where, removed, added in damage:
        place = int(where * len(data))
        data = data[:place] + added + data[place + removed :]
    try_all(format_code, kind, {**files, name: data})


def places(document: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path]
    items = (
        document.items()
        if isinstance(document, dict)
        else enumerate(document)
        if isinstance(document, list)
        else ()
    )
    for key, value in items:
        found += places(value, (*path, key))
    return found


def replaced(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    changed = copy.deepcopy(document)
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return changed


@pytest.mark.parametrize(
    ("format_code", "kind", "name", "document"),
    [
        ("json", "image_classification", "a.json", {"labels": [{"name": "x"}]}),
        ("json", "object_detection", "a.json", example.JSON),
        ("json", "ocr", "a.json", example.JSON),
        ("coco", "object_detection", "annotations/instances_train.json", example.COCO),
        ("coco", "instance_segmentation", "annotations/instances_train.json", example.COCO),
        ("labelme", "instance_segmentation", "a.json", example.LABELME),
        ("label_studio", "instance_segmentation", "export.json", example.LABEL_STUDIO),
        ("label_studio", "image_classification", "export.json", example.LABEL_STUDIO),
        ("label_studio", "entity_extraction", "export.json", example.LABEL_STUDIO_TEXTS),
        ("label_studio", "text_classification", "export.json", example.LABEL_STUDIO_TEXTS),
    ],
)
def test_no_value_in_any_place_breaks_a_reader(format_code: str, kind: str, name: str, document: Any) -> None:
    files = dict(example.EXAMPLES[format_code][1])
    for path in places(document):
        for value in HOSTILE_VALUES:
            data = json.dumps(replaced(document, path, value), default=str).encode()
            try_all(format_code, kind, {**files, name: data})


@pytest.mark.parametrize("format_code", ["voc", "cvat"])
def test_no_value_in_any_place_of_an_xml_breaks_a_reader(format_code: str) -> None:
    kind, files = example.EXAMPLES[format_code]
    name = sidecar_of(files, 0)
    text = files[name].decode()
    quotes = [place for place, character in enumerate(text) if character in '">']
    for start, end in pairwise(quotes):
        for value in (
            "",
            "nan",
            "inf",
            "-1e308",
            "1e999",
            "9" * 500,
            "x",
            ",",
            ";",
            "1,2",
            "0, -5",
            "&lt;",
            "\u0660",
        ):
            try_all(format_code, kind, {**files, name: (text[: start + 1] + value + text[end:]).encode()})


@pytest.mark.parametrize("format_code", ["json", "coco", "labelme", "label_studio", "voc", "cvat", "yolo"])
@pytest.mark.parametrize(
    "data",
    [
        b"[" * 200_000,
        b'{"labels":' * 100_000,
        b'{"images":' + b"[" * 100_000,
        b'{"images": [' + b'{"id":1},' * 100_000,
        b'{"labels": [{"name": ' + b"9" * 1_000_000 + b"}]}",
        b"<a>" * 100_000,
        b"<annotation><object>" + b"<a>" * 100_000,
        b"<annotations><image>" + b"<a b='1'>" * 100_000,
        b'<!DOCTYPE a [<!ENTITY x "xxxxxxxxxx"><!ENTITY y "&x;&x;&x;">]><annotation>&y;</annotation>',
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><annotation/>',
        b'<?xml version="1.0" encoding="utf-7"?><annotation/>',
        b'<?xml version="1.0" encoding="punycode"?><annotation/>',
        b"<annotation>&undefined;</annotation>",
        b"</document><document>",
        b"\xff\xfe<\x00a\x00",
        b"names: " + b"[" * 100_000,
        b"names: &a [*a]\n",
        b"a: &a [1]\n" + b"b: &b [*a,*a]\n" + b"names: [*b,*b]",
        b"0 " + b"0.5 " * 200_000,
        b"\x00" * 1000,
    ],
    ids=range(20),
)
def test_bombs_are_refused_in_time(format_code: str, data: bytes) -> None:
    kind, files = example.EXAMPLES[format_code]
    started = time.monotonic()
    for choice in range(2):
        try_all(format_code, kind, {**files, sidecar_of(files, choice): data})
    assert time.monotonic() - started < 20


def test_entities_are_never_resolved() -> None:
    data = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><annotation><object><name>&x;</name></object></annotation>'
    with pytest.raises(AnnotationError, match="document type"):
        read("voc", "object_detection", {"a.jpg": b"", "a.xml": data})
    with pytest.raises(SourceFormatError, match="document type"):
        read("cvat", "object_detection", {"a.jpg": b"", "annotations.xml": data})
