"""Figures, intervals, curves and thresholds of tabular reports, against values computed by hand."""

from math import log, sqrt
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbml_catalog.tabular.settings import AlgorithmType, Costs, Metric, Objective
from openbml_kit import classification_metrics
from openbml_tabular.problem import Problem
from openbml_tabular.report.bootstrap import FiguresAt, intervals
from openbml_tabular.report.calibration import calibration, reliability
from openbml_tabular.report.curves import curves_of
from openbml_tabular.report.deadlines import Deadline
from openbml_tabular.report.figures import figures_of, score_of
from openbml_tabular.report.residuals import quantile_coverage, residuals
from openbml_tabular.report.thresholds import cost_threshold
from openbml_tabular.report.weighted import Figures

BINARY = Problem(AlgorithmType.BINARY, Metric.LOG_LOSS, ("no", "yes"))
MANY = Problem(AlgorithmType.MULTICLASS, Metric.LOG_LOSS, ("a", "b", "c"))
VALUES = Problem(AlgorithmType.REGRESSION, Metric.RMSE)
COUNTS = Problem(AlgorithmType.REGRESSION, Metric.POISSON_DEVIANCE, (), Objective.COUNT)
QUANTILES = Problem(AlgorithmType.REGRESSION, Metric.PINBALL, (), Objective.QUANTILE, (0.1, 0.9))


def far() -> Deadline:
    return Deadline.after(60)


def two(scores: list[float]) -> npt.NDArray[np.float64]:
    yes = np.array(scores)
    return np.stack((1 - yes, yes), axis=1)


def figured(problem: Problem, y: list[float], predictions: npt.ArrayLike) -> dict[str, float]:
    found = figures_of(problem, np.array(y), np.array(predictions, dtype=np.float64))
    return {name: float(figure(np.ones((1, len(y))))[0]) for name, figure in found.items()}


def at(problem: Problem, y: npt.NDArray[Any], predictions: npt.NDArray[np.float64]) -> FiguresAt:
    return lambda rows: figures_of(problem, y[rows], predictions[rows])


def test_figures_of_two_classes() -> None:
    found = figured(BINARY, [0, 0, 1, 1, 1], two([0.2, 0.6, 0.6, 0.9, 0.4]))
    assert found["accuracy"] == pytest.approx(3 / 5)
    assert found["balanced_accuracy"] == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert (found["precision"], found["recall"], found["f1"]) == pytest.approx((2 / 3, 2 / 3, 2 / 3))
    # Of the six pairs: 0.6, 0.9, 0.4 beat 0.2; 0.9 beats 0.6, 0.6 ties with it.
    assert found["roc_auc"] == pytest.approx((3 + 1 + 0.5) / 6)
    assert found["average_precision"] == pytest.approx(1 / 3 + 2 / 3 * 1 / 3 + 3 / 4 * 1 / 3)
    logs = [log(0.8), log(0.4), log(0.6), log(0.9), log(0.4)]
    assert found["log_loss"] == pytest.approx(-sum(logs) / 5)
    assert found["brier"] == pytest.approx((0.04 + 0.36 + 0.16 + 0.01 + 0.36) / 5)
    assert found["mcc"] == pytest.approx((2 * 1 - 1 * 1) / sqrt(3 * 3 * 2 * 2))


def test_figures_of_three_classes_are_means_over_those_that_occur() -> None:
    told = [[0.7, 0.2, 0.1], [0.3, 0.6, 0.1], [0.1, 0.8, 0.1]]
    found = figured(MANY, [0, 0, 1], told)
    assert found["balanced_accuracy"] == found["macro_recall"] == pytest.approx((1 / 2 + 1) / 2)
    assert found["macro_precision"] == pytest.approx((1 + 1 / 2) / 2)
    assert found["macro_f1"] == pytest.approx((2 / 3 + 2 / 3) / 2)
    assert found["roc_auc"] == pytest.approx(1.0)
    assert found["brier"] == pytest.approx(((0.09 + 0.04 + 0.01) + (0.49 + 0.36 + 0.01) + 0.06) / 3)


