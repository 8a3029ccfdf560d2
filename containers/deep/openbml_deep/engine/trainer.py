"""The training loop: one epoch after another, check-pointed, resumable, stoppable after any step."""

import math
import time
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

import torch
from torch import nn

from openbml_deep.engine.averaging import MovingAverage
from openbml_deep.engine.checkpoints import Checkpoints
from openbml_deep.engine.cluster import ALONE, World
from openbml_deep.engine.device import Device
from openbml_deep.engine.history import EpochFigures, History
from openbml_deep.engine.optimisation import Schedule, build_optimizer, layer_rates, set_learning_rate
from openbml_deep.engine.steps import Stepper
from openbml_deep.settings import TrainingSettings
from openbml_deep.tasks.objects import AnnotatedImage
from openbml_deep.tasks.task import Batches, BuiltNetwork, Evaluated, VisionTask
from openbml_kit.faults import UserFault
from openbml_kit.progress import Progress
from openbml_kit.stopping import NO_GAIN, SIGNAL, TIME_LIMIT, StopRequest

B = TypeVar("B")

# Steps between two looks at whether the loss is still a number, and whether another process was stopped.
_LOSS_LOOKED_AT = 50
_STOP_AGREED = 4
# Evaluated images whose predictions the page of a running job shows, and how often in a whole training.
_SHOWN_IMAGES = 4
_SHOWN_TIMES = 10
# What a process that does not lead says before it hears the leader.
_UNKNOWN = Evaluated({}, quality=0.0)


