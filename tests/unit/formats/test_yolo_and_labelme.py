"""YOLO's layouts and digits, LabelMe's shapes and masks."""

import base64
import io
import json
import random

import pytest
from PIL import Image

from openbml_formats.annotations import Annotation, Box, Region
from openbml_formats.labelme_json import embedded_image
from openbml_formats.png_bitmaps import PngFormatError, read_png
from openbml_formats.records import (
    AnnotationError,
    Record,
)
from tests.fakes.image_format_files import export_sample, read, records, written
from tests.unit.formats import image_examples as example

SIZE = (64, 48)


@pytest.mark.parametrize(
    ("image", "label"),
    [
        ("a.jpg", "a.txt"),
        ("images/a.jpg", "labels/a.txt"),
        ("images/train/a.jpg", "labels/train/a.txt"),
        ("train/images/a.jpg", "train/labels/a.txt"),
        ("data/images/a.jpg", "annotations/a.txt"),
        ("obj_train_data/a.jpg", "obj_train_data/a.txt"),
    ],
)
@pytest.mark.parametrize(
    ("names", "text"),
    [
        ("data.yaml", b"names: [cat, no]"),
        ("data.yaml", b"names:\n  0: cat\n  1: no\n"),
        ("classes.txt", b"cat\nno\n"),
        ("obj.names", b"cat\r\nno\r\n"),
    ],
)
def test_yolos_layouts(image: str, label: str, names: str, text: bytes) -> None:
    files = {image: b"", label: b"1 0.5 0.5 0.25 0.5\n0 0 0 1 0 1 1\n", names: text}
    annotations, problems = read("yolo", "object_detection", files, size=SIZE)
    assert not problems
    box, polygon = annotations[image].regions
    assert (box.label, box.box) == ("no", Box(x1=24, y1=12, x2=40, y2=36))
    assert (polygon.label, polygon.polygons) == ("cat", (((0, 0), (64, 0), (64, 48)),))


def test_yolo_tells_what_is_missing() -> None:
    annotations, problems = read(
        "yolo", "object_detection", {"a.jpg": b"", "b.jpg": b"", "a.txt": b"3 .5 .5 .1 .1", "c.txt": b""}
    )
    assert example.reasons(problems) == ["class_names_missing", "image_missing"]
    assert annotations["a.jpg"].regions[0].label == "3"
    assert annotations["b.jpg"] == Annotation()


@pytest.mark.parametrize(
    "line",
    ["5 .5 .5 .1 .1", "-1 .5 .5 .1 .1", "0 320 240 10 10", "0 .5 .5", "x 1 1 1 1", "0 .1 .2 .3 .4 .5 .6 .7"],
)
def test_lines_that_are_not_yolos_are_refused(line: str) -> None:
    files = {"a.jpg": b"", "a.txt": line.encode(), "classes.txt": b"a\nb\n"}
    with pytest.raises(AnnotationError):
        read("yolo", "object_detection", files)


def test_every_place_goes_to_shares_and_back_below_a_millionth_of_a_pixel() -> None:
    rng = random.Random(5)
    for _ in range(200):
        width, height = rng.randint(31, 4095), rng.randint(31, 4095)
        xs, ys = sorted(rng.uniform(0, width) for _ in "ab"), sorted(rng.uniform(0, height) for _ in "ab")
        box = Box(x1=xs[0], y1=ys[0], x2=xs[1], y2=ys[1])
        one = Annotation(regions=(Region(label="a", box=box),))
        files = written("yolo", "object_detection", [export_sample(1, one, size=(width, height))], ["a"])
        found = (
            read("yolo", "object_detection", files, size=(width, height))[0]["images/1.jpg"].regions[0].box
        )
        assert found is not None
        assert (
            max(
                abs(a - b)
                for a, b in zip(box.model_dump().values(), found.model_dump().values(), strict=True)
            )
            < 1e-6
        )


def test_labelmes_shapes() -> None:
    polygon, box, circle, mask = example.regions("labelme")["a.jpg"]
    assert polygon.polygons == (((1, 2), (30, 2), (30, 20)),)
    assert box.box == Box(x1=1, y1=2, x2=30, y2=20)
    assert len(circle.polygons[0]) == 32
    assert circle.attributes == {"description": "round", "shape_type": "circle"}
    assert mask.mask == example.MASK


def test_an_image_inside_labelmes_json_is_found() -> None:
    document = {
        **example.LABELME,
        "imagePath": "..\\photos\\gone.png",
        "imageData": base64.b64encode(b"bytes").decode(),
    }
    found = list(records("labelme", "instance_segmentation", {"d/x.json": json.dumps(document).encode()}))
    assert found == [Record(name="d/x.png", embedded="d/x.json", sidecar="d/x.json", file="d/x.json")]
    assert embedded_image(json.dumps(document).encode()) == b"bytes"
    with pytest.raises(AnnotationError, match="imageData"):
        embedded_image(json.dumps(example.LABELME).encode())


def test_labelmes_json_finds_its_image_by_name_and_says_when_it_is_gone() -> None:
    data = json.dumps({**example.LABELME, "imagePath": "../images/b.jpg"}).encode()
    files = {"images/b.jpg": b"", "images/c.jpg": b"", "json/x.json": data, "json/y.json": data}
    annotations, problems = read("labelme", "instance_segmentation", files, size=SIZE)
    assert len(annotations["images/b.jpg"].regions) == 4
    assert annotations["images/c.jpg"] == Annotation()
    assert example.reasons(problems) == ["annotation_twice"]
    _, problems = read("labelme", "instance_segmentation", {"c.jpg": b"", "x.json": data})
    assert example.reasons(problems) == ["image_missing"]


def test_polygons_of_one_group_are_one_object() -> None:
    shapes = [{"label": "a", "group_id": 4, "points": [[0, 0], [1, 0], [x, 1]]} for x in (1, 2)]
    data = json.dumps({"shapes": [*shapes, {**shapes[0], "label": "b"}]}).encode()
    annotations, _ = read("labelme", "instance_segmentation", {"a.jpg": b"", "a.json": data})
    assert [(one.label, len(one.polygons)) for one in annotations["a.jpg"].regions] == [("a", 2), ("b", 1)]


@pytest.mark.parametrize("mode", ["1", "L", "P"])
@pytest.mark.parametrize("size", [(1, 1), (37, 21), (64, 48)])
def test_masks_are_read_as_image_libraries_write_them(mode: str, size: tuple[int, int]) -> None:
    rng = random.Random(size[0])
    pixels = bytes(rng.choice((0, 0, 1)) for _ in range(size[0] * size[1]))
    image = Image.frombytes(
        "L", size, pixels.translate(bytes([0] + [255] * 255) if mode == "1" else bytes(range(256)))
    )
    image = image.convert("1", dither=Image.Dither.NONE) if mode == "1" else image
    if mode == "P":
        image.putpalette([0, 0, 0, 255, 0, 0])
    stream = io.BytesIO()
    image.save(stream, "PNG")
    assert read_png(stream.getvalue()) == (*size, pixels)


def test_gradients_are_read_whatever_filter_they_need() -> None:
    image = Image.linear_gradient("L")
    stream = io.BytesIO()
    image.save(stream, "PNG", optimize=True)
    assert read_png(stream.getvalue()).pixels == image.tobytes()
    with pytest.raises(PngFormatError):
        read_png(stream.getvalue()[:200])
