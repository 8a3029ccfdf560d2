"""Instance segmentation: objects with their masks, each with one label."""

from collections.abc import Sequence
from typing import cast

import torch
from torch import nn

from openbml_deep.augmentation import Scene
from openbml_deep.augmentation.targets import scene_target
from openbml_deep.batches import PreparedBatches
from openbml_deep.networks.instance.masks import OneImageMaskGraph
from openbml_deep.networks.interfaces import DetectionNetwork
from openbml_deep.tasks.detection.batches import Batch
from openbml_deep.tasks.detection.task import DetectionTask
from openbml_deep.tasks.objects import AnnotatedImage
from openbml_deep.tasks.scene_batches import SceneBatchMaker, scene_batches
from openbml_deep.tasks.task import BuiltNetwork, TaskJob
from openbml_deep.tasks.training_scenes import TrainingScenes, with_masks
from openbml_kit.evaluated_objects import IouType
from openbml_kit.model_manifest import Outputs


class InstanceTask(DetectionTask):
    iou_type: IouType = "segm"
    with_masks = True

    def batches(self, images: Sequence[AnnotatedImage], built: BuiltNetwork) -> PreparedBatches[Batch]:
        job, settings = self._job, self._settings
        scenes = TrainingScenes(
            images, with_masks, input_size=settings.input_size, budget_bytes=job.memory_bytes
        )
        make = SceneBatchMaker(scenes, job.augmenter, _batch, seed=settings.seed, pinned=job.device.is_cuda)
        return scene_batches(job, make, images)

    def outputs(self, network: nn.Module) -> Outputs:
        graph = cast(OneImageMaskGraph, cast(DetectionNetwork, network).graph())
        return Outputs(kind="objects", mask_frame=graph.mask_frame)


def _batch(pixels: torch.Tensor, squares: Sequence[Scene]) -> Batch:
    return Batch(pixels, tuple(scene_target(square, with_masks=True) for square in squares))


def task(job: TaskJob) -> InstanceTask:
    return InstanceTask(job)
