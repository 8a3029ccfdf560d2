"""Cutout and its relatives: where the hole is, how large, and what becomes of the objects under it."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from openbml_formats.augmentation import coverings
from openbml_formats.augmentation.scene import FILL, IGNORED, Scene
from tests.unit.augmentation.pictures import Chance, noise, pixels, scene_with

WHITE = (255, 255, 255)


def hole(scene: Scene) -> tuple[int, int, int, int]:
    """Return the box around the grey pixels of a picture that was white."""
    is_grey = (pixels(scene.image) == FILL).all(axis=2)
    found = Image.fromarray(is_grey.astype(np.uint8) * 255).getbbox()
    assert found is not None
    return found


def white(*boxes: tuple[float, float, float, float]) -> Scene:
    return scene_with(Image.new("RGB", (100, 80), WHITE), *boxes)


def test_cutout_covers_a_share_of_each_side() -> None:
    assert hole(coverings.cutout(white(), 0.5, Chance(0.5, 0.5))) == (25, 20, 75, 60)


def test_edges_cut_the_hole() -> None:
    assert hole(coverings.cutout(white(), 0.5, Chance(0.0, 1.0))) == (0, 60, 25, 80)


def test_bbox_cutout_has_its_middle_in_a_box_and_a_share_of_its_sides() -> None:
    scene = white((20, 20, 60, 40))
    assert hole(coverings.bbox_cutout(scene, 0.5, Chance(0.0, 0.0, 0.0))) == (10, 15, 30, 25)
    assert coverings.bbox_cutout(white(), 0.5, Chance()).image.getextrema() == ((255, 255),) * 3


def test_cutout_only_bboxes_covers_inside_every_box() -> None:
    scene = white((0, 0, 20, 20), (50, 40, 90, 80))
    done = coverings.cutout_only_bboxes(scene, 0.5, Chance(0.0, 0.0, 1.0, 1.0))
    grey = (pixels(done.image) == FILL).all(axis=2)
    assert grey[0:10, 0:10].all()
    assert grey[60:80, 70:90].all()
    assert grey.sum() == 10 * 10 + 20 * 20


def test_an_object_that_the_hole_hides_is_dropped() -> None:
    scene = white((40, 30, 60, 50), (0, 0, 10, 10))
    done = coverings.cutout(scene, 0.5, Chance(0.5, 0.5))
    assert done.classes == (1,)
    assert coverings.cutout(scene, 0.15, Chance(0.5, 0.5)).classes == (0, 1)


def test_covered_pixels_of_a_class_map_count_for_nothing() -> None:
    scene = replace(white(), class_map=Image.new("L", (100, 80), 2))
    done = coverings.cutout(scene, 0.5, Chance(0.5, 0.5))
    assert done.class_map is not None
    classes = np.asarray(done.class_map)
    assert (classes[20:60, 25:75] == IGNORED).all()
    assert (classes == 2).sum() == 100 * 80 - 40 * 50


@pytest.mark.parametrize("operator", [coverings.cutout, coverings.bbox_cutout, coverings.cutout_only_bboxes])
def test_a_share_of_nothing_covers_nothing(operator) -> None:  # type: ignore[no-untyped-def]
    scene = scene_with(noise(30, 20, 1), (5, 5, 20, 15))
    done = operator(scene, 0.0, Chance(0.5, 0.5, 0.5))
    assert (pixels(done.image) == pixels(scene.image)).all()
