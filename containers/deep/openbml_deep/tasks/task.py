"""What the engine asks of a task. One object per job; its members are called in the order they stand here."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

import torch
from torch import nn

from openbml_deep.augmentation import Augmenter
from openbml_deep.tasks.objects import AnnotatedImage
from openbml_kit.snapshots import Manifest

B = TypeVar("B")


@dataclass(frozen=True)
class BuiltNetwork:
    """A network with as many outputs as the job has labels; `mean` and `std` are of its input, for pixels
    in 0..1."""

    network: nn.Module
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    weights_source: str


@dataclass(frozen=True)
class Evaluated:
    """One evaluation: the figures of the catalogue's task entry, and the one that says which epoch is best.

    Attributes:
        quality: higher is better; ties are broken by `tie_break`, higher is better too.
    """

    figures: Mapping[str, float]
    quality: float
    tie_break: float = 0.0


class Batches(Protocol[B]):
    """The training batches; every random choice depends on the seed, the epoch and the image only."""

    batch_size: int

    def __len__(self) -> int: ...

    def epoch(self, epoch: int) -> Iterator[B]:
        """Yield the batches of an epoch, counted from 1."""

    def close(self) -> None: ...


class VisionTask(Protocol[B]):
    def read(self, folder: Path, manifest: Manifest) -> list[AnnotatedImage]:
        """Return the readable samples of a snapshot in order of their ids; unreadable ones are noted and
        left out.

        Raises:
            UserFault: the annotations do not fit the task or the job's labels.
        """

    def build(self) -> BuiltNetwork: ...

    def batches(
        self, images: Sequence[AnnotatedImage], built: BuiltNetwork, augmenter: Augmenter
    ) -> Batches[B]:
        """Return the training batches of images that go through the augmenter (`openbml_deep.augmentation`).

        A search for a policy asks for several, each of other images or with another augmenter.
        """

    def loss(self, network: nn.Module, batch: B) -> torch.Tensor:
        """Return the scalar to minimise; the network is in training mode, autocast is on where the job
        uses it."""

    def evaluate(self, network: nn.Module, images: Sequence[AnnotatedImage]) -> Evaluated:
        """Evaluate as serving predicts; the network is in evaluation mode. Called after every epoch."""

    def report(
        self, network: nn.Module, images: Sequence[AnnotatedImage], training: Sequence[AnnotatedImage]
    ) -> dict[str, Any]:
        """Return the task's part of `report.json`."""

    def export(self, network: nn.Module, folder: Path, images: Sequence[AnnotatedImage]) -> dict[str, Any]:
        """Write the model's files with `model.json` to the folder, prove them, and return the proof for
        the report."""
