"""What a job's images go through: order, chance, modes, mirroring (checklist 7)."""

import random
from typing import Any

import numpy as np
import pytest

from openbml_catalog.augmentation import default_policies, operators_of
from openbml_catalog.augmentation.settings import Flip, read_augmentation
from openbml_deep.augmentation import Augmenter, classification_view, image_random
from openbml_deep.augmentation.views import scene_boxes, scene_map, scene_masks
from openbml_formats.augmentation.augmenter import flip_of
from openbml_formats.augmentation.policy import Policy, Step
from openbml_formats.augmentation.scene import Scene
from openbml_kit.images import central_square
from tests.unit.augmentation.pictures import Chance, noise, pixels, scene_with

CLASSIFICATION, DETECTION = "image_classification", "object_detection"


def augmenter(task: str, size: int = 32, labels: tuple[str, ...] = (), **setting: Any) -> Augmenter:
    return Augmenter(task, read_augmentation(setting, task), size=size, labels=labels)


class TestPolicy:
    def test_steps_are_asked_in_order_each_with_its_probability(self) -> None:
        policy = Policy([Step("Solarize", 0.5, 0, 255), Step("Invert", 0.5)])
        scene = scene_with(noise(4, 4, 1))
        done = policy.applied(scene, Chance(0.4, 0.2, 0.6))
        assert done.operators == (("Solarize", pytest.approx(51)),)
        assert policy.applied(scene, Chance(0.5, 0.4, 0.0)).operators == (("Invert", 0.0),)

    def test_one_group_is_drawn_for_each_image(self) -> None:
        policy = Policy(groups=[[Step("Invert", 1.0)], [Step("Equalize", 1.0), Step("AutoContrast", 1.0)]])
        scene = scene_with(noise(4, 4, 1))
        done = [policy.applied(scene, random.Random(seed)).operators for seed in range(30)]
        seen = {tuple(name for name, _ in row) for row in done}
        assert seen == {("Invert",), ("Equalize", "AutoContrast")}

    def test_a_setting_becomes_groups_and_steps_for_all(self) -> None:
        chosen = [
            {"name": "Rotate", "probability": 1, "magnitude": [5, 6]},
            {"name": "Invert", "group": 4},
            {"name": "Color", "group": 1},
            {"name": "Equalize", "group": 4},
        ]
        policy = augmenter(CLASSIFICATION, mode="manual", operators=chosen).policy
        assert policy.always == (Step("Rotate", 1.0, 5, 6),)
        assert [[step.name for step in group] for group in policy.groups] == [
            ["Color"],
            ["Invert", "Equalize"],
        ]


class TestClassification:
    def test_mode_none_is_the_evaluation_view(self) -> None:
        image = noise(50, 40, 1)
        view = classification_view(augmenter(CLASSIFICATION, mode="none"), image, image_random(1, 1, 1))
        assert (view == central_square(image, 32)).all()

    def test_the_default_is_a_random_part_and_a_tone_and_never_mirrors(self) -> None:
        """The figures are those that classification had before it could be augmented otherwise."""
        image = noise(50, 40, 1)
        chance = image_random(42, 3, 7)
        view = classification_view(augmenter(CLASSIFICATION), image, chance)
        gain, shift = augmenter(CLASSIFICATION).tone(chance)
        old = np.random.default_rng((42, 3, 7))
        area = 50 * 40 * old.uniform(0.5, 1.0)
        ratio = np.exp(old.uniform(np.log(3 / 4), np.log(4 / 3)))
        width, height = min(50, np.sqrt(area * ratio)), min(40, np.sqrt(area / ratio))
        left, top = old.uniform(0, 50 - width), old.uniform(0, 40 - height)
        box = (left, top, min(50, left + width), min(40, top + height))
        assert (view == pixels(image.resize((32, 32), 2, box=box))).all()
        brightness, contrast = 1 + old.uniform(-0.2, 0.2), 1 + old.uniform(-0.2, 0.2)
        assert (gain, shift) == (brightness * contrast, (1 - contrast) * 0.45)

    def test_manual_operators_replace_the_tone(self) -> None:
        setting = {"mode": "manual", "operators": [{"name": "Invert", "probability": 1}]}
        inverting, image = augmenter(CLASSIFICATION, **setting), noise(50, 40, 1)
        plain = classification_view(augmenter(CLASSIFICATION), image, image_random(1, 1, 1))
        assert (classification_view(inverting, image, image_random(1, 1, 1)) == 255 - plain).all()
        assert inverting.tone(image_random(1, 1, 1)) == (1.0, 0.0)

    def test_a_flip_is_an_option(self) -> None:
        image, seen = noise(50, 40, 1), set()
        for number in range(12):
            base, view = (
                classification_view(augmenter(CLASSIFICATION, **setting), image, image_random(1, 1, number))
                for setting in ({}, {"flip": "both"})
            )
            turns = {"": base, "across": base[:, ::-1], "down": base[::-1], "both": base[::-1, ::-1]}
            seen |= {name for name, turned in turns.items() if (turned == view).all()}
        assert seen == {"", "across", "down", "both"}


