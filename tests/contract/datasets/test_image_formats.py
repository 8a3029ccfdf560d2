"""Archives of other tools, imported as they come: from the upload to samples with their annotations."""

import base64
import json

import pytest

from openbml.datasets.importing.data_imports import ImportState
from openbml_formats.annotations import Annotation
from tests.contract.datasets.conftest import World
from tests.fakes.datasets_archives import archive, image_bytes
from tests.unit.formats import image_examples as example

ONE, TWO = image_bytes(seed=1), image_bytes(seed=2)


def entries(format_code: str) -> list[tuple[str, bytes]]:
    """Return the format's example with real images in it."""
    images = iter((ONE, TWO))
    files = example.EXAMPLES[format_code][1]
    return [(name, next(images) if name.endswith(".jpg") else data) for name, data in files.items()]


@pytest.mark.parametrize(
    ("format_code", "labels"),
    [
        ("coco", {"bolt": 3}),
        ("labelme", {"bolt": 2, "nut": 2}),
        ("cvat", {"bolt": 2, "nut": 2}),
        ("label_studio", {"bolt": 2}),
    ],
)
def test_outlines_of_other_tools_become_samples(
    world: World, format_code: str, labels: dict[str, int]
) -> None:
    key = world.dataset(kind="instance_segmentation")
    ended = world.imported(key, archive(entries(format_code)), format_code=format_code)

    assert (ended.state, ended.accepted) == (ImportState.FINISHED, 2)
    samples = world.all_samples(key)
    total: dict[str, int] = {}
    for sample in samples:
        annotation = sample.annotation or Annotation()
        assert all(region.polygons or region.mask for region in annotation.regions)
        for label, count in annotation.label_counts().items():
            total[label] = total.get(label, 0) + count
    assert total == labels


def test_yolos_boxes_become_samples(world: World) -> None:
    key = world.dataset(kind="object_detection")
    ended = world.imported(key, archive(entries("yolo")), format_code="yolo")

    assert (ended.accepted, ended.changed) == (1, 1)
    assert [row.reason for row in world.problems(ended)] == ["box_derived"]
    (sample,) = world.all_samples(key)
    assert sample.annotation is not None
    assert [region.label for region in sample.annotation.regions] == ["bolt", "no"]
    assert all(region.box and not region.polygons for region in sample.annotation.regions)


def test_folders_become_classes(world: World) -> None:
    key = world.dataset(kind="image_classification")
    body = archive([("pets/big cats/a.jpg", ONE), ("pets/dogs/b.jpg", TWO)])
    ended = world.imported(key, body, format_code="image_folder")

    assert (ended.accepted, ended.changed) == (2, 1)
    assert [row.reason for row in world.problems(ended)] == ["label_renamed"]
    assert {sample.annotation.labels for sample in world.all_samples(key) if sample.annotation} == {
        ("big_cats",),
        ("dogs",),
    }


def test_cut_out_lines_become_texts_of_whole_images(world: World) -> None:
    key = world.dataset(kind="ocr")
    line = image_bytes(seed=3, size=(300, 32))
    ended = world.imported(
        key, archive([("a.jpg", line), ("lines.txt", b"a.jpg\tTotal 9.50\n")]), format_code="text_line_images"
    )

    assert ended.accepted == 1
    (sample,) = world.all_samples(key)
    assert sample.annotation is not None
    (region,) = sample.annotation.regions
    assert region.text == "Total 9.50"
    assert region.polygons == (((0, 0), (300, 0), (300, 32), (0, 32)),)


def test_an_image_inside_labelmes_json_becomes_a_sample(world: World) -> None:
    key = world.dataset(kind="instance_segmentation")
    whole = {**example.LABELME, "imageData": base64.b64encode(ONE).decode()}
    broken = {**example.LABELME, "imageData": "no base64"}
    body = archive([("a.json", json.dumps(whole).encode()), ("b.json", json.dumps(broken).encode())])
    ended = world.imported(key, body, format_code="labelme")

    assert (ended.accepted, ended.rejected) == (1, 1)
    (sample,) = world.all_samples(key)
    assert (sample.name, sample.width, sample.height, sample.size_bytes) == ("a.jpg", 64, 48, len(ONE))
    assert sample.annotation is not None
    assert len(sample.annotation.regions) == 4
    assert {row.reason for row in world.problems(ended)} >= {"image_missing"}
