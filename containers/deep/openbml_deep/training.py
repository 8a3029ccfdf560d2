"""The training loop: one epoch after another, check-pointed, resumable, stoppable after any step."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from openbml_deep.averaging import MovingAverage
from openbml_deep.batches import Batch, DeviceNormalisation, TrainingBatches, evaluation_input
from openbml_deep.checkpoints import Checkpoints
from openbml_deep.device import Device
from openbml_deep.models import BuiltModel
from openbml_deep.optimisation import build_optimizer, learning_rate_at, set_learning_rate
from openbml_deep.samples import EvaluationViews
from openbml_deep.settings import TrainingSettings
from openbml_deep.stopping import StopRequest
from openbml_kit.faults import UserFault
from openbml_kit.images import Normalisation
from openbml_kit.progress import Progress


@dataclass(frozen=True)
class EpochFigures:
    epoch: int
    train_loss: float
    eval_loss: float
    eval_accuracy: float
    learning_rate: float
    seconds: float
    images_per_second: float
    complete: bool = True


@dataclass(frozen=True)
class EvaluationSet:
    """The evaluated images and their classes, in one order."""

    views: EvaluationViews
    classes: np.ndarray[Any, np.dtype[np.int64]]


class Trainer:
    """Owns everything that changes while training; `run` leaves the best model in `averaged.model`."""

    def __init__(
        self, built: BuiltModel, batches: TrainingBatches, settings: TrainingSettings, device: Device
    ) -> None:
        self._settings = settings
        self._batches = batches
        self._device = device
        self.model = built.model.to(device.torch, memory_format=torch.channels_last)
        self.averaged = MovingAverage(self.model, decay=settings.ema_decay)
        self._optimizer = build_optimizer(self.model, settings)
        self._scaler = torch.amp.GradScaler(device.torch.type, enabled=device.scaled)
        self._to_input = DeviceNormalisation(built.mean, built.std, device.torch)
        self._evaluation_normalisation = Normalisation(built.mean, built.std)
        self.history: list[EpochFigures] = []
        self.best_epoch = 0
        self._best: dict[str, torch.Tensor] = {}

    @property
    def resumable_at(self) -> int:
        """The number of epochs done."""
        return len(self.history)

    def run(
        self, evaluation: EvaluationSet, *, checkpoints: Checkpoints, stop: StopRequest, progress: Progress
    ) -> str | None:
        """Train what is left to train; return why it ended early, or None.

        Raises:
            UserFault: the loss is no longer a number.
        """
        self._resume(checkpoints, stop, progress.note)
        while self.resumable_at < self._settings.epochs and stop.reason is None:
            figures = self._epoch(self.resumable_at + 1, evaluation, stop)
            if figures is None:
                break
            self._record(figures, evaluated=self.averaged.model)
            if figures.complete:
                best = self._best
                checkpoints.save(figures.epoch, self._state(stop), best_epoch=self.best_epoch, best=best)
            progress.epoch(**{"epochs": self._settings.epochs, **_shown(figures)})
            if not figures.complete:
                break
        if self._best:
            self.averaged.model.load_state_dict(self._best)
        return (
            stop.reason
            if self.resumable_at < self._settings.epochs or not self.history[-1].complete
            else None
        )

    def scores(self, views: EvaluationViews) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Return the averaged model's probabilities, shape `(n, n_classes)`."""
        logits = self._logits(views)
        return torch.softmax(logits.double(), dim=1).numpy()

    def step(self, batch: Batch, mixing: np.random.Generator | None = None) -> torch.Tensor:
        """Do one optimiser step and return its loss, still on the device."""
        images = self._to_input(batch)
        targets = batch.targets.to(self._device.torch, non_blocking=True)
        with self._device.autocast():
            loss = self._loss(images, targets, mixing)
        self._scaler.scale(loss).backward()
        self._scaler.step(self._optimizer)
        self._scaler.update()
        self._optimizer.zero_grad(set_to_none=True)
        self.averaged.update()
        return loss.detach()

    def _loss(
        self, images: torch.Tensor, targets: torch.Tensor, mixing: np.random.Generator | None
    ) -> torch.Tensor:
        smoothing = self._settings.label_smoothing
        alpha = self._settings.mixup_alpha
        if mixing is None or alpha == 0:
            return functional.cross_entropy(self.model(images), targets, label_smoothing=smoothing)
        share = float(mixing.beta(alpha, alpha))
        logits = self.model(torch.lerp(images.flip(0), images, share))
        own = functional.cross_entropy(logits, targets, label_smoothing=smoothing)
        partner = functional.cross_entropy(logits, targets.flip(0), label_smoothing=smoothing)
        return share * own + (1 - share) * partner

    def _epoch(self, epoch: int, evaluation: EvaluationSet, stop: StopRequest) -> EpochFigures | None:
        """Return the epoch's figures; None when it was stopped and an earlier epoch, or nothing, is kept."""
        settings = self._settings
        torch.manual_seed(
            settings.seed * 1_000_003 + epoch
        )  # dropout: an epoch's randomness needs no saved state
        mixing = np.random.default_rng((settings.seed, epoch, 0, 1))
        started, steps, rate = time.monotonic(), 0, 0.0
        losses = torch.zeros((), device=self._device.torch)
        self.model.train()
        for batch in self._batches.epoch(epoch):
            if stop.reason is not None:
                break
            rate = self._rate(epoch, steps)
            set_learning_rate(self._optimizer, rate)
            losses += self.step(batch, mixing)
            steps += 1
        complete = steps == len(self._batches)
        if steps == 0 or (self.history and not complete):
            return None
        train_loss = float(losses) / steps
        seconds = time.monotonic() - started
        self.averaged.copy_counters()
        eval_loss, eval_accuracy = self._evaluated(evaluation)
        if not (np.isfinite(train_loss) and np.isfinite(eval_loss)):
            raise UserFault(f"the loss of epoch {epoch} is not a number: take a smaller learning_rate")
        speed = steps * self._batches.batch_size / seconds
        return EpochFigures(epoch, train_loss, eval_loss, eval_accuracy, rate, seconds, speed, complete)

    def _rate(self, epoch: int, step: int) -> float:
        per_epoch = len(self._batches)
        return learning_rate_at(
            (epoch - 1) * per_epoch + step,
            peak=self._settings.learning_rate,
            warmup_steps=round(min(self._settings.warmup_epochs, self._settings.epochs / 2) * per_epoch),
            total_steps=self._settings.epochs * per_epoch,
        )

    def _record(self, figures: EpochFigures, *, evaluated: nn.Module) -> None:
        best = self.history[self.best_epoch - 1] if self.best_epoch else None
        self.history.append(figures)
        if best is None or _order(figures) > _order(best):
            self.best_epoch = figures.epoch
            self._best = {
                name: tensor.detach().cpu().clone() for name, tensor in evaluated.state_dict().items()
            }

    def _evaluated(self, evaluation: EvaluationSet) -> tuple[float, float]:
        logits = self._logits(evaluation.views)
        classes = torch.from_numpy(evaluation.classes)
        loss = functional.cross_entropy(logits, classes)
        return float(loss), float((logits.argmax(dim=1) == classes).double().mean())

    @torch.inference_mode()
    def _logits(self, views: EvaluationViews) -> torch.Tensor:
        model = self.averaged.model.eval()
        size = max(32, self._batches.batch_size)
        parts = []
        for pixels in views.chunks(size):
            images = evaluation_input(pixels, self._evaluation_normalisation, self._device.torch)
            parts.append(model(images).float().cpu())
        return torch.cat(parts)

    def _state(self, stop: StopRequest) -> dict[str, Any]:
        return {
            "model": self.model.state_dict(),
            "averaged": self.averaged.model.state_dict() if self._settings.ema_decay else None,
            "averaged_steps": self.averaged.steps,
            "optimizer": self._optimizer.state_dict(),
            "scaler": self._scaler.state_dict(),
            "history": [asdict(figures) for figures in self.history],
            "best_epoch": self.best_epoch,
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
        self.history = [EpochFigures(**row) for row in state["history"]]
        self.best_epoch = state["best_epoch"]
        self._best = checkpoint.best
        stop.count_earlier(state["seconds"])
        note("info", f"resumed after epoch {checkpoint.epoch} of {self._settings.epochs}")


def _order(figures: EpochFigures) -> tuple[float, float]:
    return figures.eval_accuracy, -figures.eval_loss


def _shown(figures: EpochFigures) -> dict[str, float | int]:
    return {
        name: round(value, 6) if isinstance(value, float) else value
        for name, value in asdict(figures).items()
        if name != "complete"
    }
