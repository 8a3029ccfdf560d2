"""The sections that classifications have: confusions, classes, curves, thresholds, calibration."""

from typing import Any

import numpy as np
import numpy.typing as npt

from openbml_kit import classification_metrics
from openbml_kit.classification_metrics import ClassFigures
from openbml_tabular.report.calibration import calibration
from openbml_tabular.report.class_figures import answer_figures
from openbml_tabular.report.curves import curves_of
from openbml_tabular.report.figures import values_of
from openbml_tabular.report.inputs import ReportInputs, Rows, Values
from openbml_tabular.report.thresholds import cost_threshold
from openbml_tabular.report.weighted import area_under_roc

_MOST_CURVES = 20


def classification_part(inputs: ReportInputs) -> dict[str, Any]:
    """Return the sections; curves are of the positive class, or of the 20 most frequent ones."""
    evaluated, labels = inputs.evaluated, inputs.problem.labels
    y, probabilities = evaluated.y, np.asarray(evaluated.predictions, dtype=np.float64)
    weights = np.ones(len(y)) if evaluated.weights is None else evaluated.weights
    matrix = classification_metrics.confusion_matrix(y, probabilities.argmax(axis=1), len(labels))
    figures = classification_metrics.class_figures(matrix)
    return {
        "confusion_matrix": {"labels": list(labels), "counts": matrix.tolist()},
        "per_class": [
            _class(inputs, place, figures, y, probabilities, weights) for place in range(len(labels))
        ],
        **_curves(inputs, y, probabilities, weights),
        **_threshold(inputs, y, probabilities, weights),
        "calibration": calibration(y, probabilities, weights),
    }


def _class(
    inputs: ReportInputs, place: int, figures: ClassFigures, y: Rows, probabilities: Values, weights: Values
) -> dict[str, Any]:
    counts = inputs.training.class_counts
    area = area_under_roc(y == place, probabilities[:, place])(weights[None, :])
    return {
        "label": inputs.problem.labels[place],
        "precision": float(figures.precision[place]),
        "recall": float(figures.recall[place]),
        "f1": float(figures.f1[place]),
        "support": int(figures.support[place]),
        "auc": float(area[0]),
        "training_count": int(counts[place]) if counts else None,
    }


def _curves(inputs: ReportInputs, y: Rows, probabilities: Values, weights: Values) -> dict[str, Any]:
    labels = inputs.problem.labels
    counts = np.bincount(y, minlength=len(labels))
    chosen = [1] if len(labels) == 2 else np.argsort(-counts, kind="stable")[:_MOST_CURVES].tolist()
    found = [curves_of(labels[place], y == place, probabilities[:, place], weights) for place in chosen]
    known = [curves for curves in found if curves is not None]
    return {
        "roc": [roc for roc, _, _ in known],
        "pr_curves": [precision for _, precision, _ in known],
        "lift": [lift for _, _, lift in known],
    }


def _threshold(inputs: ReportInputs, y: Rows, probabilities: Values, weights: Values) -> dict[str, Any]:
    positive = y == 1
    if len(inputs.problem.labels) != 2 or positive.all() or not positive.any():
        return {"recommended_threshold": None, "threshold_curve": []}
    best, curve = cost_threshold(positive, probabilities[:, 1], weights, inputs.costs)
    return {
        "recommended_threshold": best,
        "threshold_curve": curve,
        "costs": inputs.costs.model_dump(),
        "at_threshold": _at_threshold(inputs, y, probabilities[:, 1] > best, weights),
    }


def _at_threshold(
    inputs: ReportInputs, y: Rows, positive: npt.NDArray[np.bool_], weights: Values
) -> dict[str, Any]:
    """Return what the served model answers, which goes by the recommended threshold."""
    said = positive.astype(np.int64)
    matrix = classification_metrics.confusion_matrix(y, said, 2)
    return {
        "figures": values_of(answer_figures(y, said, 2), weights),
        "confusion_matrix": {"labels": list(inputs.problem.labels), "counts": matrix.tolist()},
    }
