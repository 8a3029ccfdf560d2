"""Exactly one label for each image: softmax and cross-entropy, judged by accuracy."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from openbml_deep.export import Activation
from openbml_deep.splitting import counts_per_class
from openbml_deep.tasks.classification.labels import only_class
from openbml_deep.tasks.objects import AnnotatedImage
from openbml_deep.tasks.task import Evaluated
from openbml_kit.classification_report import Basis, EvaluatedSample, Evaluation, classification_report
from openbml_kit.snapshots import SampleDocument


class SingleLabel:
    activation: Activation = "softmax"

    def __init__(self, labels: Sequence[str]) -> None:
        self._labels = labels
        self._weights: torch.Tensor | None = None

    def classes(self, document: SampleDocument) -> tuple[int, ...]:
        return (only_class(document, self._labels),)

    def targets(self, images: Sequence[AnnotatedImage]) -> torch.Tensor:
        return torch.tensor([image.classes[0] for image in images])

    def balance(self, training: Sequence[AnnotatedImage], device: torch.device) -> None:
        """Weigh each label by the inverse of its count; the mean weight of an image is 1."""
        counts = torch.tensor(counts_per_class(training, self._labels), dtype=torch.float32)
        self._weights = (counts.sum() / (len(counts) * counts.clamp(min=1))).to(device)

    def loss(self, logits: torch.Tensor, targets: torch.Tensor, *, smoothing: float) -> torch.Tensor:
        return functional.cross_entropy(logits, targets, weight=self._weights, label_smoothing=smoothing)

    def evaluate(self, logits: torch.Tensor, images: Sequence[AnnotatedImage]) -> Evaluated:
        classes = self.targets(images)
        loss = float(functional.cross_entropy(logits, classes))
        accuracy = float((logits.argmax(dim=1) == classes).double().mean())
        return Evaluated({"eval_loss": loss, "eval_accuracy": accuracy}, quality=accuracy, tie_break=-loss)

    def report(
        self,
        scores: torch.Tensor,
        images: Sequence[AnnotatedImage],
        training: Sequence[AnnotatedImage],
        basis: Basis,
    ) -> dict[str, Any]:
        true = np.array([image.classes[0] for image in images], dtype=np.int64)
        return classification_report(
            Evaluation([EvaluatedSample(row.sample_id, row.name) for row in images], scores.numpy(), true),
            labels=self._labels,
            basis=basis,
            training_counts=counts_per_class(training, self._labels),
            context={},
        )
