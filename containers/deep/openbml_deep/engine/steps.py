"""One step of the optimiser: gradients of one or several batches, clipped, scaled, and within the memory."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Generic, TypeVar

import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from openbml_deep.engine.cluster import World
from openbml_deep.engine.device import Device
from openbml_deep.engine.memory import image_count, is_out_of_memory, parts_of
from openbml_deep.settings import TrainingSettings
from openbml_deep.tasks.task import VisionTask
from openbml_kit.faults import UserFault

B = TypeVar("B")


class _Loss(nn.Module, Generic[B]):
    """The task's loss as a module's forward, which is what DistributedDataParallel synchronises."""

    def __init__(self, task: VisionTask[B], network: nn.Module) -> None:
        super().__init__()
        self._task = task
        self.network = network

    def forward(self, batch: B) -> torch.Tensor:
        return self._task.loss(self.network, batch)


class Stepper(Generic[B]):
    """Does the steps; `parts` is into how many parts a batch is cut, 1 until one did not fit."""

    def __init__(
        self,
        task: VisionTask[B],
        network: nn.Module,
        optimizer: torch.optim.Optimizer,
        settings: TrainingSettings,
        device: Device,
        *,
        note: Callable[[str, str], None],
        world: World,
    ) -> None:
        self._network = network
        self._optimizer = optimizer
        self._settings = settings
        self._device = device
        self._note = note
        self._world = world
        loss = _Loss(task, network)
        # A batch without objects leaves some of a detector's parameters without a gradient.
        self._loss: nn.Module = (
            DistributedDataParallel(loss, find_unused_parameters=True) if world.several else loss
        )
        self.scaler = torch.amp.GradScaler(device.torch.type, enabled=device.scaled)
        self.parts = 1

    def step(self, batches: Sequence[B]) -> torch.Tensor:
        """Do one step and return the mean loss of all images, still on the device.

        A batch that does not fit into the memory is cut in halves, from then on; their gradients add up, so
        that the step is that of the whole batch. Only batch normalisation sees the smaller parts.

        Raises:
            UserFault: a single image does not fit, or one of several processes has too little memory.
        """
        while True:
            try:
                loss = self._gradients(batches)
                break
            except RuntimeError as error:
                if not is_out_of_memory(error):
                    raise
                if self._world.several:
                    raise UserFault(
                        f"a batch of {image_count(batches[0])} images of {self._settings.input_size} px does "
                        "not fit into a machine's memory: take a smaller batch_size and more "
                        "gradient_accumulation"
                    ) from error
            self._halve(batches[0])
        self._descend()
        return loss

    def _gradients(self, batches: Sequence[B]) -> torch.Tensor:
        pieces = [piece for batch in batches for piece in parts_of(batch, self.parts)]
        if len(pieces) == 1:
            return self._backward(pieces[0], 1.0, last=True)
        counts = [image_count(piece) for piece in pieces]
        total = torch.zeros((), device=self._device.torch)
        for number, (piece, count) in enumerate(zip(pieces, counts, strict=True), start=1):
            total += self._backward(piece, count / sum(counts), last=number == len(pieces))
        return total

    def _backward(self, piece: B, share: float, *, last: bool) -> torch.Tensor:
        together = isinstance(self._loss, DistributedDataParallel) and not last
        with self._loss.no_sync() if together else nullcontext():
            with self._device.autocast():
                loss: torch.Tensor = self._loss(piece) * share
            self.scaler.scale(loss).backward()
        return loss.detach()

    def _descend(self) -> None:
        if self._settings.gradient_clip:
            self.scaler.unscale_(self._optimizer)
            nn.utils.clip_grad_norm_(self._network.parameters(), self._settings.gradient_clip)
        self.scaler.step(self._optimizer)
        self.scaler.update()
        self._optimizer.zero_grad(set_to_none=True)

    def _halve(self, batch: B) -> None:
        self._optimizer.zero_grad(set_to_none=True)
        if self._device.is_cuda:
            torch.cuda.empty_cache()
        images = image_count(batch)
        if self.parts >= images:
            raise UserFault(
                f"a single image of {self._settings.input_size} px does not fit into the memory: "
                "take a smaller input_size or network, or a larger machine"
            )
        self.parts *= 2
        self._note(
            "warning",
            f"a batch of {images} images does not fit into the memory: it goes in {self.parts} parts, whose "
            "gradients add up to the same step",
        )
