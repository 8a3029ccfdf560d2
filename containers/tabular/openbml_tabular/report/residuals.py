"""What a regression leaves unexplained, and how often quantiles keep their word."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from openbml_tabular.report.inputs import Values
from openbml_tabular.report.value_figures import pinball_losses
from openbml_tabular.sampling import spread

_BINS, _DECILES = 40, 10
_MOST_POINTS = 500


def residuals(y: Values, predicted: Values, *, seed: int) -> dict[str, Any]:
    """Return histogram, points and deciles of residuals, actual less predicted.

    The histogram ends at the 0.5 % and 99.5 % quantiles; rows beyond stand in its first and last bin.
    """
    error = y - predicted
    low, high = np.quantile(error, (0.005, 0.995))
    edges = np.linspace(low, high if high > low else low + 1.0, _BINS + 1)
    counts, _ = np.histogram(np.clip(error, edges[0], edges[-1]), edges)
    return {
        "histogram": {"edges": edges.tolist(), "counts": counts.tolist()},
        "points": [
            {"actual": float(y[row]), "predicted": float(predicted[row])}
            for row in spread(len(y), _MOST_POINTS, seed).tolist()
        ],
        "by_decile": _by_decile(y, predicted, error),
    }


def _by_decile(y: Values, predicted: Values, error: Values) -> list[dict[str, Any]]:
    """Return the rows in ten parts of rising prediction; fewer where there are fewer rows."""
    parts = np.array_split(np.argsort(predicted, kind="stable"), _DECILES)
    return [
        {
            "decile": number,
            "from": float(predicted[rows].min()),
            "to": float(predicted[rows].max()),
            "rows": len(rows),
            "predicted": float(predicted[rows].mean()),
            "actual": float(y[rows].mean()),
            "mae": float(np.abs(error[rows]).mean()),
            "bias": float(error[rows].mean()),
        }
        for number, rows in enumerate(parts, 1)
        if len(rows)
    ]


def quantile_coverage(
    y: Values, predictions: Values, quantiles: Sequence[float], weights: Values
) -> list[dict[str, Any]]:
    """Return for each quantile which share of the rows lies at or below it; a good one has its own."""
    losses = pinball_losses(y, predictions, np.asarray(quantiles))
    below = y[:, None] <= predictions
    total = weights.sum()
    return [
        {
            "quantile": quantile,
            "coverage": float(weights @ below[:, place] / total),
            "pinball": float(weights @ losses[:, place] / total),
        }
        for place, quantile in enumerate(quantiles)
    ]
