"""All operators of the catalogue, on any picture (checklist 19, 20, 21; spec 03 section 2.9)."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbml_catalog.augmentation import LEVELS, augmentation_operators, default_policies, operators_of
from openbml_formats.augmentation.operators import OPERATORS
from openbml_formats.augmentation.scene import BoxXyxy, Scene
from tests.unit.augmentation.pictures import Chance, noise, outside, pixels, scene_with

TONES = ["AutoContrast", "Contrast", "Equalize", "Solarize", "Posterize", "Color", "Brightness", "Sharpness"]
MOVES = ["ShearX", "ShearY", "TranslateX", "TranslateY", "Rotate"]
CLASSIFICATION = [*MOVES, *TONES, "Invert", "Cutout"]
DETECTION = [
    *(f"{name}_BBox" for name in MOVES),
    *(f"{name}_Only_BBoxes" for name in (*MOVES, "Equalize", "Solarize", "Cutout", "Flip")),
    *TONES,
    "Solarize_add",
    "Cutout",
    "BBox_Cutout",
]
MOVING = [name for name in DETECTION if name.endswith("_BBox")]
ONLY_BOXES = [name for name in DETECTION if name.endswith("_Only_BBoxes")]
# A factor's scale has its middle at nothing, those of the others begin there.
FROM_NOTHING = sorted(
    name for name, row in augmentation_operators().items() if row.magnitude and row.magnitude.unit != "factor"
)


def strong(name: str) -> float:
    """Return a magnitude that certainly shows: the level scale's upper end, a factor of 1.9."""
    magnitude = augmentation_operators()[name].magnitude
    return magnitude.at_level(LEVELS) if magnitude else 0.0


@st.composite
def scenes(draw: st.DrawFn, *, masked: bool = False) -> Scene:
    width, height = draw(st.integers(8, 40)), draw(st.integers(8, 40))
    boxes = []
    for _ in range(draw(st.integers(1, 3))):
        left, top = draw(st.integers(0, width - 4)), draw(st.integers(0, height - 4))
        right, bottom = draw(st.integers(left + 3, width)), draw(st.integers(top + 3, height))
        part = draw(st.sampled_from([0.0, 0.25, 0.5])) if not masked else 0.0
        boxes.append((left + part, top + part, float(right), float(bottom)))
    return scene_with(noise(width, height, draw(st.integers(0, 99))), *boxes, masked=masked)


def test_the_manuals_operators_are_offered_with_its_names() -> None:
    assert set(operators_of("image_classification")) == set(CLASSIFICATION)
    assert len(CLASSIFICATION) == 15
    assert set(operators_of("object_detection")) == set(DETECTION)
    assert len(DETECTION) == 25
    assert set(operators_of("semantic_segmentation")) == set(CLASSIFICATION)
    moved_inside = {f"{name}_Only_BBoxes" for name in (*MOVES, "Flip")}
    assert set(operators_of("instance_segmentation")) == set(DETECTION) - moved_inside


def test_every_operator_has_code_and_every_code_an_operator() -> None:
    assert set(OPERATORS) == set(augmentation_operators())


