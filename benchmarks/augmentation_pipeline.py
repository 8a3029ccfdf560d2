"""Images per second and core that the augmentation of training prepares, with and without a policy.

Photos of 640 x 480 pixels, decoded once as training keeps them; what is timed is what a batch does to each:
geometry, policy or tone, and the array. CPU time of this process, so that other work on the machine does not
count.

    python benchmarks/augmentation_pipeline.py [--images 200]
"""

import argparse
import random
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("containers/deep", "containers/kit", "layers/catalog", "layers/formats")
sys.path[:0] = [str(ROOT / folder) for folder in FOLDERS]

from PIL import Image, ImageDraw  # noqa: E402 - the path is set above

from openbml_catalog.augmentation import default_policies, operators_of  # noqa: E402
from openbml_catalog.augmentation.settings import read_augmentation  # noqa: E402
from openbml_deep.augmentation import Augmenter, Scene, classification_view, image_random  # noqa: E402
from openbml_deep.augmentation.views import scene_boxes, scene_masks, scene_pixels  # noqa: E402

SIZES = {"image_classification": 224, "object_detection": 512, "instance_segmentation": 512}
SIZES |= {"semantic_segmentation": 512, "image_classification_multi_label": 224}


def photo(seed: int) -> Image.Image:
    small = Image.frombytes("RGB", (40, 30), random.Random(seed).randbytes(40 * 30 * 3))
    return small.resize((640, 480), Image.Resampling.BICUBIC)


def scene_of(task: str, seed: int) -> Scene:
    """Return a photo with five objects."""
    chance, image = random.Random(seed), photo(seed)
    boxes = []
    for _ in range(5):
        left, top = chance.randrange(500), chance.randrange(380)
        boxes.append((float(left), float(top), left + 120.0, top + 90.0))
    masks, class_map = [], None
    if task == "instance_segmentation":
        for box in boxes:
            masks.append(Image.new("L", image.size, 0))
            ImageDraw.Draw(masks[-1]).ellipse(box, fill=255)
    if task == "semantic_segmentation":
        class_map = Image.new("L", image.size, 0)
        for number, box in enumerate(boxes):
            ImageDraw.Draw(class_map).ellipse(box, fill=number + 1)
        boxes = []
    return Scene(image, tuple(boxes), tuple(range(len(boxes))), tuple(masks), class_map)


def settings_of(task: str) -> dict[str, dict[str, object]]:
    offered = list(operators_of(task))
    found = [
        {"name": name, "probability": 0.6, "group": place // 2} for place, name in enumerate(offered[:10])
    ]
    return {
        "none": {"mode": "none"},
        "default": {"mode": "default"},
        "a policy of 5 x 2": {"mode": "manual", "operators": found},
        "all operators, 0.3 each": {"mode": "manual", "operators": [{"name": name} for name in offered]},
    }


def images_per_second(task: str, setting: dict[str, object], images: int) -> float:
    augmenter = Augmenter(task, read_augmentation(setting, task), size=SIZES[task])
    scenes = [scene_of(task, seed) for seed in range(8)]
    started = time.process_time()
    for index in range(images):
        chance = image_random(1, 1, index)
        scene = scenes[index % len(scenes)]
        if task.startswith("image_classification"):
            classification_view(augmenter, scene.image, chance)
        else:
            done = augmenter.scene(index % 8, scenes.__getitem__, 8, chance)
            scene_pixels(done), scene_boxes(done), scene_masks(done)
    return images / (time.process_time() - started)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=200)
    images = parser.parse_args().images
    for task in default_policies():
        for name, setting in settings_of(task).items():
            print(f"{task:36} {name:26} {images_per_second(task, setting, images):8.0f} images/s")


if __name__ == "__main__":
    main()
