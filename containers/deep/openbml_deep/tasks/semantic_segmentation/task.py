"""Semantic segmentation: the class of every pixel."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from openbml_deep.augmentation import Scene, scene_map
from openbml_deep.batches import PreparedBatches
from openbml_deep.export import TaskModel, write_model
from openbml_deep.networks.interfaces import SemanticNetwork
from openbml_deep.networks.semantic.pixel_classifier import PixelClassifier, PixelLoss
from openbml_deep.networks.weights import started_network
from openbml_deep.samples import annotated_images
from openbml_deep.splitting import counts_per_class
from openbml_deep.tasks.detection.evaluation_views import EvaluationViews
from openbml_deep.tasks.drawn_regions import class_map
from openbml_deep.tasks.letterboxed_inputs import LetterboxedInputs
from openbml_deep.tasks.objects import IGNORED, AnnotatedImage
from openbml_deep.tasks.regions import RegionReader
from openbml_deep.tasks.scene_batches import SceneBatchMaker, scene_batches
from openbml_deep.tasks.semantic_segmentation.options import SemanticOptions, balanced_weights
from openbml_deep.tasks.task import BuiltNetwork, Evaluated, TaskJob
from openbml_deep.tasks.training_scenes import TrainingScenes, with_class_map
from openbml_kit.faults import UserFault
from openbml_kit.letterbox import RESIZE
from openbml_kit.model_manifest import Outputs
from openbml_kit.report_basis import WRONG_EXAMPLES, Basis, EvaluatedSample
from openbml_kit.segmentation_report import PixelCounts, semantic_report
from openbml_kit.snapshots import Manifest

# Real images on which the exported graph is compared with torch.
_PROOF_SAMPLES = 8
_LOOKED_AT_TOGETHER = 8
# Maps hold a class in a byte: one value is the background's, one counts for nothing.
_MOST_LABELS = IGNORED - 1
# Of the mean score of a label's pixels: serving shows the whole map that was evaluated.
_THRESHOLD = 0.0


@dataclass(frozen=True)
class Batch:
    """Pixels: shape (n, size, size, 3), uint8; maps: shape (n, size, size), uint8."""

    pixels: torch.Tensor
    maps: torch.Tensor


class SemanticTask:
    def __init__(self, job: TaskJob) -> None:
        self._job = job
        self._settings = job.settings
        self._options = SemanticOptions.model_validate(job.settings.own)

    def read(self, folder: Path, manifest: Manifest) -> list[AnnotatedImage]:
        """An image without a region is kept: all of it is background."""
        if len(self._settings.labels) > _MOST_LABELS:
            raise UserFault(f"semantic segmentation takes at most {_MOST_LABELS} labels")
        reader = RegionReader(self._settings.labels, with_masks=True)
        images = annotated_images(folder, manifest, reader, self._job.note, workers=self._job.cores)
        reader.tell(self._job.note)
        return images

    def build(self) -> BuiltNetwork:
        self._built = started_network(self._job)
        self._inputs = LetterboxedInputs(self._job, self._built)
        return self._built

    def batches(self, images: Sequence[AnnotatedImage], built: BuiltNetwork) -> PreparedBatches[Batch]:
        job, settings = self._job, self._settings
        balanced = settings.class_balance == "loss"
        cast(PixelClassifier, built.network).criterion = PixelLoss(
            class_weights=balanced_weights(images, len(settings.labels)) if balanced else None,
            dice_weight=self._options.dice_weight,
        )
        scenes = TrainingScenes(
            images, with_class_map, input_size=settings.input_size, budget_bytes=job.memory_bytes
        )
        make = SceneBatchMaker(scenes, job.augmenter, _batch, seed=settings.seed, pinned=job.device.is_cuda)
        return scene_batches(job, make, images)

    def loss(self, network: nn.Module, batch: Batch) -> torch.Tensor:
        images = self._inputs.of_batch(batch.pixels)
        maps = batch.maps.to(self._job.device.torch, non_blocking=True).long()
        return torch.stack(list(cast(SemanticNetwork, network).losses(images, maps).values())).sum()

    def evaluate(self, network: nn.Module, images: Sequence[AnnotatedImage]) -> Evaluated:
        figures = self._counted(network, images, examples=0).figures()
        return Evaluated(
            {"eval_miou": figures["miou"], "eval_pixel_accuracy": figures["pixel_accuracy"]},
            quality=figures["miou"],
            tie_break=figures["pixel_accuracy"],
        )

    @torch.inference_mode()
    def predicted(self, network: nn.Module, images: Sequence[AnnotatedImage]) -> list[dict[str, Any]]:
        return [
            {
                "sample_id": image.sample_id,
                "name": image.name,
                "true": self._shares(class_map(image, image.width, image.height)),
                "predicted": self._shares(found),
            }
            for image, found in self._found(network, self._inputs.new_views(images, budget_bytes=0))
        ]

    def report(
        self,
        network: nn.Module,
        images: Sequence[AnnotatedImage],
        training: Sequence[AnnotatedImage],
        basis: Basis,
    ) -> dict[str, Any]:
        labels = self._settings.labels
        counts = self._counted(network, images, examples=WRONG_EXAMPLES)
        report = semantic_report(
            counts, labels=labels, basis=basis, training_counts=counts_per_class(training, labels)
        )
        return {**report, "recommended_threshold": _THRESHOLD}

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
            Outputs(kind="class_scores"),
            resize=RESIZE,
            planes=self._inputs.first_planes,
            evaluate=self.evaluate,
            proof_samples=_PROOF_SAMPLES,
        )
        return write_model(network, folder, model, evaluated=images, training=training, report=report)

    @torch.inference_mode()
    def _counted(self, network: nn.Module, images: Sequence[AnnotatedImage], *, examples: int) -> PixelCounts:
        """Return the pixels of the original images by their true and found class."""
        counts = PixelCounts(len(self._settings.labels), examples=examples)
        for image, found in self._found(network, self._inputs.views_of(images)):
            counts.add(
                EvaluatedSample(image.sample_id, image.name),
                true=class_map(image, image.width, image.height),
                found=found,
            )
        return counts

    def _found(
        self, network: nn.Module, views: EvaluationViews
    ) -> Iterator[tuple[AnnotatedImage, npt.NDArray[np.integer[Any]]]]:
        """Yield each image with its map of found classes, shape (height, width)."""
        for shown, pixels in views.chunks(_LOOKED_AT_TOGETHER):
            planes = self._inputs.of_views(pixels)
            scores = torch.softmax(cast(SemanticNetwork, network).logits(planes).float(), dim=1)
            for view, found in zip(shown, scores.cpu().numpy(), strict=True):
                classes, _ = view.place.scores_to_image(found)
                yield views.images[view.index], classes

    def _shares(self, classes: npt.NDArray[np.integer[Any]]) -> list[dict[str, Any]]:
        """Return the share of the pixels of each label that is there, the largest first."""
        labels = self._settings.labels
        counts = np.bincount(classes.ravel(), minlength=IGNORED + 1)[1 : len(labels) + 1]
        places = (-counts).argsort(kind="stable").tolist()
        return [
            {"label": labels[place], "share": round(int(counts[place]) / classes.size, 4)}
            for place in places
            if counts[place]
        ]


def _batch(pixels: torch.Tensor, squares: Sequence[Scene]) -> Batch:
    maps = np.stack([scene_map(square).astype(np.uint8) for square in squares])
    return Batch(pixels, torch.from_numpy(maps))


def task(job: TaskJob) -> SemanticTask:
    return SemanticTask(job)