def test_figures_of_values() -> None:
    found = figured(VALUES, [1, 2, 4], [[2], [2], [1]])
    assert found["rmse"] == pytest.approx(sqrt(10 / 3))
    assert found["mae"] == pytest.approx(4 / 3)
    assert found["median_absolute_error"] == pytest.approx(1)
    assert found["r2"] == pytest.approx(1 - 10 / (42 / 9))
    assert found["mape"] == pytest.approx((1 + 0 + 3 / 4) / 3)


def test_an_even_number_of_errors_has_the_mean_of_the_middle_two_as_median() -> None:
    assert figured(VALUES, [1, 2, 4, 8], [[0], [0], [0], [0]])["median_absolute_error"] == 3


def test_relative_errors_are_left_out_where_a_value_is_zero() -> None:
    assert "mape" not in figured(VALUES, [0, 2], [[1], [2]])


def test_a_constant_target_has_no_explained_share() -> None:
    assert np.isnan(figured(VALUES, [3, 3], [[1], [2]])["r2"])


def test_deviance_of_counts() -> None:
    found = figured(COUNTS, [0, 2], [[0.5], [1]])
    assert found["poisson_deviance"] == pytest.approx((2 * 0.5 + 2 * (2 * log(2) - 1)) / 2)


def test_figures_of_quantiles() -> None:
    found = figured(QUANTILES, [1, 5], [[0, 2], [2, 4]])
    losses = [0.1 * 1, 0.1 * 1, 0.1 * 3, 0.9 * 1]
    assert found["pinball"] == pytest.approx(sum(losses) / 4)
    assert found["interval_coverage"] == 0.5
    assert found["interval_width"] == 2


def test_a_class_alone_has_an_accuracy_but_no_area() -> None:
    found = figured(BINARY, [1, 1], two([0.9, 0.2]))
    assert found["accuracy"] == 0.5
    assert np.isnan(found["roc_auc"])


@pytest.mark.parametrize(
    ("metric", "sign"), [(Metric.LOG_LOSS, -1), (Metric.ROC_AUC, 1), (Metric.F1, 1), (Metric.ACCURACY, 1)]
)
def test_a_score_is_higher_where_the_model_is_better(metric: Metric, sign: int) -> None:
    problem = Problem(AlgorithmType.BINARY, metric, ("no", "yes"))
    y = np.array([0, 1, 0, 1])
    good, bad = two([0.1, 0.9, 0.2, 0.8]), two([0.9, 0.1, 0.2, 0.8])
    assert score_of(problem, y, good) > score_of(problem, y, bad)
    assert np.sign(score_of(problem, y, good)) == sign


weighed = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from([0.1, 0.2, 0.3, 0.5]), st.integers(1, 4)),
    min_size=2,
    max_size=12,
)


@settings(deadline=None)
@given(weighed)
def test_a_weight_is_worth_as_many_equal_rows(rows: list[tuple[int, float, int]]) -> None:
    y = np.array([label for label, _, _ in rows])
    told = np.array([[score, 0.6 - score, 0.4] for _, score, _ in rows])
    weights = np.array([[count for _, _, count in rows]], dtype=np.float64)
    repeated = np.repeat(np.arange(len(rows)), weights[0].astype(int))
    once = np.ones((1, len(repeated)))
    heavy = figures_of(MANY, y, told)
    for name, figure in figures_of(MANY, y[repeated], told[repeated]).items():
        assert heavy[name](weights) == pytest.approx(figure(once), nan_ok=True), name
    for problem, targets, said in ((VALUES, y * 1.0, told[:, :1]), (QUANTILES, y * 1.0, told[:, :2])):
        heavy = figures_of(problem, targets, said)
        for name, figure in figures_of(problem, targets[repeated], said[repeated]).items():
            assert heavy[name](weights) == pytest.approx(figure(once), nan_ok=True), name


def test_the_interval_of_a_share_is_that_of_the_binomial() -> None:
    y = np.zeros(400, dtype=np.int64)
    told = two([0.9] * 100 + [0.1] * 300)
    found = intervals(at(BINARY, y, told), rows=400, groups=None, weights=None, seed=1, deadline=far())
    half = 1.96 * sqrt(0.75 * 0.25 / 400)
    assert found["accuracy"] == pytest.approx((0.75 - half, 0.75 + half), abs=0.008)


