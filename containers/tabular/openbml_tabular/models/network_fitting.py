"""From a problem to a fitted neural network: targets, loss and recipe."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from openbml_catalog.tabular.settings import Metric, Objective
from openbml_tabular.examples import Examples
from openbml_tabular.models.learner import FitLimits
from openbml_tabular.models.links import Link, link_of_values
from openbml_tabular.models.network import Activation, NetworkModel
from openbml_tabular.models.network_inputs import InputLayout
from openbml_tabular.models.network_modules import Recipe
from openbml_tabular.models.network_training import Goal, Loss, trained
from openbml_tabular.models.parameters import Settings
from openbml_tabular.problem import Problem

_EPOCHS = 256
_MOST_STEPS = 3000
_FEWEST_EPOCHS = 15
_CHECKS = 60
_STEEPEST = 5.0
_MOST_SMOOTHING = 0.1
_SMOOTHED_ROWS = 20.0
_SMALLEST_RATE = 1e-6


@dataclass(frozen=True)
class Scaling:
    """From a target to what the network says, and back: score = raw · scale + shift.

    Attributes:
        lowest, highest: of raw outputs: no prediction is outside of what training had.
    """

    scale: float
    shift: float
    lowest: float
    highest: float

    @classmethod
    def of(cls, training: Examples, problem: Problem) -> "Scaling":
        y = training.y
        if problem.is_classification:
            return cls(1.0, 0.0, -80.0, 80.0)
        if problem.objective is Objective.COUNT:
            mean = max(float(np.average(y, weights=training.weights)), _SMALLEST_RATE)
            return cls(1.0, float(np.log(mean)), -12.0, float(np.log(y.max() / mean)))
        middle, spread = float(y.mean()), float(y.std())
        return cls(spread, middle, float(y.min() - middle) / spread, float(y.max() - middle) / spread)

    def targets(self, y: npt.NDArray[np.float64] | npt.NDArray[np.int64], problem: Problem) -> Tensor:
        """Return class numbers, standardised values, or counts of a mean of 1."""
        if problem.is_classification:
            return torch.from_numpy(y.astype(np.int64))
        if problem.objective is Objective.COUNT:
            return torch.from_numpy((y / np.exp(self.shift)).astype(np.float32))
        return torch.from_numpy(((y - self.shift) / self.scale).astype(np.float32))


def fitted_network(
    training: Examples,
    validation: Examples | None,
    problem: Problem,
    settings: Settings,
    *,
    limits: FitLimits,
    seed: int,
) -> NetworkModel:
    """Train a network and return it as arrays."""
    layout = InputLayout.of(training)
    scaling = Scaling.of(training, problem)
    targets = scaling.targets(training.y, problem)
    goal = Goal(
        targets=targets,
        validation_targets=None if validation is None else scaling.targets(validation.y, problem),
        loss=_loss(problem, smoothing=0.0),
        training_loss=_loss(problem, smoothing=min(_MOST_SMOOTHING, _SMOOTHED_ROWS / len(training))),
        start=_start(targets, problem),
    )
    recipe = _recipe(len(training), problem, settings)
    network = trained(training, validation, layout, goal, recipe, limits=limits, seed=seed)
    preparation, layers = network.fitted()
    return NetworkModel(
        preparation=preparation,
        layers=layers,
        activation=recipe.activation,
        lowest=scaling.lowest,
        highest=scaling.highest,
        scale=scaling.scale,
        shift=scaling.shift,
        link=_link(problem),
        outputs=problem.outputs,
    )


def _link(problem: Problem) -> Link:
    if problem.is_classification:
        return Link.SOFTMAX
    return Link.EXP if problem.objective is Objective.COUNT else link_of_values(problem)


def _recipe(rows: int, problem: Problem, settings: Settings) -> Recipe:
    classifies = problem.is_classification
    batch = settings.get("batch_size", 256 if rows <= 50_000 else 512)
    of_epoch = max(1, rows // batch)
    most = _EPOCHS * of_epoch
    if "epochs" in settings:
        most = settings.get("epochs", _EPOCHS) * of_epoch
    elif most > _MOST_STEPS:
        most = max(_MOST_STEPS, _FEWEST_EPOCHS * of_epoch)
    return Recipe(
        hidden=(settings.get("hidden_width", 256),) * settings.get("hidden_layers", 3),
        activation=Activation.SELU if classifies else Activation.MISH,
        learning_rate=settings.get("learning_rate", 0.04 if classifies else 0.2),
        dropout=settings.get("dropout", 0.15),
        weight_decay=settings.get("weight_decay", 0.02),
        batch=batch,
        steps=most,
        checks=_CHECKS,
        wave_frequency=settings.get("wave_frequency", 0.1),
    )


def _start(targets: Tensor, problem: Problem) -> Tensor:
    """Return the scores of the prior."""
    if problem.is_classification:
        counts = torch.bincount(targets, minlength=problem.outputs).float()
        return torch.log((counts + 1) / (counts + 1).sum())
    if problem.objective is Objective.QUANTILE:
        return torch.quantile(targets[:1_000_000], torch.tensor(problem.quantiles))
    return torch.zeros(1)


def _loss(problem: Problem, *, smoothing: float) -> Loss:
    """Args:
    smoothing: of labels; it keeps few rows from making the network sure.
    """
    if problem.is_classification:
        return partial(functional.cross_entropy, reduction="none", label_smoothing=smoothing)
    if problem.objective is Objective.QUANTILE:
        return _pinball(torch.tensor(problem.quantiles))
    if problem.objective is Objective.COUNT:
        return _poisson
    if problem.metric is Metric.MAE:
        return lambda scores, targets: (scores[:, 0] - targets).abs()
    return lambda scores, targets: (scores[:, 0] - targets).square()


def _poisson(scores: Tensor, targets: Tensor) -> Tensor:
    """Return the negative log-likelihood; far above what is likely it goes on as a line."""
    score = scores[:, 0]
    bounded = score.clamp(max=_STEEPEST)
    rate = torch.exp(bounded) * (1 + score - bounded)
    return rate - targets * score


def _pinball(shares: Tensor) -> Loss:
    def loss(scores: Tensor, targets: Tensor) -> Tensor:
        errors = targets[:, None] - scores
        return torch.maximum(shares * errors, (shares - 1) * errors).mean(dim=1)

    return loss
