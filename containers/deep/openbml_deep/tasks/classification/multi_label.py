"""Any number of labels for each image, none included: a sigmoid for each label, judged by mean AP."""

from collections.abc import Sequence
from typing import Any

import torch
from torch.nn import functional

from openbml_deep.export import Activation
from openbml_deep.splitting import counts_per_class
from openbml_deep.tasks.classification.labels import chosen_classes
from openbml_deep.tasks.objects import AnnotatedImage
from openbml_deep.tasks.task import Evaluated
from openbml_kit.multi_label_report import MultiLabelEvaluation, multi_label_figures, multi_label_report
from openbml_kit.report_basis import Basis, EvaluatedSample
from openbml_kit.snapshots import SampleDocument

# A label that hardly any image has would else drown all others in the loss.
_LARGEST_WEIGHT = 20.0


class MultiLabel:
    activation: Activation = "sigmoid"

    def __init__(self, labels: Sequence[str]) -> None:
        self._labels = labels
        self._weights: torch.Tensor | None = None

    def classes(self, document: SampleDocument) -> tuple[int, ...]:
        return chosen_classes(document, self._labels)

    def targets(self, images: Sequence[AnnotatedImage]) -> torch.Tensor:
        """Return shape (n, labels), float32 of 0 and 1."""
        rows = torch.zeros((len(images), len(self._labels)))
        for row, image in zip(rows, images, strict=True):
            row[list(image.classes)] = 1.0
        return rows

    def balance(self, training: Sequence[AnnotatedImage], device: torch.device) -> None:
        """Weigh a label's presence by its absences for each presence."""
        counts = torch.tensor(counts_per_class(training, self._labels), dtype=torch.float32)
        absences = (len(training) - counts) / counts.clamp(min=1)
        self._weights = absences.clamp(1 / _LARGEST_WEIGHT, _LARGEST_WEIGHT).to(device)

    def loss(self, logits: torch.Tensor, targets: torch.Tensor, *, smoothing: float) -> torch.Tensor:
        soft = targets * (1 - smoothing) + smoothing / 2
        return functional.binary_cross_entropy_with_logits(logits, soft, pos_weight=self._weights)

    def evaluate(self, logits: torch.Tensor, images: Sequence[AnnotatedImage]) -> Evaluated:
        targets = self.targets(images)
        loss = float(functional.binary_cross_entropy_with_logits(logits, targets))
        scores, true = torch.sigmoid(logits.double()).numpy(), targets.bool().numpy()
        found = multi_label_figures(scores, true)
        figures = {"eval_loss": loss, "eval_map": found["map"], "eval_accuracy": found["exact_match"]}
        return Evaluated(figures, quality=found["map"], tie_break=-loss)

    def report(
        self,
        scores: torch.Tensor,
        images: Sequence[AnnotatedImage],
        training: Sequence[AnnotatedImage],
        basis: Basis,
    ) -> dict[str, Any]:
        return multi_label_report(
            MultiLabelEvaluation(
                [EvaluatedSample(row.sample_id, row.name) for row in images],
                scores.numpy(),
                self.targets(images).bool().numpy(),
            ),
            labels=self._labels,
            basis=basis,
            training_counts=counts_per_class(training, self._labels),
        )
