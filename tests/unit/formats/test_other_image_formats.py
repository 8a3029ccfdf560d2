"""CVAT, Label Studio, folders, text lines and WebDataset, as their tools have them."""

import io
import json
import tarfile

import pytest

from openbml_formats import masks
from openbml_formats.annotations import Annotation, Box, Region
from openbml_formats.label_studio_rle import RunLengthError, mask_of
from openbml_formats.protocols import ReadSettings
from openbml_formats.readers import UnreadableFormatError, reader_of
from openbml_formats.records import (
    Record,
    Severity,
    SourceFormatError,
)
from openbml_formats.writers import UnwritableFormatError, writer_of
from tests.fakes.image_format_files import export_sample, read, records, written
from tests.unit.formats import image_examples as example

SIZE = (64, 48)


def test_cvats_shapes_and_tags() -> None:
    box, polygon, ellipse, mask = example.regions("cvat")["a.jpg"]
    assert box.box == Box(x1=1.5, y1=2, x2=20, y2=30)
    assert box.attributes == {"occluded": "1", "colour": "red"}
    assert polygon.polygons == (((1, 2), (30, 2), (30, 20)),)
    assert polygon.attributes == {"z_order": "2"}
    assert ellipse.attributes == {"shape_type": "ellipse"}
    assert mask.mask is not None
    rows = masks.to_rows(mask.mask)
    ones = {(place % 64, place // 64) for place, bit in enumerate(rows) if bit}
    assert ones == {(10, 20), (11, 20), (12, 20), (13, 20), *((x, 21) for x in range(10, 15))}
    annotations, _ = read("cvat", "image_classification", example.EXAMPLES["cvat"][1])
    assert annotations == {"a.jpg": Annotation(labels=("night",)), "images/deep/b.jpg": Annotation()}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"<annotations><track id='0'/></annotations>", "video"),
        (b"<annotations/>", "no <image>"),
        (b"<annotations>", "not XML"),
    ],
)
def test_what_is_not_cvat_for_images_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(SourceFormatError, match=message):
        list(records("cvat", "object_detection", {"a.jpg": b"", "annotations.xml": data}))


def test_a_shape_that_no_kind_has_costs_its_own_image_only() -> None:
    data = b"<annotations><image name='a.jpg'><cuboid label='x'/></image><image name='b.jpg'/></annotations>"
    annotations, problems = read("cvat", "object_detection", {"a.jpg": b"", "b.jpg": b"", "x.xml": data})
    assert list(annotations) == ["b.jpg"]
    assert [(problem.file, problem.reason) for problem in problems] == [("a.jpg", "shape_unsupported")]


def test_label_studios_shapes_are_shares_of_a_hundred() -> None:
    box, polygon = example.regions("label_studio")["a.jpg"]
    assert box.box == Box(x1=16, y1=24, x2=48, y2=36)
    assert polygon.polygons == (((0, 0), (32, 0), (32, 24)),)
    annotations, _ = read("label_studio", "image_classification", example.EXAMPLES["label_studio"][1])
    assert annotations == {"a.jpg": Annotation(labels=("night",)), "images/deep/b.jpg": Annotation()}