@pytest.mark.parametrize("name", sorted(OPERATORS))
def test_every_operator_changes_a_picture_at_its_strongest_level(name: str) -> None:
    scene = scene_with(noise(40, 30, 5).point(lambda level: 40 + level // 2), (5, 5, 35, 25))
    changed = OPERATORS[name](scene, strong(name), random.Random(1))
    assert (pixels(changed.image) != pixels(scene.image)).any()
    assert changed.image.size == scene.image.size


@pytest.mark.parametrize("name", FROM_NOTHING)
def test_the_weakest_level_changes_nothing(name: str) -> None:
    magnitude = augmentation_operators()[name].magnitude
    assert magnitude is not None
    scene = scene_with(noise(24, 20, 2), (4, 4, 20, 16))
    same = OPERATORS[name](scene, magnitude.at_level(0), random.Random(3))
    assert (pixels(same.image) == pixels(scene.image)).all()
    assert same.boxes == scene.boxes


@pytest.mark.parametrize("name", ONLY_BOXES)
@settings(max_examples=40, deadline=None)
@given(scene=scenes(), level=st.floats(0, LEVELS), seed=st.integers(0, 99))
def test_only_bboxes_operators_leave_pixels_outside_all_boxes_unchanged(
    name: str, scene: Scene, level: float, seed: int
) -> None:
    magnitude = augmentation_operators()[name].magnitude
    value = magnitude.at_level(level) if magnitude else 0.0
    changed = OPERATORS[name](scene, value, random.Random(seed))
    untouched = outside(scene.boxes, scene.image.size)
    assert (pixels(changed.image)[untouched] == pixels(scene.image)[untouched]).all()
    if name != "Cutout_Only_BBoxes":
        assert changed.boxes == scene.boxes


@pytest.mark.parametrize("name", MOVING)
@settings(max_examples=40, deadline=None)
@given(scene=scenes(), level=st.floats(0, LEVELS), seed=st.integers(0, 99))
def test_bbox_operators_move_boxes_and_keep_them_inside(
    name: str, scene: Scene, level: float, seed: int
) -> None:
    magnitude = augmentation_operators()[name].magnitude
    assert magnitude is not None
    changed = OPERATORS[name](scene, magnitude.at_level(level), random.Random(seed))
    assert len(changed.boxes) == len(changed.classes) <= len(scene.boxes)
    assert set(changed.classes) <= set(scene.classes)
    for box in changed.boxes:
        assert 0 <= box[0] < box[2] <= scene.image.width
        assert 0 <= box[1] < box[3] <= scene.image.height


@pytest.mark.parametrize("name", MOVING)
def test_a_box_follows_what_it_is_around(name: str) -> None:
    """A white object on black: the moved box is where the white is."""
    image = noise(120, 90, 0).point(lambda _: 0)
    image.paste((255, 255, 255), (40, 30, 70, 60))
    changed = OPERATORS[name](scene_with(image, (40, 30, 70, 60)), strong(name), random.Random(4))
    white = changed.image.convert("L").point(lambda level: 255 * (level > 130)).getbbox()
    assert white is not None
    (box,) = changed.boxes
    assert box != (40, 30, 70, 60)
    assert all(abs(edge - seen) <= 2 for edge, seen in zip(box, white, strict=True))


@pytest.mark.parametrize("name", sorted(operators_of("instance_segmentation")))
@settings(max_examples=25, deadline=None)
@given(scene=scenes(masked=True), level=st.floats(0, LEVELS), seed=st.integers(0, 99))
def test_boxes_of_masks_are_their_outlines_and_stay_as_many(
    name: str, scene: Scene, level: float, seed: int
) -> None:
    magnitude = augmentation_operators()[name].magnitude
    value = magnitude.at_level(level) if magnitude else 0.0
    changed = OPERATORS[name](scene, value, random.Random(seed))
    assert len(changed.masks) == len(changed.boxes) == len(changed.classes)
    for mask, box in zip(changed.masks, changed.boxes, strict=True):
        assert set(np.unique(np.asarray(mask))) <= {0, 255}
        assert mask.getbbox() == box


def test_flip_only_bboxes_mirrors_what_is_inside() -> None:
    scene = scene_with(noise(12, 8, 3), (2, 1, 8, 7))
    flipped = OPERATORS["Flip_Only_BBoxes"](scene, 0.0, Chance())
    inside: BoxXyxy = (2, 1, 8, 7)
    before, after = scene.image.crop(inside), flipped.image.crop(inside)
    assert (pixels(after) == pixels(before)[:, ::-1]).all()


def test_every_task_that_can_be_augmented_has_a_default() -> None:
    tasks = {task for row in augmentation_operators().values() for task in row.tasks}
    assert set(default_policies()) == tasks
