"""Operators on numbers, one by one."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from scipy import stats

from openbml_kit.tables.feature_steps import BinStep, FeatureStep, IndicateStep
from openbml_kit.tables.number_steps import ClipStep, CurveStep, FillStep, LogStep, ScaleStep
from openbml_tabular.features.operators.seen import Chosen, Parameters

_Column = npt.NDArray[np.float64]
_EDGE = 1e-3  # a normal distribution's ends: infinity has no place in a curve


def impute(chosen: Chosen, parameters: Parameters) -> Sequence[FeatureStep]:
    """Fill what is missing; features that never lack a value get no indicator, but are filled as well."""
    values = tuple(_filling(column, parameters) for column in chosen.columns)
    fill = FillStep(names=chosen.names, values=values)
    gaps = np.isnan(chosen.values).any(axis=0)
    lacking = tuple(name for name, gap in zip(chosen.names, gaps, strict=True) if gap)
    return [IndicateStep(names=lacking), fill] if parameters["indicator"] and lacking else [fill]


def _filling(column: _Column, parameters: Parameters) -> float:
    if parameters["method"] == "constant":
        return float(parameters["value"])
    if parameters["method"] == "most_frequent":
        values, counts = np.unique(column, return_counts=True)
        return float(values[counts.argmax()])
    return float(np.mean(column) if parameters["method"] == "mean" else np.median(column))


def clip_outliers(chosen: Chosen, parameters: Parameters) -> Sequence[FeatureStep]:
    limits = [_limits(column, parameters) for column in chosen.columns]
    lowest, highest = zip(*limits, strict=True)
    return [ClipStep(names=chosen.names, lowest=lowest, highest=highest)]


def _limits(column: _Column, parameters: Parameters) -> tuple[float, float]:
    """Tukey's fences, or quantiles. Source: Tukey 1977, Exploratory Data Analysis.

    Where quartiles are equal, fences would make one value of nearly all: nothing is clipped.
    """
    if parameters["method"] == "quantile":
        low, high = np.quantile(column, [parameters["share"], 1 - parameters["share"]])
        return float(low), float(high)
    low, high = np.quantile(column, [0.25, 0.75])
    if low == high:
        return float(column.min()), float(column.max())
    reach = parameters["factor"] * (high - low)
    return float(low - reach), float(high + reach)


def standardise(chosen: Chosen, parameters: Parameters) -> Sequence[FeatureStep]:
    centre = _CENTRES[parameters["method"]]
    pairs = [centre(column) for column in chosen.columns]
    shifts = tuple(float(shift) for shift, _ in pairs)
    scales = tuple(1 / float(width) if width > 0 else 1.0 for _, width in pairs)
    return [ScaleStep(names=chosen.names, shifts=shifts, scales=scales)]


_CENTRES: dict[str, Callable[[_Column], tuple[float, float]]] = {
    "standard": lambda column: (column.mean(), column.std()),
    "min_max": lambda column: (column.min(), np.ptp(column)),
    "robust": lambda column: (np.median(column), np.subtract(*np.quantile(column, [0.75, 0.25]))),
}


def log_transform(chosen: Chosen, parameters: Parameters) -> Sequence[FeatureStep]:
    skewed = [
        place
        for place, column in enumerate(chosen.columns)
        if np.ptp(column) > 0 and abs(stats.skew(column)) >= parameters["least_skewness"]
    ]
    return [LogStep(names=chosen.only(skewed).names)] if skewed else []


def quantile_transform(chosen: Chosen, parameters: Parameters) -> Sequence[FeatureStep]:
    curves = [_curve(column, parameters) for column in chosen.columns]
    inputs, outputs = zip(*curves, strict=True)
    return [CurveStep(names=chosen.names, inputs=inputs, outputs=outputs)]


def _curve(column: _Column, parameters: Parameters) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return a curve from values to their places; a value of many rows gets the middle of its places."""
    places = np.linspace(0, 1, parameters["points"])
    values, first, counts = np.unique(np.quantile(column, places), return_index=True, return_counts=True)
    middle = (places[first] + places[first + counts - 1]) / 2
    if parameters["distribution"] == "normal":
        middle = stats.norm.ppf(np.clip(middle, _EDGE, 1 - _EDGE))
    return tuple(values.tolist()), tuple(middle.tolist())


def binning(chosen: Chosen, parameters: Parameters) -> Sequence[FeatureStep]:
    edges = tuple(_edges(column, parameters) for column in chosen.columns)
    missing = tuple(bool(gap) for gap in np.isnan(chosen.values).any(axis=0))
    return [BinStep(names=chosen.names, edges=edges, missing=missing)]


def _edges(column: _Column, parameters: Parameters) -> tuple[float, ...]:
    inner = np.linspace(0, 1, parameters["bins"] + 1)[1:-1]
    if parameters["method"] == "uniform":
        edges = column.min() + inner * np.ptp(column)
    else:
        edges = np.quantile(column, inner)
    return tuple(value for value in np.unique(edges).tolist() if value > column.min())
