"""What is marked in an augmented scene, as the tensors that networks train on."""

import numpy as np
import torch

from openbml_deep.augmentation.views import scene_boxes, scene_masks
from openbml_deep.tasks.objects import Target
from openbml_formats.augmentation.scene import Scene


def scene_target(scene: Scene, *, with_masks: bool) -> Target:
    """Return the target of a detection (`with_masks` false) or instance segmentation scene."""
    return Target(
        torch.from_numpy(scene_boxes(scene)),
        torch.from_numpy(np.asarray(scene.classes, dtype=np.int64)),
        torch.from_numpy(scene_masks(scene)) if with_masks else None,
    )
