"""Image classification with one label for each image."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from openbml_deep.batches import PreparedBatches
from openbml_deep.export import export_onnx, framework_versions
from openbml_deep.networks.weights import started_network
from openbml_deep.samples import DecodedImages, annotated_images
from openbml_deep.scripts import ScriptedClassifier
from openbml_deep.splitting import counts_per_class
from openbml_deep.tasks.classification.batches import (
    Batch,
    BatchMaker,
    DeviceNormalisation,
    EvaluationViews,
    evaluation_input,
)
from openbml_deep.tasks.classification.labels import class_of
from openbml_deep.tasks.classification.options import ClassificationOptions
from openbml_deep.tasks.objects import AnnotatedImage
from openbml_deep.tasks.task import BuiltNetwork, Evaluated, TaskJob
from openbml_kit.classification_report import Basis, EvaluatedSample, Evaluation, classification_report
from openbml_kit.files import write_json
from openbml_kit.images import DECODER, RESIZE, Normalisation
from openbml_kit.model_manifest import MANIFEST_FILE, MODEL_FILE, ImageInput, ModelManifest, OnnxProof
from openbml_kit.snapshots import Manifest

# Real samples on which the exported graph is compared with torch.
_PROOF_SAMPLES = 32


class ClassificationTask:
    def __init__(self, job: TaskJob) -> None:
        self._job = job
        self._settings = job.settings
        self._options = ClassificationOptions.model_validate(job.settings.own)
        self._views: EvaluationViews | None = None

    def read(self, folder: Path, manifest: Manifest) -> list[AnnotatedImage]:
        labels = self._settings.labels
        return annotated_images(
            folder,
            manifest,
            lambda document: ((class_of(document, labels),), ()),
            self._job.note,
            workers=self._job.cores,
        )

    def build(self) -> BuiltNetwork:
        self._built = started_network(self._job)
        self._to_input = DeviceNormalisation(self._built.mean, self._built.std, self._job.device.torch)
        self._normalisation = Normalisation(self._built.mean, self._built.std)
        return self._built

    def batches(self, images: Sequence[AnnotatedImage], built: BuiltNetwork) -> PreparedBatches[Batch]:
        settings, device, cores = self._settings, self._job.device, self._job.cores
        make = BatchMaker(
            DecodedImages(images, input_size=settings.input_size, budget_bytes=self._job.memory_bytes),
            augmenter=self._job.augmenter,
            seed=settings.seed,
            mixup_alpha=self._options.mixup_alpha,
            pinned=device.is_cuda,
        )
        batches = PreparedBatches(
            len(images),
            make,
            batch_size=settings.batch_size,
            seed=settings.seed,
            workers=cores if device.is_cuda else max(1, cores // 4),
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
        return functional.cross_entropy(logits, targets, label_smoothing=self._options.label_smoothing)

    def evaluate(self, network: nn.Module, images: Sequence[AnnotatedImage]) -> Evaluated:
        logits, classes = self._logits(network, images), torch.from_numpy(_true(images))
        loss = float(functional.cross_entropy(logits, classes))
        accuracy = float((logits.argmax(dim=1) == classes).double().mean())
        return Evaluated({"eval_loss": loss, "eval_accuracy": accuracy}, quality=accuracy, tie_break=-loss)

    def report(
        self,
        network: nn.Module,
        images: Sequence[AnnotatedImage],
        training: Sequence[AnnotatedImage],
        basis: Basis,
    ) -> dict[str, Any]:
        scores = torch.softmax(self._logits(network, images).double(), dim=1).numpy()
        return classification_report(
            Evaluation([EvaluatedSample(row.sample_id, row.name) for row in images], scores, _true(images)),
            labels=self._settings.labels,
            basis=basis,
            training_counts=counts_per_class(training, self._settings.labels),
            context={},
        )

    def export(
        self,
        network: nn.Module,
        folder: Path,
        images: Sequence[AnnotatedImage],
        report: Mapping[str, Any],
    ) -> dict[str, Any]:
        views = self._views_of(images).first(_PROOF_SAMPLES)
        samples = np.concatenate([self._normalisation.planes(view) for view in views])
        proof = export_onnx(network, folder / MODEL_FILE, samples=samples)
        manifest = self._manifest(proof, report)
        write_json(folder / MANIFEST_FILE, manifest.model_dump(mode="json"))
        return proof.model_dump(mode="json")

    def _manifest(self, proof: OnnxProof, report: Mapping[str, Any]) -> ModelManifest:
        settings, built = self._settings, self._built
        return ModelManifest(
            task=settings.task,
            network=settings.network,
            labels=settings.labels,
            input=ImageInput(
                size=settings.input_size, mean=built.mean, std=built.std, resize=RESIZE, decoder=DECODER
            ),
            recommended_threshold=report["recommended_threshold"],
            onnx=proof,
            weights_source=built.weights_source,
            run_id=settings.run_id,
            snapshot_id=report["dataset"][0]["snapshot_id"],
            framework_versions=framework_versions(),
        )

    def _views_of(self, images: Sequence[AnnotatedImage]) -> EvaluationViews:
        if self._views is None or self._views.images is not images:
            self._views = EvaluationViews(
                images,
                input_size=self._settings.input_size,
                budget_bytes=self._job.memory_bytes // 4,
                workers=self._job.cores,
            )
        return self._views

    @torch.inference_mode()
    def _logits(self, network: nn.Module, images: Sequence[AnnotatedImage]) -> torch.Tensor:
        """Return shape `(n, n_classes)`, on the CPU."""
        parts = []
        for pixels in self._views_of(images).chunks(self._evaluated_together):
            planes = evaluation_input(pixels, self._normalisation, self._job.device.torch)
            parts.append(network(planes).float().cpu())
        return torch.cat(parts)


def _true(images: Sequence[AnnotatedImage]) -> np.ndarray[Any, np.dtype[np.int64]]:
    return np.array([image.classes[0] for image in images], dtype=np.int64)


def task(job: TaskJob) -> ClassificationTask:
    return ClassificationTask(job)
