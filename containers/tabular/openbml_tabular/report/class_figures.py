"""Figures of classifications, of probabilities and of answers."""

import numpy as np
import numpy.typing as npt

from openbml_tabular.report.inputs import Values
from openbml_tabular.report.weighted import (
    Figure,
    Figures,
    area_under_roc,
    average_precision,
    mean,
    mean_of_known,
    ratio,
)

# Predictions are float32: what is nearer to 0 than their precision is as good as that.
SMALLEST_PROBABILITY = 1e-7


def class_figures(y: npt.NDArray[np.int64], probabilities: Values) -> Figures:
    """Return the figures of probabilities and of the most probable class.

    Args:
        y: class numbers, shape (n,); probabilities: shape (n, classes), of two the second is positive.
    """
    count = probabilities.shape[1]
    figures: dict[str, Figure] = {
        "log_loss": mean(log_losses(y, probabilities)),
        "brier": mean(brier_scores(y, probabilities)),
    }
    if count == 2:
        positive, scores = y == 1, probabilities[:, 1]
        figures["roc_auc"] = area_under_roc(positive, scores)
        figures["average_precision"] = average_precision(positive, scores)
    else:
        figures["roc_auc"] = _macro_area(y, probabilities)
    return {**answer_figures(y, probabilities.argmax(axis=1), count), **figures}


def answer_figures(y: npt.NDArray[np.int64], predicted: npt.NDArray[np.int64], classes: int) -> Figures:
    """Return the figures of answers, class numbers of shape (n,), without their probabilities."""
    table = _Tallies(y, predicted, classes)
    shared: dict[str, Figure] = {
        "accuracy": mean((predicted == y).astype(np.float64)),
        "balanced_accuracy": lambda weights: table.over_present(table.recall(weights)),
    }
    if classes == 2:
        return shared | {
            "precision": lambda weights: table.precision(weights)[:, 1],
            "recall": lambda weights: table.recall(weights)[:, 1],
            "f1": lambda weights: table.f1(weights)[:, 1],
            "mcc": table.correlation,
        }
    return shared | {
        "macro_precision": lambda weights: table.over_present(table.precision(weights)),
        "macro_recall": lambda weights: table.over_present(table.recall(weights)),
        "macro_f1": lambda weights: table.over_present(table.f1(weights)),
    }


def _macro_area(y: npt.NDArray[np.int64], probabilities: Values) -> Figure:
    """Mean of the areas of the classes, each against the rest, that are among the rows."""
    present = [place for place in range(probabilities.shape[1]) if 0 < (y == place).sum() < len(y)]
    areas = [area_under_roc(y == place, probabilities[:, place]) for place in present]

    def area(weights: Values) -> Values:
        if not areas:
            return np.full(len(weights), np.nan)
        return mean_of_known(np.stack([one(weights) for one in areas], axis=1))

    return area


def log_losses(y: npt.NDArray[np.int64], probabilities: Values) -> Values:
    """Return -log of the true class's probability of each row, in nats."""
    true = probabilities[np.arange(len(y)), y]
    return -np.log(np.clip(true, SMALLEST_PROBABILITY, 1.0))


def brier_scores(y: npt.NDArray[np.int64], probabilities: Values) -> Values:
    """Return each row's squared error: of the second class where there are two, else the sum over classes.

    Source: Brier 1950, Monthly Weather Review 78; the form for two classes is half of his.
    """
    if probabilities.shape[1] == 2:
        binary: Values = (probabilities[:, 1] - (y == 1)) ** 2
        return binary
    squares = (probabilities**2).sum(axis=1)
    whole: Values = squares - 2 * probabilities[np.arange(len(y)), y] + 1
    return whole


class _Tallies:
    """Right, predicted and true rows of each class; those of the last resamples are kept, as several figures
    follow from them."""

    def __init__(self, y: npt.NDArray[np.int64], predicted: npt.NDArray[np.int64], classes: int) -> None:
        self._y, self._predicted, self._classes = y, predicted, classes
        self._right = y == predicted
        self._present = np.bincount(y, minlength=classes) > 0
        self._of: tuple[Values, tuple[Values, Values, Values]] | None = None

    def precision(self, weights: Values) -> Values:
        """Shape (b, classes); a class that is never predicted has 0."""
        right, predicted, _ = self._counts(weights)
        return np.divide(right, predicted, out=np.zeros_like(right), where=predicted > 0)

    def recall(self, weights: Values) -> Values:
        """Shape (b, classes); NaN for a class that a resample has no row of."""
        right, _, actual = self._counts(weights)
        return ratio(right, actual)

    def f1(self, weights: Values) -> Values:
        right, predicted, actual = self._counts(weights)
        return ratio(2 * right, predicted + actual)

    def correlation(self, weights: Values) -> Values:
        """Matthews's correlation coefficient (1975, Biochimica et Biophysica Acta 405), 0 of constants."""
        right, predicted, actual = self._counts(weights)
        total = weights.sum(axis=1)
        above = right[:, 1] * total - predicted[:, 1] * actual[:, 1]
        below = np.sqrt(np.prod(predicted, axis=1) * np.prod(actual, axis=1))
        found: Values = np.divide(above, below, out=np.zeros_like(below), where=below > 0)
        return found

    def over_present(self, of_classes: Values) -> Values:
        return mean_of_known(of_classes[:, self._present])

    def _counts(self, weights: Values) -> tuple[Values, Values, Values]:
        if self._of is None or self._of[0] is not weights:
            right = self._by_class(self._y, weights * self._right)
            predicted = self._by_class(self._predicted, weights)
            self._of = weights, (right, predicted, self._by_class(self._y, weights))
        return self._of[1]

    def _by_class(self, classes: npt.NDArray[np.int64], weights: Values) -> Values:
        return np.stack([np.bincount(classes, weights=row, minlength=self._classes) for row in weights])
