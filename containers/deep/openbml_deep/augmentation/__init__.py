"""Augmentation in the training batches: what `openbml_formats.augmentation` does, as arrays and tensors.

A task's batches ask the job's augmenter for each image:

    augmenter = job.augmenter  # of a `TaskJob`
    random = image_random(seed, epoch, index)

    pixels = classification_view(augmenter, image, random)     # then augmenter.tone(random)

    scene = augmenter.scene(index, load, len(images), random)  # detection and segmentation
    pixels, target = scene_pixels(scene), scene_target(scene, with_masks=False)  # of `targets`
    class_map = scene_map(scene)                               # semantic segmentation

`load(index)` returns the `Scene` of a training image: an RGB image of any size, boxes in its pixels, masks
and class maps as images of mode L. `augmenter.scene` returns it in the network's square, where evaluation
would place it or, unless augmentation is off, moved and changed by chance.
"""

from openbml_deep.augmentation.views import classification_view, image_random, scene_map, scene_pixels
from openbml_formats.augmentation.augmenter import Augmenter
from openbml_formats.augmentation.policy import Policy
from openbml_formats.augmentation.scene import Scene

__all__ = [
    "Augmenter",
    "Policy",
    "Scene",
    "classification_view",
    "image_random",
    "scene_map",
    "scene_pixels",
]