def test_groups_whose_rows_are_alike_make_intervals_wide() -> None:
    y = np.zeros(400, dtype=np.int64)
    told = two(([0.9] * 10 + [0.1] * 30) * 10)
    groups = np.arange(400) // 10
    found = intervals(at(BINARY, y, told), rows=400, groups=groups, weights=None, seed=1, deadline=far())
    half = 1.96 * sqrt(0.75 * 0.25 / 40)
    assert found["accuracy"] == pytest.approx((0.75 - half, 0.75 + half), abs=0.03)


@pytest.mark.parametrize("grouped", [False, True])
def test_intervals_of_very_many_rows_shrink_as_all_of_them_would(grouped: bool) -> None:
    rows = 30_000
    y = np.zeros(rows, dtype=np.int64)
    told = two([0.1 if row % 4 else 0.9 for row in range(rows)])
    groups = np.arange(rows) // 2 if grouped else None

    def accuracy(chosen: npt.NDArray[np.int64]) -> Figures:
        return {"accuracy": at(BINARY, y, told)(chosen)["accuracy"]}

    found = intervals(accuracy, rows=rows, groups=groups, weights=None, seed=1, deadline=far())
    # Of each two pairs one is right as a whole, of the other a half.
    variance = 1 / 16 * 2 if grouped else 0.75 * 0.25
    half = 1.96 * sqrt(variance / rows)
    assert found["accuracy"] == pytest.approx((0.75 - half, 0.75 + half), abs=0.0008)


def test_four_rows_or_no_time_have_no_interval() -> None:
    figures = at(VALUES, np.arange(4.0), np.zeros((4, 1)))
    assert not intervals(figures, rows=4, groups=None, weights=None, seed=1, deadline=far())
    figures = at(VALUES, np.arange(40.0), np.zeros((40, 1)))
    assert not intervals(figures, rows=40, groups=None, weights=None, seed=1, deadline=Deadline.after(0))


def test_a_figure_without_meaning_in_many_resamples_has_no_interval() -> None:
    y = np.array([1] + [0] * 9)
    figures = at(BINARY, y, two(np.linspace(0.1, 0.9, 10).tolist()))
    found = intervals(figures, rows=10, groups=None, weights=None, seed=1, deadline=far())
    assert "accuracy" in found
    assert "roc_auc" not in found


def test_curves_of_four_rows() -> None:
    positive, scores = np.array([True, False, True, False]), np.array([0.9, 0.6, 0.6, 0.1])
    curves = curves_of("yes", positive, scores, np.ones(4))
    assert curves is not None
    roc, precision, lift = curves
    assert (roc["fpr"], roc["tpr"]) == ([0, 0, 0.5, 1], [0, 0.5, 1, 1])
    assert roc["auc"] == pytest.approx(3.5 / 4)
    assert precision["recall"] == [0.5, 1, 1]
    assert precision["precision"] == pytest.approx([1, 2 / 3, 1 / 2], abs=1e-6)
    at = dict(zip(lift["share"], zip(lift["gain"], lift["lift"], strict=True), strict=True))
    # Within the two rows of equal score the gain rises evenly.
    assert at[0.25] == (0.5, 2)
    assert at[0.5] == (0.75, 1.5)
    assert at[1.0] == (1, 1)


def test_a_class_that_all_rows_or_none_have_has_no_curve() -> None:
    scores = np.array([0.1, 0.2])
    assert curves_of("yes", np.array([True, True]), scores, np.ones(2)) is None
    assert curves_of("yes", np.array([False, False]), scores, np.ones(2)) is None


@settings(deadline=None)
@given(st.integers(0, 2**31), st.integers(2, 3000))
def test_curves_are_short_keep_their_ends_and_the_area(seed: int, rows: int) -> None:
    drawn = np.random.default_rng(seed)
    positive, scores = drawn.random(rows) < 0.4, drawn.random(rows).round(3)
    positive[:2] = [True, False]
    curves = curves_of("yes", positive, scores, np.ones(rows))
    assert curves is not None
    roc, precision, _ = curves
    assert max(len(roc["fpr"]), len(precision["recall"])) <= 200
    assert (roc["fpr"][0], roc["tpr"][0], roc["fpr"][-1], roc["tpr"][-1]) == (0, 0, 1, 1)
    assert np.trapezoid(roc["tpr"], roc["fpr"]) == pytest.approx(roc["auc"], abs=0.01)
    expected = classification_metrics.average_precision(scores[:, None], positive[:, None])
    assert precision["average_precision"] == pytest.approx(float(expected[0]))