class Trainer(Generic[B]):
    """Owns everything that changes while training; `run` leaves the best model in `averaged.model`."""

    def __init__(
        self,
        task: VisionTask[B],
        built: BuiltNetwork,
        batches: Batches[B],
        settings: TrainingSettings,
        device: Device,
        *,
        note: Callable[[str, str], None],
        world: World = ALONE,
    ) -> None:
        self._task = task
        self._settings = settings
        self._batches = batches
        self._device = device
        self._world = world
        self.model: nn.Module = built.network.to(device.torch, memory_format=torch.channels_last)
        self.averaged = MovingAverage(self.model, decay=settings.ema_decay)
        self._optimizer = build_optimizer(
            self.model, settings, layer_rates(self.model, settings, built.head, note)
        )
        self._steps = Stepper(task, self.model, self._optimizer, settings, device, note=note, world=world)
        self._schedule = Schedule(
            settings.schedule,
            peak=settings.learning_rate,
            warmup_steps=round(min(settings.warmup_epochs, settings.epochs / 2) * self.steps_per_epoch),
            total_steps=settings.epochs * self.steps_per_epoch,
        )
        self.history = History()
        self._best: dict[str, torch.Tensor] = {}

    @property
    def steps_per_epoch(self) -> int:
        """The optimiser's steps; each takes `gradient_accumulation` batches, the last one what is left."""
        return -(-len(self._batches) // self._settings.gradient_accumulation)

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
            UserFault: the loss is no longer a number, or an image does not fit into the memory.
        """
        self._resume(checkpoints, stop, progress.note)
        ended = self._ended(stop)
        while len(self.history) < self._settings.epochs and ended is None:
            figures = self._epoch(len(self.history) + 1, evaluated, stop)
            if figures is not None:
                self._record(figures, checkpoints, stop, progress)
                self._show_predictions(figures.epoch, evaluated, progress)
            ended = self._ended(stop)
        if self._best:
            self.averaged.model.load_state_dict(self._best)
        self.averaged.model.eval()
        done = len(self.history) >= self._settings.epochs and self.history.complete
        return None if done else ended

    def close(self) -> None:
        self._batches.close()

    def step(self, *batches: B) -> torch.Tensor:
        """Do one optimiser step over the batches and return their mean loss, still on the device."""
        loss = self._steps.step(batches)
        self.averaged.update()
        return loss

    def _ended(self, stop: StopRequest) -> str | None:
        reason = self._world.first_of((SIGNAL, TIME_LIMIT), stop.reason)
        patience = self._settings.patience
        if reason is None and patience and self.history.epochs_without_gain >= patience:
            return NO_GAIN
        return reason

    def _epoch(
        self, epoch: int, evaluated: Sequence[AnnotatedImage], stop: StopRequest
    ) -> EpochFigures | None:
        """Return the epoch's figures; None when it was stopped and an earlier epoch, or nothing, is kept."""
        # Of dropout: an epoch's randomness needs no saved state.
        torch.manual_seed(self._settings.seed * 1_000_003 + epoch + 7919 * self._world.rank)
        started, steps, rate = time.monotonic(), 0, 0.0
        losses = torch.zeros((), device=self._device.torch)
        self.model.train()
        batches, group = self._batches.epoch(epoch), list[B]()
        for number, batch in enumerate(batches, start=1):
            group.append(batch)
            if len(group) < self._settings.gradient_accumulation and number < len(self._batches):
                continue
            if self._stopped(steps, stop):
                break
            rate = self._schedule.rate((epoch - 1) * self.steps_per_epoch + steps)
            set_learning_rate(self._optimizer, rate)
            losses += self.step(*group)
            group.clear()
            steps += 1
            if steps % _LOSS_LOOKED_AT == 0:
                _require_number(float(losses), epoch)
        complete = steps == self.steps_per_epoch
        if steps == 0 or (len(self.history) and not complete):
            return None
        train_loss = self._world.mean(float(losses) / steps)
        seconds = time.monotonic() - started
        self.averaged.copy_counters()
        found = self._evaluated(evaluated)
        _require_number(sum(found.figures.values(), start=train_loss), epoch)
        images = min(steps * self._settings.gradient_accumulation, len(self._batches))
        return EpochFigures(
            epoch,
            train_loss,
            dict(found.figures),
            found.quality,
            found.tie_break,
            rate,
            seconds,
            images * self._batches.batch_size * self._world.size / seconds,
            complete,
        )

    def _stopped(self, steps: int, stop: StopRequest) -> bool:
        if not self._world.several:
            return stop.reason is not None
        if steps % _STOP_AGREED:
            return False
        return self._world.first_of((SIGNAL, TIME_LIMIT), stop.reason) is not None

    def _evaluated(self, evaluated: Sequence[AnnotatedImage]) -> Evaluated:
        network = self.averaged.model.eval()
        found = self._task.evaluate(network, evaluated) if self._world.leads else _UNKNOWN
        return self._world.of_leader(found)

    def _record(
        self, figures: EpochFigures, checkpoints: Checkpoints, stop: StopRequest, progress: Progress
    ) -> None:
        self.history.epochs.append(figures)
        if self.history.best_epoch == figures.epoch:
            state = self.averaged.model.state_dict()
            self._best = {name: tensor.detach().cpu().clone() for name, tensor in state.items()}
        if figures.complete and self._world.leads:
            checkpoints.save(
                figures.epoch, self._state(stop), best_epoch=self.history.best_epoch, best=self._best
            )
        progress.epoch(**{"epochs": self._settings.epochs, **_rounded(figures.shown())})

    def _show_predictions(self, epoch: int, evaluated: Sequence[AnnotatedImage], progress: Progress) -> None:
        """Tell what the model says of the same few images, spread over the evaluated ones."""
        every = -(-self._settings.epochs // _SHOWN_TIMES)
        if not self._world.leads or self._settings.is_trial or epoch % every:
            return
        stride = max(1, len(evaluated) // _SHOWN_IMAGES)
        chosen = evaluated[::stride][:_SHOWN_IMAGES]
        with torch.inference_mode():
            progress.samples(epoch, self._task.predicted(self.averaged.model, chosen))

    def _state(self, stop: StopRequest) -> dict[str, Any]:
        return {
            "model": self.model.state_dict(),
            "averaged": self.averaged.model.state_dict() if self._settings.ema_decay else None,
            "averaged_steps": self.averaged.steps,
            "optimizer": self._optimizer.state_dict(),
            "scaler": self._steps.scaler.state_dict(),
            "parts": self._steps.parts,
            "history": self.history.state(),
            "seconds": stop.seconds,
        }

    def _resume(self, checkpoints: Checkpoints, stop: StopRequest, note: Callable[[str, str], None]) -> None:
        checkpoint = self._world.of_leader(checkpoints.load(note) if self._world.leads else None)
        if checkpoint is None:
            return
        state = checkpoint.state
        self.model.load_state_dict(state["model"])
        if self._settings.ema_decay:
            self.averaged.model.load_state_dict(state["averaged"])
        self.averaged.steps = state["averaged_steps"]
        self._optimizer.load_state_dict(state["optimizer"])
        self._steps.scaler.load_state_dict(state["scaler"])
        self._steps.parts = state["parts"]
        self.history = History.of_state(state["history"])
        self._best = checkpoint.best
        stop.count_earlier(state["seconds"])
        note("info", f"resumed after epoch {checkpoint.epoch} of {self._settings.epochs}")


def _require_number(value: float, epoch: int) -> None:
    if not math.isfinite(value):
        raise UserFault(
            f"the loss of epoch {epoch} is not a number: take a smaller learning_rate, more warmup_epochs, "
            "or a gradient_clip of 1"
        )


def _rounded(row: dict[str, Any]) -> dict[str, float | int]:
    return {name: round(value, 6) if isinstance(value, float) else value for name, value in row.items()}