def brush_codes(width: int, height: int, pixels: bytes) -> list[int]:
    """Return `@thi.ng/rle-pack` run lengths of white pixels, as Label Studio's brush writes them."""
    rgba = bytes(value * 255 for value in pixels for _ in range(4))
    bits = [f"{len(rgba):032b}", f"{7:05b}", *(f"{length - 1:04b}" for length in (3, 4, 8, 16))]
    place = 0
    while place < len(rgba):
        end = place + 1
        while end < len(rgba) and rgba[end] == rgba[place] and end - place < 65_536:
            end += 1
        bits.append(f"111{end - place - 1:016b}{rgba[place]:08b}")
        place = end
    text = "".join(bits)
    text += "0" * (-len(text) % 8)
    return list(int(text, 2).to_bytes(len(text) // 8, "big"))


def test_label_studios_brush_as_its_own_converter_writes_it() -> None:
    codes = [0, 0, 0, 96, 57, 27, 254, 27, 0, 191, 255, 56, 5, 255, 252, 46, 1, 31, 248]
    pixels = bytes([0] * 6 + [0, 1, 1, 1, 1, 0] * 2 + [0] * 5 + [1])
    assert masks.to_rows(mask_of(codes, 6, 4)) == pixels
    with pytest.raises(RunLengthError):
        mask_of(codes, 4, 4)


def test_label_studios_brush() -> None:
    pixels = masks.to_rows(example.MASK)
    value = {"format": "rle", "rle": brush_codes(64, 48, pixels), "brushlabels": ["a"]}
    result = {"type": "brushlabels", "original_width": 64, "original_height": 48, "value": value}
    task = {"data": {"image": "a.jpg"}, "annotations": [{"result": [result]}]}
    files = {"a.jpg": b"", "x.json": json.dumps([task]).encode()}
    annotations, problems = read("label_studio", "semantic_segmentation", files)
    assert not problems
    assert annotations["a.jpg"].regions == (Region(label="a", mask=example.MASK),)


def test_label_studios_texts_with_spans_and_classes() -> None:
    files = {"x.json": json.dumps(example.LABEL_STUDIO_TEXTS).encode()}
    found = list(records("label_studio", "entity_extraction", files))
    assert isinstance(found[0], Record)
    assert found[0].texts == ("Anna \U0001f600 lives in Rome",)
    assert found[0].annotation is not None
    assert [(span.label, span.text, span.start) for span in found[0].annotation.spans] == [
        ("PER", "Anna", 0),
        ("LOC", "Rome", 16),
    ]
    annotations, _ = read("label_studio", "text_classification", files)
    assert annotations == {"x.json:1": Annotation(labels=("travel",))}


def test_of_several_annotations_the_first_counts_and_the_others_are_told() -> None:
    results = [{"result": [{"type": "choices", "value": {"choices": [label]}}]} for label in "abc"]
    task = {"data": {"text": "t"}, "annotations": [{**results[0], "was_cancelled": True}, *results[1:]]}
    annotations, problems = read(
        "label_studio", "text_classification", {"x.json": json.dumps([task]).encode()}
    )
    assert annotations == {"x.json:1": Annotation(labels=("b",))}
    assert [(problem.reason, problem.severity) for problem in problems] == [
        ("further_annotations", Severity.CHANGED)
    ]


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        (["cat/1.jpg", "dog/x/2.jpg", "3.jpg"], ["cat", "dog", None]),
        (["all/cat/1.jpg", "all/dog/2.jpg"], ["cat", "dog"]),
        (["train/cat/1.jpg", "val/dog/2.jpg"], ["cat", "dog"]),
        (["d/train/cat/1.jpg", "d/test/dog/2.jpg"], ["cat", "dog"]),
        (["cat/1.jpg", "cat/2.jpg"], ["cat", "cat"]),
    ],
)
def test_the_top_folder_is_the_class(names: list[str], labels: list[str | None]) -> None:
    annotations, _ = read("image_folder", "image_classification", dict.fromkeys(names, b""))
    assert [annotations[name].labels for name in names] == [(label,) if label else () for label in labels]


def test_lines_that_say_no_text_are_told_with_their_number() -> None:
    lines = "\ufeffa.jpg\tHello world\n\nb.jpg\ngone.jpg\tx\na.jpg\ty\nsub/c.jpg\t\tz\n".encode()
    files = {"a.jpg": b"", "b.jpg": b"", "sub/c.jpg": b"", "lines.txt": lines}
    annotations, problems = read("text_line_images", "ocr", files)
    assert [(problem.line, problem.reason) for problem in problems] == [
        (3, "line_shape"),
        (4, "image_missing"),
        (5, "annotation_twice"),
    ]
    assert annotations["a.jpg"].regions == (Region(text="Hello world"),)
    assert annotations["sub/c.jpg"].regions == (Region(text="\tz"),)
    assert annotations["b.jpg"] == Annotation()


def test_a_web_dataset_is_the_same_each_time_and_readable_as_tar() -> None:
    samples = [export_sample(n, Annotation(labels=("cat",))) for n in (1, 2)]
    files = written("webdataset", "image_classification", samples, ["ant", "cat"])
    assert files == written("webdataset", "image_classification", samples, ["ant", "cat"])
    assert set(files) == {"shard-000000.tar", "classes.txt"}
    with tarfile.open(fileobj=io.BytesIO(files["shard-000000.tar"])) as tar:
        assert tar.getnames() == [
            f"00000000{n}.{suffix}" for n in (1, 2) for suffix in ("jpg", "json", "cls")
        ]
        label = tar.extractfile("000000002.cls")
        assert label is not None
        assert label.read() == b"1"
    assert set(written("webdataset", "ocr", [])) == {"shard-000000.tar", "classes.txt"}


def test_formats_without_reader_or_writer_say_so() -> None:
    for code in ("webdataset", "nonsense"):
        with pytest.raises(UnreadableFormatError):
            reader_of(code)
    for code in ("images", "cvat", "nonsense"):
        with pytest.raises(UnwritableFormatError):
            writer_of(code)
    assert ReadSettings.model_fields["labelled"].default is True
