"""What detection trains on: views of images with their boxes, whole and in tiles."""

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from openbml_deep.tasks.detection.training_views import TrainingViews, object_sides, with_sides
from openbml_deep.tasks.objects import AnnotatedImage, Region, classes_of
from openbml_kit.snapshots import Extent


def annotated(folder: Path, *regions: Region, width: int = 400, height: int = 200) -> AnnotatedImage:
    """Return an image that is black but for white pixels in its boxes."""
    pixels = np.zeros((height, width, 3), dtype=np.uint8)
    for region in regions:
        x1, y1, x2, y2 = (int(value) for value in region.box)
        pixels[y1:y2, x1:x2] = 255
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    path = folder / "image.png"
    path.write_bytes(buffer.getvalue())
    extent = Extent(path, 0, len(buffer.getvalue()))
    return AnnotatedImage("1", "image.png", extent, "", width, height, classes_of(regions), regions)


def training_views(image: AnnotatedImage, *, size: int = 64, tile: int = 0) -> TrainingViews:
    return TrainingViews([image], input_size=size, tile=tile, budget_bytes=10**8)


def test_an_image_is_kept_no_larger_than_training_shows_it_and_its_boxes_with_it(tmp_path: Path) -> None:
    image = annotated(tmp_path, Region(1, (100, 50, 200, 150)))
    view = training_views(image)[0]
    assert view.image.size == (96, 48)  # one and a half times the square's 64
    assert view.boxes == (pytest.approx((24, 12, 48, 36)),)
    assert view.classes == (1,)


def test_tiles_show_the_image_unshrunk_and_the_boxes_that_lie_in_them(tmp_path: Path) -> None:
    image = annotated(tmp_path, Region(0, (20, 20, 60, 60)), Region(1, (350, 100, 390, 140)))
    views = training_views(image, tile=200)
    assert len(views) == 1 + 3
    first, last = views[1], views[3]
    assert first.image.size == last.image.size == (200, 200)
    assert (first.boxes, first.classes) == (((20, 20, 60, 60),), (0,))
    assert (last.boxes, last.classes) == (((150, 100, 190, 140),), (1,))
    x1, y1, x2, y2 = (int(value) for value in last.boxes[0])
    assert np.asarray(last.image)[y1:y2, x1:x2].min() == 255


def test_crowds_are_no_objects_and_an_image_may_have_none(tmp_path: Path) -> None:
    view = training_views(annotated(tmp_path, Region(0, (0, 0, 50, 50), crowd=True)))[0]
    assert (view.boxes, view.classes) == ((), ())


def test_images_are_decoded_once_while_they_fit_into_the_budget(tmp_path: Path) -> None:
    image = annotated(tmp_path, Region(0, (0, 0, 50, 50)))
    kept = training_views(image)
    kept[0]
    image.extent.path.unlink()
    assert kept[0].image.size == (96, 48)
    with pytest.raises(FileNotFoundError):
        TrainingViews([image], input_size=64, tile=0, budget_bytes=0)[0]


def test_an_image_that_no_snapshot_measured_gets_its_sides(tmp_path: Path) -> None:
    image = replace(annotated(tmp_path), width=0, height=0)
    assert (with_sides(image).width, with_sides(image).height) == (400, 200)


def test_objects_are_measured_as_the_square_shows_them(tmp_path: Path) -> None:
    image = annotated(tmp_path, Region(0, (0, 0, 40, 20)), Region(0, (0, 0, 400, 200), crowd=True))
    assert object_sides([image], input_size=100, tile=0).tolist() == [[10, 5]]
    assert object_sides([image], input_size=100, tile=200).tolist() == [[20, 10]]
    assert object_sides([annotated(tmp_path)], input_size=100, tile=0).shape == (0, 2)
