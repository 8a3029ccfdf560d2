"""The training loop: one epoch after another, check-pointed, resumable, stoppable after any step."""

import math
import time
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

import torch

from openbml_deep.engine.averaging import MovingAverage
from openbml_deep.engine.checkpoints import Checkpoints
from openbml_deep.engine.device import Device
from openbml_deep.engine.history import EpochFigures, History
from openbml_deep.engine.optimisation import build_optimizer, learning_rate_at, set_learning_rate
from openbml_deep.engine.stopping import StopRequest
from openbml_deep.settings import TrainingSettings
from openbml_deep.tasks.objects import AnnotatedImage
from openbml_deep.tasks.task import Batches, BuiltNetwork, VisionTask
from openbml_kit.faults import UserFault
from openbml_kit.progress import Progress

B = TypeVar("B")


class Trainer(Generic[B]):
    """Owns everything that changes while training; `run` leaves the best model in `averaged.model`."""

    def __init__(
        self,
        task: VisionTask[B],
        built: BuiltNetwork,
        batches: Batches[B],
        settings: TrainingSettings,
        device: Device,
    ) -> None:
        self._task = task
        self._settings = settings
        self._batches = batches
        self._device = device
        self.model = built.network.to(device.torch, memory_format=torch.channels_last)
        self.averaged = MovingAverage(self.model, decay=settings.ema_decay)
        self._optimizer = build_optimizer(self.model, settings)
        self._scaler = torch.amp.GradScaler(device.torch.type, enabled=device.scaled)
        self.history = History()
        self._best: dict[str, torch.Tensor] = {}

    def run(
        self,
        evaluated: Sequence[AnnotatedImage],
        *,
        checkpoints: Checkpoints,
        stop: StopRequest,
        progress: Progress,
    ) -> str | None:
        """Train what is left to train; return why it ended early, or None.

        Raises:
            UserFault: the loss is no longer a number.
        """
        self._resume(checkpoints, stop, progress.note)
        while len(self.history) < self._settings.epochs and stop.reason is None:
            figures = self._epoch(len(self.history) + 1, evaluated, stop)
            if figures is None:
                break
            self._record(figures)
            if figures.complete:
                best_epoch = self.history.best_epoch
                checkpoints.save(figures.epoch, self._state(stop), best_epoch=best_epoch, best=self._best)
            progress.epoch(**{"epochs": self._settings.epochs, **_rounded(figures.shown())})
            if not figures.complete:
                break
        if self._best:
            self.averaged.model.load_state_dict(self._best)
        self.averaged.model.eval()
        done = len(self.history) >= self._settings.epochs and self.history.complete
        return None if done else stop.reason

    def close(self) -> None:
        self._batches.close()

    def step(self, batch: B) -> torch.Tensor:
        """Do one optimiser step and return its loss, still on the device."""
        with self._device.autocast():
            loss = self._task.loss(self.model, batch)
        self._scaler.scale(loss).backward()
        self._scaler.step(self._optimizer)
        self._scaler.update()
        self._optimizer.zero_grad(set_to_none=True)
        self.averaged.update()
        return loss.detach()

    def _epoch(
        self, epoch: int, evaluated: Sequence[AnnotatedImage], stop: StopRequest
    ) -> EpochFigures | None:
        """Return the epoch's figures; None when it was stopped and an earlier epoch, or nothing, is kept."""
        # Of dropout: an epoch's randomness needs no saved state.
        torch.manual_seed(self._settings.seed * 1_000_003 + epoch)
        started, steps, rate = time.monotonic(), 0, 0.0
        losses = torch.zeros((), device=self._device.torch)
        self.model.train()
        for batch in self._batches.epoch(epoch):
            if stop.reason is not None:
                break
            rate = self._rate(epoch, steps)
            set_learning_rate(self._optimizer, rate)
            losses += self.step(batch)
            steps += 1
        complete = steps == len(self._batches)
        if steps == 0 or (len(self.history) and not complete):
            return None
        train_loss = float(losses) / steps
        seconds = time.monotonic() - started
        self.averaged.copy_counters()
        found = self._task.evaluate(self.averaged.model.eval(), evaluated)
        if not all(math.isfinite(value) for value in (train_loss, *found.figures.values())):
            raise UserFault(f"the loss of epoch {epoch} is not a number: take a smaller learning_rate")
        return EpochFigures(
            epoch,
            train_loss,
            dict(found.figures),
            found.quality,
            found.tie_break,
            rate,
            seconds,
            steps * self._batches.batch_size / seconds,
            complete,
        )

    def _rate(self, epoch: int, step: int) -> float:
        per_epoch = len(self._batches)
        return learning_rate_at(
            (epoch - 1) * per_epoch + step,
            peak=self._settings.learning_rate,
            warmup_steps=round(min(self._settings.warmup_epochs, self._settings.epochs / 2) * per_epoch),
            total_steps=self._settings.epochs * per_epoch,
        )

    def _record(self, figures: EpochFigures) -> None:
        self.history.epochs.append(figures)
        if self.history.best_epoch == figures.epoch:
            state = self.averaged.model.state_dict()
            self._best = {name: tensor.detach().cpu().clone() for name, tensor in state.items()}

    def _state(self, stop: StopRequest) -> dict[str, Any]:
        return {
            "model": self.model.state_dict(),
            "averaged": self.averaged.model.state_dict() if self._settings.ema_decay else None,
            "averaged_steps": self.averaged.steps,
            "optimizer": self._optimizer.state_dict(),
            "scaler": self._scaler.state_dict(),
            "history": self.history.state(),
            "seconds": stop.seconds,
        }

    def _resume(self, checkpoints: Checkpoints, stop: StopRequest, note: Callable[[str, str], None]) -> None:
        checkpoint = checkpoints.load(note)
        if checkpoint is None:
            return
        state = checkpoint.state
        self.model.load_state_dict(state["model"])
        if self._settings.ema_decay:
            self.averaged.model.load_state_dict(state["averaged"])
        self.averaged.steps = state["averaged_steps"]
        self._optimizer.load_state_dict(state["optimizer"])
        self._scaler.load_state_dict(state["scaler"])
        self.history = History.of_state(state["history"])
        self._best = checkpoint.best
        stop.count_earlier(state["seconds"])
        note("info", f"resumed after epoch {checkpoint.epoch} of {self._settings.epochs}")


def _rounded(row: dict[str, Any]) -> dict[str, float | int]:
    return {name: round(value, 6) if isinstance(value, float) else value for name, value in row.items()}
