"""Metrics, calibration and combination of AutoML."""

import warnings

import numpy as np
from scipy.special import softmax
from sklearn import metrics

from openbml_catalog.tabular.settings import AlgorithmType, Metric, Objective
from openbml_tabular.automl.calibration import chosen_calibration
from openbml_tabular.automl.combination import Library, chosen_weights
from openbml_tabular.automl.folds import Part
from openbml_tabular.automl.plan import fewer_parts
from openbml_tabular.automl.scoring import Criterion, figures, log_loss, score
from openbml_tabular.problem import Problem


def _classes(count: int, rows: int = 300) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(count)
    y = random.integers(count, size=rows)
    scores = softmax(random.normal(size=(rows, count)) + 1.5 * (y[:, None] == np.arange(count)), axis=1)
    return y, scores.astype(np.float32), random.uniform(0.1, 3, rows)


def check_metrics_of_classes_are_those_of_scikit_learn() -> None:
    for count in (2, 4):
        y, scores, weights = _classes(count)
        problem = Problem(AlgorithmType.MULTICLASS, Metric.LOG_LOSS, tuple(map(str, range(count))))
        for shares in (None, weights):
            told = figures(problem, y, scores, shares)
            given, chosen = {"sample_weight": shares}, scores.argmax(axis=1)
            average = "binary" if count == 2 else "macro"
            each = [metrics.roc_auc_score(y == k, scores[:, k], **given) for k in range(count)]
            expected = {
                "log_loss": metrics.log_loss(y, scores, **given),
                "roc_auc": np.mean(each),
                "accuracy": metrics.accuracy_score(y, chosen, **given),
                "balanced_accuracy": metrics.balanced_accuracy_score(y, chosen, **given),
                "f1": metrics.f1_score(y, chosen, average=average, **given),
            }
            for name, value in expected.items():
                np.testing.assert_allclose(told[name], value, rtol=1e-4, err_msg=name)


def check_metrics_of_values_are_those_of_scikit_learn() -> None:
    random = np.random.default_rng(0)
    y, weights = random.poisson(3, 200).astype(float), random.uniform(0.1, 3, 200)
    values = np.clip(y + random.normal(size=200), 0.1, None)[:, None]
    problem = Problem(AlgorithmType.REGRESSION, Metric.POISSON_DEVIANCE, (), Objective.COUNT)
    told = figures(problem, y, values, weights)
    given = {"sample_weight": weights}
    expected = {
        "rmse": metrics.root_mean_squared_error(y, values[:, 0], **given),
        "mae": metrics.mean_absolute_error(y, values[:, 0], **given),
        "r2": metrics.r2_score(y, values[:, 0], **given),
        "poisson_deviance": metrics.mean_poisson_deviance(y, values[:, 0], **given),
    }
    for name, value in expected.items():
        np.testing.assert_allclose(told[name], value, rtol=1e-6, err_msg=name)


def check_pinball_is_the_mean_of_its_quantiles_and_losses_are_negative_scores() -> None:
    random = np.random.default_rng(0)
    y, values = random.normal(size=100), np.sort(random.normal(size=(100, 2)), axis=1)
    problem = Problem(AlgorithmType.REGRESSION, Metric.PINBALL, (), Objective.QUANTILE, (0.2, 0.9))
    each = [metrics.mean_pinball_loss(y, values[:, k], alpha=share) for k, share in enumerate((0.2, 0.9))]
    np.testing.assert_allclose(score(problem, y, values), -np.mean(each), rtol=1e-6)


def check_overconfident_probabilities_are_put_right() -> None:
    random = np.random.default_rng(1)
    for count in (2, 5):
        truth = random.normal(size=(4000, count)) * 1.2
        chances = softmax(truth, axis=1)
        y = (chances.cumsum(axis=1) > random.random((4000, 1))).argmax(axis=1)
        loud = softmax(truth * 3, axis=1).astype(np.float32)
        found = chosen_calibration(y[:2000], loud[:2000])
        assert found is not None
        assert log_loss(y[2000:], found.apply(loud[2000:])) < log_loss(y[2000:], loud[2000:]) - 0.05
        np.testing.assert_allclose(
            log_loss(y[2000:], found.apply(loud[2000:])), log_loss(y[2000:], chances[2000:]), atol=0.01
        )


def check_calibration_does_not_spoil_what_is_right() -> None:
    random = np.random.default_rng(2)
    spoilt = []
    for rows in (12, 60, 300, 300, 300, 1000):
        truth = random.normal(size=(rows + 3000, 3))
        chances = softmax(truth, axis=1).astype(np.float32)
        y = (chances.cumsum(axis=1) > random.random((rows + 3000, 1))).argmax(axis=1).clip(0, 2)
        found = chosen_calibration(y[:rows], chances[:rows])
        told = chances[rows:] if found is None else found.apply(chances[rows:])
        spoilt.append(log_loss(y[rows:], told) - log_loss(y[rows:], chances[rows:]))
    assert max(spoilt) < 0.01, spoilt


def check_separable_rows_leave_finite_calibrations() -> None:
    y = np.arange(200) % 2
    scores = np.where((y[:, None] == [0, 1]), 0.9, 0.1).astype(np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = chosen_calibration(y, scores)
    assert found is None or np.isfinite(found.apply(scores)).all()


def _library(metric: Metric, seed: int) -> Library:
    random = np.random.default_rng(seed)
    y, base, _ = _classes(3, 200)
    problem = Problem(AlgorithmType.MULTICLASS, metric, ("a", "b", "c"))
    told = [
        softmax(np.log(base) * random.uniform(0, 2) + random.normal(size=base.shape), axis=1)
        for _ in range(6)
    ]
    return Library.of(told, Criterion(problem, y), glance=False, seed=seed)


def check_a_combination_is_never_worse_than_its_best_model() -> None:
    for metric in (Metric.LOG_LOSS, Metric.ROC_AUC, Metric.ACCURACY, Metric.F1):
        for seed in range(4):
            library = _library(metric, seed)
            for glance in (False, True):
                weights = chosen_weights(library, most=3, glance=glance, seed=seed)
                assert abs(weights.sum() - 1) < 1e-9
                assert (weights > 0).sum() <= 3
                assert library.score(weights) >= library.singles().max() - 1e-9


def check_parts_are_given_up_by_repeats_then_by_folds() -> None:
    parts = [Part(repeat, fold) for repeat in range(2) for fold in range(5)]
    assert [len(fewer_parts(parts, most)) for most in (10, 9, 5, 4, 2.5, 0.1)] == [10, 5, 5, 3, 2, 1]
