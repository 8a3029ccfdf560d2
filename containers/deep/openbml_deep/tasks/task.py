"""What the engine asks of a task. One object per job; its members are called in the order they stand here."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol, TypeVar

import torch
from torch import nn

from openbml_deep.augmentation import Augmenter, Policy
from openbml_deep.engine.cluster import ALONE, World
from openbml_deep.engine.device import Device
from openbml_deep.sampling import EpochOrder
from openbml_deep.scripts.user_script import UserScript
from openbml_deep.settings import TrainingSettings
from openbml_deep.tasks.objects import AnnotatedImage
from openbml_kit.report_basis import Basis
from openbml_kit.snapshots import Manifest

B = TypeVar("B")


@dataclass(frozen=True)
class TaskJob:
    """What a task knows of its job.

    Attributes:
        weights_folder: the channel `weights`, None where the job has none.
        base_folder: the channel `base`: what an earlier run left, to train on from.
        memory_bytes: what decoded images may take, training and evaluation together.
        script: the user's, None where the preset network is trained.
        policy: operators that training images get instead of those of the settings.
        should_stop: whether long work beside the training has to come to its end.
    """

    settings: TrainingSettings
    device: Device
    cores: int
    note: Callable[[str, str], None]
    weights_folder: Path | None
    memory_bytes: int
    base_folder: Path | None = None
    world: World = ALONE
    script: UserScript | None = None
    policy: Policy | None = None
    should_stop: Callable[[], bool] = lambda: False

    @property
    def loading_threads(self) -> int:
        """Threads that prepare batches: all cores beside an accelerator, else few beside the network."""
        return self.cores if self.device.is_cuda else max(1, self.cores // 4)

    def order(self, classes: Sequence[tuple[int, ...]]) -> EpochOrder:
        """Return the order in which the epochs take what training looks at, given the classes of each."""
        return EpochOrder(
            classes,
            seed=self.settings.seed,
            balanced=self.settings.class_balance == "sampling",
            rank=self.world.rank,
            size=self.world.size,
        )

    @cached_property
    def augmenter(self) -> Augmenter:
        """What chance does to the training images: see `openbml_deep.augmentation`."""
        settings = self.settings
        return Augmenter(
            settings.task,
            settings.augmentation,
            size=settings.input_size,
            labels=settings.labels,
            policy=self.policy,
        )


@dataclass(frozen=True)
class BuiltNetwork:
    """A network with as many outputs as the job has labels.

    Attributes:
        mean, std: of its input, for pixels in 0..1.
        weights_source: a tag of the weights registry, `base:<run>` or `scratch`.
        head: names of the parameters and buffers whose shape depends on the number of labels.
    """

    network: nn.Module
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    weights_source: str
    head: frozenset[str] = frozenset()


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
    """The training batches; every random choice depends on the seed, the epoch and the image only.

    A batch is a frozen dataclass. Each of its fields is a tensor or a sequence with one entry per image, or
    a value of the whole batch: so the engine can cut one that does not fit into the memory.
    """

    @property
    def batch_size(self) -> int: ...

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

    def batches(self, images: Sequence[AnnotatedImage], built: BuiltNetwork) -> Batches[B]: ...

    def loss(self, network: nn.Module, batch: B) -> torch.Tensor:
        """Return the scalar to minimise; the network is in training mode, autocast is on where the job
        uses it. The batch lies in the machine's memory: bring it to the job's device."""

    def evaluate(self, network: nn.Module, images: Sequence[AnnotatedImage]) -> Evaluated:
        """Evaluate as serving predicts; the network is in evaluation mode. Called after every epoch, each
        time with the same images: what was decoded may be kept."""

    def predicted(self, network: nn.Module, images: Sequence[AnnotatedImage]) -> list[dict[str, Any]]:
        """Return what the network says of a few evaluated images, for the page of the running job.

        Each has `sample_id`, `name`, `true` and `predicted`; these two are lists of `{label, score?}` of an
        image's classes, of `{label, box, score?}` of its objects in pixels of the original image, or of
        `{label, share}` of the pixels of a semantic map.
        """

    def report(
        self,
        network: nn.Module,
        images: Sequence[AnnotatedImage],
        training: Sequence[AnnotatedImage],
        basis: Basis,
    ) -> dict[str, Any]:
        """Return the task's part of `report.json`; the engine adds what it knows: task, run, params,
        dataset, history."""

    def export(
        self,
        network: nn.Module,
        folder: Path,
        images: Sequence[AnnotatedImage],
        training: Sequence[AnnotatedImage],
        report: Mapping[str, Any],
    ) -> dict[str, Any]:
        """Write the model's files with `model.json` to the folder, prove them, and return the proof, which
        becomes `onnx` of the report.

        Args:
            images: the evaluated ones; the proof and the loss of smaller files are measured on them.
            training: what an int8 file's ranges are taken from.
            report: the whole report, with `recommended_threshold`, `weights_source`, `dataset`.
        """
