"""What one and several labels for each image change in a classification."""

from collections.abc import Sequence
from typing import Any, Protocol

import torch

from openbml_deep.export import Activation
from openbml_deep.tasks.objects import AnnotatedImage
from openbml_deep.tasks.task import Evaluated
from openbml_kit.report_basis import Basis
from openbml_kit.snapshots import SampleDocument


class LabelKind(Protocol):
    """Logits and scores have shape (n, labels); `activation` makes these of those."""

    activation: Activation

    def classes(self, document: SampleDocument) -> tuple[int, ...]:
        """Return the places of a sample's labels.

        Raises:
            UserFault: they do not fit the task.
        """

    def targets(self, images: Sequence[AnnotatedImage]) -> torch.Tensor:
        """Return what the loss compares the logits with, one row for each image."""

    def balance(self, training: Sequence[AnnotatedImage], device: torch.device) -> None:
        """Make rare labels weigh more in the loss from now on."""

    def loss(self, logits: torch.Tensor, targets: torch.Tensor, *, smoothing: float) -> torch.Tensor: ...

    def evaluate(self, logits: torch.Tensor, images: Sequence[AnnotatedImage]) -> Evaluated: ...

    def report(
        self,
        scores: torch.Tensor,
        images: Sequence[AnnotatedImage],
        training: Sequence[AnnotatedImage],
        basis: Basis,
    ) -> dict[str, Any]: ...