scored = st.lists(st.tuples(st.booleans(), st.integers(0, 20)), min_size=1, max_size=30)


@settings(deadline=None)
@given(scored, st.sampled_from([(1, 1), (1, 5), (7, 1), (0.5, 0.25)]))
def test_no_threshold_at_all_is_cheaper_than_the_recommended(
    rows: list[tuple[bool, int]], costs: tuple[float, float]
) -> None:
    positive, scores = np.array([one for one, _ in rows]), np.array([score / 20 for _, score in rows])
    cost = Costs(false_positive=costs[0], false_negative=costs[1])
    best, curve = cost_threshold(positive, scores, np.ones(len(rows)), cost)

    def paid(threshold: float) -> float:
        said = scores > threshold
        return float(costs[0] * (said & ~positive).sum() + costs[1] * (~said & positive).sum())

    assert 0 <= best <= 1
    assert paid(best) == pytest.approx(min(paid(step / 1000) for step in range(1001)))
    assert best in [point["threshold"] for point in curve]
    for point in curve:
        said = scores > point["threshold"]
        assert point["cost"] == pytest.approx(paid(point["threshold"]))
        assert point["accuracy"] == pytest.approx(float((said == positive).mean()))
        hits = float((said & positive).sum())
        assert point["precision"] == pytest.approx(hits / max(1, said.sum()))
        assert point["recall"] == pytest.approx(hits / max(1, positive.sum()))


def test_of_equally_cheap_thresholds_the_one_of_certain_probabilities_is_taken() -> None:
    positive, scores = np.array([True, True, False]), np.array([0.9, 0.8, 0.1])
    even, _ = cost_threshold(positive, scores, np.ones(3), Costs())
    dear, _ = cost_threshold(positive, scores, np.ones(3), Costs(false_negative=3))
    assert (even, dear) == (0.5, 0.25)


def test_a_curve_of_many_thresholds_has_at_most_200_points() -> None:
    drawn = np.random.default_rng(1)
    scores = drawn.random(5000)
    _, curve = cost_threshold(drawn.random(5000) < scores, scores, np.ones(5000), Costs())
    assert len(curve) <= 200
    assert [point["threshold"] for point in curve] == sorted(point["threshold"] for point in curve)


def test_the_expected_error_is_the_mean_distance_of_bins() -> None:
    said, came = np.array([0.95, 0.95, 0.95, 0.15]), np.array([1.0, 1, 0, 0])
    bins, error = reliability(said, came, np.ones(4))
    assert [row["count"] for row in bins] == [1, 3]
    assert bins[1] == {"predicted": pytest.approx(0.95), "observed": pytest.approx(2 / 3), "count": 3}
    assert error == pytest.approx(3 / 4 * (0.95 - 2 / 3) + 1 / 4 * 0.15)


def test_of_many_classes_the_answer_is_calibrated() -> None:
    found = calibration(np.array([0, 1]), np.array([[0.8, 0.1, 0.1], [0.2, 0.3, 0.5]]), np.ones(2))
    assert [(row["predicted"], row["observed"]) for row in found["bins"]] == [(0.5, 0), (0.8, 1)]


def test_residuals_by_decile_and_their_histogram() -> None:
    predicted = np.arange(100.0)
    found = residuals(predicted + np.where(predicted < 50, 1.0, -1.0), predicted, seed=1)
    assert [row["rows"] for row in found["by_decile"]] == [10] * 10
    assert [row["bias"] for row in found["by_decile"]] == [1.0] * 5 + [-1.0] * 5
    assert sum(found["histogram"]["counts"]) == 100
    assert len(found["histogram"]["edges"]) == len(found["histogram"]["counts"]) + 1


def test_one_row_has_residuals_too() -> None:
    found = residuals(np.array([3.0]), np.array([1.0]), seed=1)
    assert sum(found["histogram"]["counts"]) == 1
    assert found["by_decile"][0]["mae"] == 2


def test_coverage_counts_rows_at_or_below_each_quantile() -> None:
    rows = quantile_coverage(np.array([1.0, 2, 3, 4]), np.array([[1.0, 3]] * 4), (0.1, 0.9), np.ones(4))
    assert [row["coverage"] for row in rows] == [0.25, 0.75]
