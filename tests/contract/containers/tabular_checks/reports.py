"""Tabular reports beside scikit-learn's figures, of real models."""

import json
import time
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
from sklearn import metrics
from sklearn.calibration import calibration_curve
from sklearn.inspection import partial_dependence
from sklearn.tree import DecisionTreeClassifier

from openbml_catalog.tabular.settings import AlgorithmType, Metric
from openbml_kit.tables.features import Feature, FeatureKind
from openbml_tabular.problem import Problem
from openbml_tabular.report.calibration import reliability
from openbml_tabular.report.curves import curves_of
from openbml_tabular.report.deadlines import Deadline
from openbml_tabular.report.figures import figures_of
from openbml_tabular.report.inputs import Evaluated, ReportColumn, ReportInputs, Training
from openbml_tabular.report.report import tabular_report
from tests.fakes import tabular_evaluation as runs


def figured(inputs: ReportInputs, weights: Any) -> dict[str, float]:
    evaluated = inputs.evaluated
    found = figures_of(inputs.problem, evaluated.y, evaluated.predictions)
    return {name: float(figure(weights[None, :])[0]) for name, figure in found.items()}


def weights_of(rows: int) -> Any:
    return np.random.default_rng(3).integers(1, 4, rows).astype(np.float64)


def agree(ours: dict[str, float], theirs: dict[str, float]) -> None:
    for name, value in theirs.items():
        assert abs(ours[name] - value) < 1e-9 * max(1.0, abs(value)), (name, ours[name], value)


def check_figures_of_two_classes_are_scikit_learns() -> None:
    inputs = runs.classification(rows=500)
    y, told = inputs.evaluated.y, inputs.evaluated.predictions
    yes, said, w = told[:, 1].round(2), told.argmax(axis=1), weights_of(500)
    rounded = np.stack((1 - yes, yes), axis=1)
    inputs = replace(inputs, evaluated=replace(inputs.evaluated, predictions=rounded))
    said = rounded.argmax(axis=1)
    agree(
        figured(inputs, w),
        {
            "accuracy": metrics.accuracy_score(y, said, sample_weight=w),
            "balanced_accuracy": metrics.balanced_accuracy_score(y, said, sample_weight=w),
            "precision": metrics.precision_score(y, said, sample_weight=w),
            "recall": metrics.recall_score(y, said, sample_weight=w),
            "f1": metrics.f1_score(y, said, sample_weight=w),
            "mcc": metrics.matthews_corrcoef(y, said, sample_weight=w),
            "roc_auc": metrics.roc_auc_score(y, yes, sample_weight=w),
            "average_precision": metrics.average_precision_score(y, yes, sample_weight=w),
            "log_loss": metrics.log_loss(y, rounded, sample_weight=w),
            "brier": metrics.brier_score_loss(y, yes, sample_weight=w),
        },
    )


def check_figures_of_many_classes_are_scikit_learns() -> None:
    inputs = runs.classification(rows=500, classes=4)
    y, told, w = inputs.evaluated.y, inputs.evaluated.predictions, weights_of(500)
    said = told.argmax(axis=1)
    how = {"average": "macro", "sample_weight": w, "zero_division": 0}
    agree(
        figured(inputs, w),
        {
            "balanced_accuracy": metrics.balanced_accuracy_score(y, said, sample_weight=w),
            "macro_precision": metrics.precision_score(y, said, **how),
            "macro_recall": metrics.recall_score(y, said, **how),
            "macro_f1": metrics.f1_score(y, said, **how),
            "roc_auc": metrics.roc_auc_score(y, told, multi_class="ovr", sample_weight=w),
            "log_loss": metrics.log_loss(y, told, sample_weight=w),
        },
    )


def check_figures_of_values_are_scikit_learns() -> None:
    inputs = runs.regression(rows=500)
    y, told, w = inputs.evaluated.y, inputs.evaluated.predictions[:, 0], weights_of(500)
    agree(
        figured(inputs, w),
        {
            "rmse": metrics.root_mean_squared_error(y, told, sample_weight=w),
            "mae": metrics.mean_absolute_error(y, told, sample_weight=w),
            "r2": metrics.r2_score(y, told, sample_weight=w),
            "mape": metrics.mean_absolute_percentage_error(y, told, sample_weight=w),
        },
    )
    agree(figured(inputs, np.ones(500)), {"median_absolute_error": metrics.median_absolute_error(y, told)})