@pytest.mark.parametrize("task", sorted(default_policies()))
@pytest.mark.parametrize("mode", ["none", "default", "manual"])
def test_the_same_seed_epoch_and_image_give_the_same_and_another_epoch_another(task: str, mode: str) -> None:
    setting: dict[str, Any] = {"mode": mode}
    if mode == "manual":
        setting["operators"] = [{"name": name} for name in operators_of(task)]
    chosen = augmenter(task, **setting)
    scene = scene_with(noise(60, 45, 1), (10, 10, 40, 40), masked=task == "instance_segmentation")

    def view(epoch: int) -> Any:
        chance = image_random(5, epoch, 0)
        if task.startswith("image"):
            return classification_view(chosen, scene.image, chance)
        return pixels(chosen.scene(0, lambda _: scene, 1, chance).image)

    assert (view(1) == view(1)).all()
    assert view(1).shape == (32, 32, 3)
    assert mode == "none" or (view(1) != view(2)).any()


class TestScenes:
    def test_no_object_is_lost_to_a_zoom_alone(self) -> None:
        """Where chance cuts every object off, the whole scene is shown instead."""
        scene = scene_with(noise(100, 100, 1), (0, 0, 5, 5))
        chosen = augmenter(DETECTION, size=64)
        for index in range(60):
            assert len(chosen.scene(index, lambda _: scene, 1, image_random(1, 1, index)).boxes) == 1

    def test_a_mosaic_takes_the_image_and_three_others(self) -> None:
        asked: list[int] = []

        def load(index: int) -> Scene:
            asked.append(index)
            return scene_with(noise(40, 40, index), (10, 10, 30, 30))

        mixing = [{"name": "mosaic", "probability": 1}]
        augmenter(DETECTION, mixing=mixing).scene(3, load, 10, image_random(1, 1, 3))
        assert asked[0] == 3
        assert len(asked) == 4
        assert all(0 <= index < 10 for index in asked)

    def test_arrays_have_the_shapes_that_networks_take(self) -> None:
        scene = scene_with(noise(20, 10, 1), (0, 0, 5, 5), (5, 5, 10, 10), masked=True)
        assert scene_boxes(scene).tolist() == [[0, 0, 5, 5], [5, 5, 10, 10]]
        assert scene_masks(scene).sum(axis=(1, 2)).tolist() == [25, 25]
        empty = scene_with(noise(20, 10, 1))
        assert scene_boxes(empty).shape == (0, 4)
        assert scene_masks(empty).shape == (0, 10, 20)
        with pytest.raises(ValueError, match="no class map"):
            scene_map(scene)


@pytest.mark.parametrize(
    ("labels", "flip"),
    [
        (("cat", "dog"), Flip.HORIZONTAL),
        (("turn left", "stop"), Flip.NONE),
        (("Left_hand", "hand"), Flip.NONE),
        (("右转", "直行"), Flip.NONE),
        (("3", "8"), Flip.NONE),
        (("bright", "leftover"), Flip.HORIZONTAL),
    ],
)
def test_detection_mirrors_unless_a_label_would_be_untrue(labels: tuple[str, ...], flip: Flip) -> None:
    assert flip_of(Flip.AUTO, default_policies()[DETECTION], labels) is flip
    assert flip_of(Flip.AUTO, default_policies()[CLASSIFICATION], labels) is Flip.NONE
    assert flip_of(Flip.VERTICAL, default_policies()[DETECTION], labels) is Flip.VERTICAL
