"""Image classification with one or several labels for each image."""

from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from openbml_deep.batches import PreparedBatches
from openbml_deep.export import TaskModel, write_model
from openbml_deep.networks.weights import started_network
from openbml_deep.samples import DecodedImages, annotated_images
from openbml_deep.scripts import ScriptedClassifier
from openbml_deep.tasks.classification.batches import (
    Batch,
    BatchMaker,
    DeviceNormalisation,
    EvaluationViews,
    evaluation_input,
)
from openbml_deep.tasks.classification.kinds import LabelKind
from openbml_deep.tasks.classification.multi_label import MultiLabel
from openbml_deep.tasks.classification.options import ClassificationOptions
from openbml_deep.tasks.classification.single_label import SingleLabel
from openbml_deep.tasks.objects import AnnotatedImage
from openbml_deep.tasks.task import BuiltNetwork, Evaluated, TaskJob
from openbml_kit.classification_report import Basis
from openbml_kit.images import RESIZE, Normalisation, Pixels
from openbml_kit.model_manifest import Outputs
from openbml_kit.snapshots import Manifest

# Real samples on which the exported graph is compared with torch.
_PROOF_SAMPLES = 32
# Labels of a live prediction.
_SHOWN_LABELS = 3


def task(job: TaskJob) -> "ClassificationTask":
    labels = job.settings.labels
    several = job.settings.task == "image_classification_multi_label"
    kind = MultiLabel(labels) if several else SingleLabel(labels)
    if job.settings.catalogue_network.adapter == "supernet":
        return import_module("openbml_deep.nas.task").SupernetTask(job, kind)
    return ClassificationTask(job, kind)


class ClassificationTask:
    def __init__(self, job: TaskJob, kind: LabelKind) -> None:
        self._job = job
        self._kind = kind
        self._settings = job.settings
        self._options = ClassificationOptions.model_validate(job.settings.own)
        self._views: EvaluationViews | None = None
        self._evaluated_together = max(32, job.settings.batch_size)

    def read(self, folder: Path, manifest: Manifest) -> list[AnnotatedImage]:
        return annotated_images(
            folder,
            manifest,
            lambda document: (self._kind.classes(document), ()),
            self._job.note,
            workers=self._job.cores,
        )

    def build(self) -> BuiltNetwork:
        return self.with_network(started_network(self._job, {"subnet": self._settings.own.get("subnet", "")}))

    def with_network(self, built: BuiltNetwork) -> BuiltNetwork:
        """Work with this network: evaluate, report and export it."""
        self._built = built
        self._to_input = DeviceNormalisation(self._built.mean, self._built.std, self._job.device.torch)
        self._normalisation = Normalisation(self._built.mean, self._built.std)
        return built

    def batches(self, images: Sequence[AnnotatedImage], built: BuiltNetwork) -> PreparedBatches[Batch]:
        settings, device = self._settings, self._job.device
        if settings.class_balance == "loss":
            self._kind.balance(images, device.torch)
        make = BatchMaker(
            DecodedImages(images, input_size=settings.input_size, budget_bytes=self._job.memory_bytes),
            self._kind,
            augmenter=self._job.augmenter,
            seed=settings.seed,
            mixup_alpha=self._options.mixup_alpha,
            pinned=device.is_cuda,
        )
        batches = PreparedBatches(
            self._job.order([image.classes for image in images]),
            make,
            batch_size=settings.batch_size,
            workers=self._job.loading_threads,
        )
        self._evaluated_together = max(32, batches.batch_size)
        return batches

    def loss(self, network: nn.Module, batch: Batch) -> torch.Tensor:
        images = self._to_input(batch)
        targets = batch.targets.to(self._job.device.torch, non_blocking=True)
        mixing = batch.mixing
        if mixing is None:
            return self._criterion(network, network(images), targets)
        logits = network(mixing.images(images))
        own = self._criterion(network, logits, targets)
        return mixing.loss(own, self._criterion(network, logits, targets.flip(0)))

    def _criterion(self, network: nn.Module, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        if isinstance(network, ScriptedClassifier):
            return network.loss(logits, targets)
        return self._kind.loss(logits, targets, smoothing=self._options.label_smoothing)

    def evaluate(self, network: nn.Module, images: Sequence[AnnotatedImage]) -> Evaluated:
        return self._kind.evaluate(self._logits(network, images), images)

    def predicted(self, network: nn.Module, images: Sequence[AnnotatedImage]) -> list[dict[str, Any]]:
        views = self._new_views(images, budget_bytes=0).first(len(images))
        scores = self._scores(self._forward(network, views))
        return [self._shown(image, row) for image, row in zip(images, scores, strict=True)]

    def report(
        self,
        network: nn.Module,
        images: Sequence[AnnotatedImage],
        training: Sequence[AnnotatedImage],
        basis: Basis,
    ) -> dict[str, Any]:
        return self._kind.report(self._scores(self._logits(network, images)), images, training, basis)

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
            Outputs(kind="scores"),
            resize=RESIZE,
            planes=self._planes,
            evaluate=self.evaluate,
            proof_samples=_PROOF_SAMPLES,
            activation=self._kind.activation,
        )
        return write_model(network, folder, model, evaluated=images, training=training, report=report)

    def _planes(self, images: Sequence[AnnotatedImage], count: int) -> torch.Tensor:
        views = self._new_views(images, budget_bytes=0).first(count)
        return torch.from_numpy(np.concatenate([self._normalisation.planes(view) for view in views]))

    def _shown(self, image: AnnotatedImage, scores: torch.Tensor) -> dict[str, Any]:
        labels = self._settings.labels
        best = scores.topk(min(_SHOWN_LABELS, len(labels)))
        return {
            "sample_id": image.sample_id,
            "name": image.name,
            "true": [{"label": labels[index]} for index in image.classes],
            "predicted": [
                {"label": labels[index], "score": round(score, 4)}
                for score, index in zip(best.values.tolist(), best.indices.tolist(), strict=True)
            ],
        }

    def _views_of(self, images: Sequence[AnnotatedImage]) -> EvaluationViews:
        if self._views is None or self._views.images is not images:
            self._views = self._new_views(images, budget_bytes=self._job.memory_bytes // 4)
        return self._views

    def _new_views(self, images: Sequence[AnnotatedImage], *, budget_bytes: int) -> EvaluationViews:
        return EvaluationViews(
            images,
            input_size=self._settings.input_size,
            budget_bytes=budget_bytes,
            workers=self._job.cores,
        )

    def _scores(self, logits: torch.Tensor) -> torch.Tensor:
        if self._kind.activation == "sigmoid":
            return torch.sigmoid(logits.double())
        return torch.softmax(logits.double(), dim=1)

    def _logits(self, network: nn.Module, images: Sequence[AnnotatedImage]) -> torch.Tensor:
        """Return shape `(n, n_classes)`, on the CPU."""
        chunks = self._views_of(images).chunks(self._evaluated_together)
        return torch.cat([self._forward(network, views) for views in chunks])

    @torch.inference_mode()
    def _forward(self, network: nn.Module, views: list[Pixels]) -> torch.Tensor:
        planes = evaluation_input(views, self._normalisation, self._job.device.torch)
        logits: torch.Tensor = network(planes).float().cpu()
        return logits