def check_losses_of_quantiles_and_counts_are_scikit_learns() -> None:
    inputs = runs.quantiles(rows=500)
    y, told, w = inputs.evaluated.y, inputs.evaluated.predictions, weights_of(500)
    losses = [
        metrics.mean_pinball_loss(y, told[:, place], alpha=share, sample_weight=w)
        for place, share in enumerate(inputs.problem.quantiles)
    ]
    agree(figured(inputs, w), {"pinball": float(np.mean(losses))})
    counts, rates = np.arange(6.0), np.array([0.5, 1, 2, 2, 5, 4])
    problem = Problem(AlgorithmType.REGRESSION, Metric.POISSON_DEVIANCE)
    found = figures_of(problem, counts, rates[:, None])["poisson_deviance"](np.ones((1, 6)))
    assert abs(found[0] - metrics.mean_poisson_deviance(counts, rates)) < 1e-12


def check_curves_pass_through_scikit_learns_points() -> None:
    drawn = np.random.default_rng(1)
    scores = drawn.random(180).round(2)
    positive, w = drawn.random(180) < scores, weights_of(180)
    found = curves_of("yes", positive, scores, w)
    assert found is not None
    roc, precision_recall, _ = found
    fpr, tpr, _ = metrics.roc_curve(positive, scores, sample_weight=w, drop_intermediate=False)
    assert np.allclose(roc["fpr"], fpr, atol=1e-6)
    assert np.allclose(roc["tpr"], tpr, atol=1e-6)
    precision, recall, _ = metrics.precision_recall_curve(positive, scores, sample_weight=w)
    assert np.allclose(precision_recall["precision"], precision[:-1][::-1], atol=1e-6)
    assert np.allclose(precision_recall["recall"], recall[:-1][::-1], atol=1e-6)


def check_the_reliability_diagram_is_scikit_learns() -> None:
    drawn = np.random.default_rng(2)
    said = drawn.random(1000)
    came = (drawn.random(1000) < said**2).astype(np.float64)
    bins, error = reliability(said, came, np.ones(1000))
    observed, predicted = calibration_curve(came, said, n_bins=10)
    assert np.allclose([row["observed"] for row in bins], observed)
    assert np.allclose([row["predicted"] for row in bins], predicted)
    counts = np.array([row["count"] for row in bins])
    assert abs(error - counts @ np.abs(observed - predicted) / 1000) < 1e-12


@cache
def grown(rows: int) -> ReportInputs:
    """Return a run of a real model on drawn rows: the first of twenty columns says most."""
    drawn = np.random.default_rng(0)
    x = drawn.normal(size=(rows, 20)).astype(np.float32)
    chance = 1 / (1 + np.exp(-2 * x[:, 0] - x[:, 1] * x[:, 2]))
    y = (drawn.random(rows) < chance).astype(np.int64)
    fitted = min(rows, 2000)
    model = DecisionTreeClassifier(max_depth=6, random_state=0).fit(x[:fitted], y[:fitted])
    names = [f"c{number}" for number in range(20)]
    return ReportInputs(
        target="y",
        problem=Problem(AlgorithmType.BINARY, Metric.LOG_LOSS, ("no", "yes")),
        source="eval",
        evaluated=Evaluated(
            pa.table({n: x[:, p] for p, n in enumerate(names)}), x, y, model.predict_proba(x)
        ),
        training=Training(x[:1000], y[:1000], rows, np.bincount(y).tolist()),
        columns=[ReportColumn(name, "number") for name in names],
        features=[Feature(name=name, column=name, kind=FeatureKind.NUMBER) for name in names],
        predict=model.predict_proba,
        context={"model": None},
    )


def check_partial_dependence_is_scikit_learns() -> None:
    inputs = grown(500)
    curve = next(row for row in tabular_report(inputs)["partial_dependence"] if row["column"] == "c0")
    model = inputs.predict.__self__  # type: ignore[attr-defined]
    theirs = partial_dependence(
        model,
        inputs.evaluated.x,
        [0],
        custom_values={0: np.array(curve["values"], dtype=np.float32)},
        method="brute",
        response_method="predict_proba",
    )
    assert np.allclose([average[1] for average in curve["average"]], theirs["average"][0], atol=1e-6)


def check_more_rows_than_are_evaluated_are_reported_within_the_time() -> None:
    inputs = grown(250_000)
    started = time.monotonic()
    report = tabular_report(inputs, deadline=Deadline.after(30))
    assert time.monotonic() - started < 60
    assert report["evaluation_sampling"]["rows_used"] == 200_000
    assert report["intervals"]["log_loss"]
    assert report["importance"]["permutation"][0]["column"] == "c0"
    assert len(json.dumps(report)) < 500_000
