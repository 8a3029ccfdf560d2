"""Object detection: boxes of objects, each with one label."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import nn

from openbml_deep.batches import PreparedBatches
from openbml_deep.export import TaskModel, write_model
from openbml_deep.networks import NetworkPlan, build_network
from openbml_deep.networks.detection.anchors import PUBLISHED_SCALE, HasAnchors, Shapes, fitted_scale
from openbml_deep.networks.interfaces import DetectionNetwork
from openbml_deep.networks.weights import started_network
from openbml_deep.samples import annotated_images
from openbml_deep.tasks.detection.batches import Batch, BatchMaker
from openbml_deep.tasks.detection.evaluation_views import EvaluationViews, evaluated_images
from openbml_deep.tasks.detection.options import DetectionOptions
from openbml_deep.tasks.detection.training_views import TrainingViews, object_sides, with_sides
from openbml_deep.tasks.letterboxed_inputs import LetterboxedInputs
from openbml_deep.tasks.live_predictions import live_prediction
from openbml_deep.tasks.objects import AnnotatedImage, Found
from openbml_deep.tasks.regions import RegionReader
from openbml_deep.tasks.task import BuiltNetwork, Evaluated, TaskJob
from openbml_kit.detection_report import detection_figures, detection_report
from openbml_kit.evaluated_objects import EvaluatedImage, IouType
from openbml_kit.images import Pixels
from openbml_kit.letterbox import RESIZE
from openbml_kit.model_manifest import Outputs
from openbml_kit.report_basis import Basis
from openbml_kit.snapshots import Manifest

# Real images on which the exported graph is compared with torch.
_PROOF_SAMPLES = 8
# Squares that evaluation looks at at once, beyond which nothing gets faster.
_LOOKED_AT_TOGETHER = 8


class DetectionTask:
    """Instance segmentation is the same with masks: `with_masks`, and overlaps measured by them.

    Attributes:
        iou_type: what the figures and the report measure overlaps by.
    """

    iou_type: IouType = "bbox"
    with_masks = False

    def __init__(self, job: TaskJob) -> None:
        self._job = job
        self._settings = job.settings
        self._options = DetectionOptions.model_validate(job.settings.own)
        self._object_sides: Shapes | None = None

    def read(self, folder: Path, manifest: Manifest) -> list[AnnotatedImage]:
        """An image without a box is kept: it teaches what is no object."""
        reader = RegionReader(self._settings.labels, with_masks=self.with_masks)
        images = annotated_images(folder, manifest, reader, self._job.note, workers=self._job.cores)
        reader.tell(self._job.note)
        images = [image if image.width else with_sides(image) for image in images]
        if self._object_sides is None:  # the training set is read first
            self._object_sides = object_sides(
                images, input_size=self._settings.input_size, tile=self._options.tile
            )
        return images

    def build(self) -> BuiltNetwork:
        self._built = started_network(self._job, self._structure())
        self._inputs = LetterboxedInputs(self._job, self._built, tile=self._options.tile)
        return self._built

    def _structure(self) -> dict[str, int]:
        """Return the hyper-parameters that change the network's structure; a scale that is not given is
        fitted to the objects."""
        settings, options = self._settings, self._options
        if not settings.catalogue_network.anchors:
            return {}
        ratio = {"anchor_ratio": options.anchor_ratio}
        if options.anchor_scale or self._object_sides is None:
            return {"anchor_scale": options.anchor_scale or PUBLISHED_SCALE, **ratio}
        plan = NetworkPlan(settings.catalogue_network, len(settings.labels), settings.input_size, ratio)
        published = build_network(plan)
        if not isinstance(published, HasAnchors):
            return {"anchor_scale": PUBLISHED_SCALE, **ratio}
        scale = fitted_scale(published.anchor_shapes(), self._object_sides)
        self._job.note("info", f"anchor_scale {scale} fits the training objects (8 = as published)")
        return {"anchor_scale": scale, **ratio}

    def batches(self, images: Sequence[AnnotatedImage], built: BuiltNetwork) -> PreparedBatches[Batch]:
        settings, device = self._settings, self._job.device
        views = TrainingViews(
            images,
            input_size=settings.input_size,
            tile=self._options.tile,
            budget_bytes=self._job.memory_bytes,
        )
        make = BatchMaker(views, augmenter=self._job.augmenter, seed=settings.seed, pinned=device.is_cuda)
        return PreparedBatches(
            self._job.order(views.classes),
            make,
            batch_size=settings.batch_size,
            workers=self._job.loading_threads,
        )

    def loss(self, network: nn.Module, batch: Batch) -> torch.Tensor:
        images = self._inputs.of_batch(batch.pixels)
        targets = [target.to(self._job.device.torch) for target in batch.targets]
        return torch.stack(list(cast(DetectionNetwork, network).losses(images, targets).values())).sum()

    def evaluate(self, network: nn.Module, images: Sequence[AnnotatedImage]) -> Evaluated:
        figures = detection_figures(
            self._evaluated(network, images), label_count=len(self._settings.labels), iou_type=self.iou_type
        )
        return Evaluated(
            {"eval_map50": figures["map50"], "eval_map": figures["map"]},
            quality=figures["map50"],
            tie_break=figures["map"],
        )

    def predicted(self, network: nn.Module, images: Sequence[AnnotatedImage]) -> list[dict[str, Any]]:
        evaluated = self._evaluated_in(network, self._inputs.new_views(images, budget_bytes=0))
        return [live_prediction(image, self._settings.labels) for image in evaluated]

    def report(
        self,
        network: nn.Module,
        images: Sequence[AnnotatedImage],
        training: Sequence[AnnotatedImage],
        basis: Basis,
    ) -> dict[str, Any]:
        labels = self._settings.labels
        counts = np.bincount(
            [region.class_index for image in training for region in image.regions], minlength=len(labels)
        )
        return detection_report(
            self._evaluated(network, images),
            labels=labels,
            iou_type=self.iou_type,
            basis=basis,
            training_counts=counts.tolist(),
        )

    def export(
        self,
        network: nn.Module,
        folder: Path,
        images: Sequence[AnnotatedImage],
        training: Sequence[AnnotatedImage],
        report: Mapping[str, Any],
    ) -> dict[str, Any]:
        model = TaskModel(
            self._job,
            self._built,
            self.outputs(network),
            resize=RESIZE,
            planes=self._inputs.first_planes,
            evaluate=self.evaluate,
            proof_samples=_PROOF_SAMPLES,
            tile=self._options.tile,
        )
        return write_model(network, folder, model, evaluated=images, training=training, report=report)

    def outputs(self, network: nn.Module) -> Outputs:
        """Return what the exported graph gives."""
        del network
        return Outputs(kind="objects")

    def _evaluated(self, network: nn.Module, images: Sequence[AnnotatedImage]) -> list[EvaluatedImage]:
        return self._evaluated_in(network, self._inputs.views_of(images))

    def _evaluated_in(self, network: nn.Module, views: EvaluationViews) -> list[EvaluatedImage]:
        def find(pixels: list[Pixels]) -> list[Found]:
            planes = self._inputs.of_views(pixels)
            return cast(DetectionNetwork, network).found(planes)

        return evaluated_images(views, find, together=_LOOKED_AT_TOGETHER, with_masks=self.with_masks)


def task(job: TaskJob) -> DetectionTask:
    return DetectionTask(job)
