"""The report of a tabular run: complete, bounded, honest, whatever the rows are."""

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from openbml_catalog.tabular.settings import Costs, Metric
from openbml_kit.tables.features import Feature, FeatureKind
from openbml_tabular.report import report as report_module
from openbml_tabular.report.deadlines import Deadline
from openbml_tabular.report.files import write_report
from openbml_tabular.report.inputs import Evaluated, ReportColumn, ReportInputs, Warned
from openbml_tabular.report.report import tabular_report
from openbml_tabular.sampling import Sampling
from tests.fakes import tabular_evaluation as runs

KEYS = {
    "format", "task", "run_id", "network", "params", "dataset", "basis", "cautions", "conclusion", "overall",
    "hints", "history", "labels", "recommended_threshold", "wrong_examples", "wrong_count", "problem",
    "intervals", "leaderboard", "trials", "confusion_matrix", "per_class", "threshold_curve", "roc",
    "pr_curves", "lift", "calibration", "residuals", "quantile_coverage", "importance", "partial_dependence",
    "slices", "columns", "sampling", "evaluation_sampling", "data_card", "model_card", "baseline", "costs",
    "at_threshold",
}  # fmt: skip
EXAMPLES = Path(__file__).resolve().parents[2] / "fakes" / "tabular_reports"


def report_of(inputs: ReportInputs) -> dict[str, Any]:
    report = tabular_report(inputs)
    json.dumps(report, allow_nan=False)
    assert set(report) == KEYS
    return report


def rows_of(inputs: ReportInputs, rows: Any) -> ReportInputs:
    return replace(inputs, evaluated=inputs.evaluated.take(np.asarray(rows)))


def codes(report: dict[str, Any], section: str = "hints") -> list[str]:
    return [row["code"] for row in report[section]]


def test_a_report_of_two_classes() -> None:
    report = report_of(runs.classification())
    assert report["problem"] == {
        "kind": "binary",
        "target": "target",
        "labels": ["class 0", "class 1"],
        "positive_label": "class 1",
        "metric": "log_loss",
        "objective": "mean",
        "quantiles": [],
    }
    assert report["basis"]["source"] == "holdout"
    low, high = report["intervals"]["roc_auc"]
    assert low < report["overall"]["roc_auc"] < high
    assert report["overall"]["log_loss"] < report["baseline"]["log_loss"]
    assert [row["label"] for row in report["roc"]] == ["class 1"]
    assert report["calibration"]["expected_error"] < 0.08
    assert report["importance"]["permutation"][0]["column"] == "c0"
    assert report["importance"]["shap"][0]["column"] == "c0"
    curve = report["partial_dependence"][0]
    assert curve["column"] == "c0"
    risen = [average[1] for average in curve["average"]]
    assert risen == sorted(risen)
    wrong = [row["score"] for row in report["wrong_examples"]]
    assert wrong == sorted(wrong, reverse=True)
    assert report["wrong_count"] == round(400 * (1 - report["overall"]["accuracy"]))
    assert set(report["wrong_examples"][0]["values"]) == {"c0", "c1", "c2", "c3"}


def test_costs_move_the_threshold() -> None:
    inputs = runs.classification(rows=2000)
    dear = replace(inputs, costs=Costs(false_negative=9))
    even, moved = report_of(inputs)["recommended_threshold"], report_of(dear)["recommended_threshold"]
    assert even == pytest.approx(0.5, abs=0.15)
    assert moved == pytest.approx(0.1, abs=0.07)


def test_figures_of_the_served_answers_stand_beside_those_of_the_more_probable_class() -> None:
    inputs = replace(runs.classification(rows=2000), costs=Costs(false_negative=9))
    report = report_of(inputs)
    scores, positive = inputs.evaluated.predictions[:, 1], inputs.evaluated.y == 1
    served = scores > report["recommended_threshold"]
    at = report["at_threshold"]
    assert at["figures"]["accuracy"] == pytest.approx((served == positive).mean())
    assert at["figures"]["recall"] > report["overall"]["recall"]
    assert at["confusion_matrix"]["counts"][1] == [(~served & positive).sum(), (served & positive).sum()]
    # Whether a score must reach or exceed the threshold makes no difference: it equals none.
    assert np.array_equal(served, scores >= report["recommended_threshold"])


def test_a_report_of_values() -> None:
    report = report_of(runs.regression())
    assert report["overall"]["rmse"] == pytest.approx(0.5, rel=0.1)
    assert report["conclusion"]["grade"] == "good"
    assert report["recommended_threshold"] is None
    assert report["confusion_matrix"] is None
    assert len(report["residuals"]["by_decile"]) == 10
    assert [row["column"] for row in report["importance"]["permutation"][:2]] == ["c0", "c3"]
    kinds = {row["column"]: row["kind"] for row in report["partial_dependence"]}
    assert kinds["c3"] == "category"
    residual = [abs(row["residual"]) for row in report["wrong_examples"]]
    assert residual == sorted(residual, reverse=True)
    assert min(residual) > 2 * report["overall"]["rmse"]


def test_a_report_of_quantiles() -> None:
    report = report_of(runs.quantiles(rows=2000))
    covered = {row["quantile"]: row["coverage"] for row in report["quantile_coverage"]}
    assert covered == pytest.approx({0.1: 0.1, 0.5: 0.5, 0.9: 0.9}, abs=0.03)
    assert report["overall"]["interval_coverage"] == pytest.approx(0.8, abs=0.04)
    assert set(report["wrong_examples"][0]["quantiles"]) == {"0.1", "0.5", "0.9"}
    assert "quantiles_off" not in codes(report)


def test_quantiles_that_do_not_hold_what_they_say_are_told() -> None:
    inputs = runs.quantiles(rows=2000)
    narrow = inputs.evaluated.predictions * [1, 1, 1] + [0.8, 0, -0.8]
    report = report_of(replace(inputs, evaluated=replace(inputs.evaluated, predictions=narrow)))
    assert "quantiles_off" in codes(report)


@pytest.mark.parametrize("rows", [1, 2, 10])
@pytest.mark.parametrize("make", [runs.classification, runs.regression, runs.quantiles])
def test_a_handful_of_rows_has_a_report_with_cautions(make: Any, rows: int) -> None:
    report = report_of(make(rows=rows))
    assert {"little_data", "few_evaluated"} <= set(codes(report, "cautions"))
    assert bool(report["intervals"]) == (rows == 10)


def test_no_row_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="evaluated row"):
        tabular_report(rows_of(runs.regression(), np.array([], dtype=np.int64)))


def test_an_evaluation_of_one_class_has_no_curves_and_says_so() -> None:
    inputs = runs.classification()
    report = report_of(rows_of(inputs, np.flatnonzero(inputs.evaluated.y == 1)))
    assert report["roc"] == []
    assert report["overall"]["roc_auc"] is None
    assert report["recommended_threshold"] is None
    assert "classes_not_evaluated" in codes(report, "cautions")


def test_a_model_that_knows_nothing_is_weak_whatever_its_accuracy() -> None:
    inputs = runs.classification()
    shares = np.bincount(inputs.evaluated.y) / len(inputs.evaluated)
    told = np.tile(shares, (len(inputs.evaluated), 1))
    report = report_of(
        replace(
            inputs,
            evaluated=replace(inputs.evaluated, predictions=told),
            predict=lambda x: np.tile(shares, (len(x), 1)),
        )
    )
    assert report["conclusion"]["grade"] == "weak"
    assert "no_better_than_baseline" in codes(report, "cautions")
    assert all(row["mean"] == pytest.approx(0, abs=1e-12) for row in report["importance"]["permutation"])


def test_200_classes_have_a_bounded_report() -> None:
    report = report_of(runs.classification(rows=3000, classes=200))
    assert len(report["per_class"]) == 200
    assert len(report["roc"]) == 20
    assert len(json.dumps(report)) < 1_500_000


def test_of_1000_columns_the_50_that_tell_most_are_measured_and_it_is_told() -> None:
    report = report_of(runs.regression(rows=300, columns=1000))
    selection = report["importance"]["selection"]
    assert (selection["columns_total"], selection["columns_used"]) == (1000, 50)
    assert selection["permutation_of_the_others"] == pytest.approx(0, abs=1e-6)
    assert "1000 columns" in selection["reason_en"]
    assert len(report["importance"]["permutation"]) == 50
    assert {row["column"] for row in report["importance"]["permutation"][:2]} == {"c0", "c999"}


def test_very_many_rows_are_sampled_and_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_module, "MOST_EVALUATED", 500)
    report = report_of(runs.regression(rows=2000))
    assert report["evaluation_sampling"]["rows_total"] == 2000
    assert report["evaluation_sampling"]["rows_used"] == 500
    assert report["basis"]["evaluated_count"] == 2000


def test_a_slow_model_gets_fewer_questions_not_more_time() -> None:
    inputs = runs.regression(columns=30)

    def slow(x: Any) -> Any:
        time.sleep(2e-4 * len(x))
        return runs.values(x)[:, None]

    started = time.monotonic()
    report = report_of(replace(inputs, predict=slow, budget_s=1.5))
    assert time.monotonic() - started < 10  # a minute if all were asked
    assert 5 <= len(report["importance"]["permutation"]) < 30
    assert report["importance"]["selection"]["columns_used"] < 30


def test_no_time_leaves_out_what_asks_the_model_and_keeps_the_figures() -> None:
    inputs = runs.classification()
    report = tabular_report(inputs, deadline=Deadline.after(0))
    assert report["overall"]["accuracy"] > 0.5
    assert report["importance"]["permutation"] == report["importance"]["shap"] == []
    assert report["intervals"] == {}
    assert report["slices"] == []
    assert report["model_card"]["limits"]


def test_a_cross_validation_says_that_explanations_are_of_training_rows() -> None:
    report = report_of(replace(runs.regression(), source="cross_validation"))
    assert report["importance"]["on"] == "rows_of_training"
    assert "cross-validation" in report["conclusion"]["en"]
    assert "交叉验证" in report["conclusion"]["zh"]


def test_weights_count_in_figures() -> None:
    inputs = runs.classification()
    right = inputs.evaluated.predictions.argmax(axis=1) == inputs.evaluated.y
    weights = np.where(right, 3.0, 1.0)
    report = report_of(replace(inputs, evaluated=replace(inputs.evaluated, weights=weights)))
    assert report["overall"]["accuracy"] == pytest.approx(
        3 * right.sum() / (3 * right.sum() + (~right).sum())
    )


def test_a_column_that_gives_the_answer_away_is_named() -> None:
    inputs = runs.regression(noise=0.0)
    x = inputs.evaluated.x.copy()
    x[:, 3] = 0
    first = np.nan_to_num(x[:, 0]) * 3.0
    leaky = replace(
        inputs,
        evaluated=Evaluated(inputs.evaluated.table, x, first, first[:, None]),
        predict=lambda rows: (np.nan_to_num(rows[:, 0]) * 3.0)[:, None],
    )
    (leak,) = [row for row in report_of(leaky)["hints"] if row["code"] == "possible_leak"]
    assert leak["labels"] == ["c0"]
    assert leak["message_zh"]


def test_hints_of_imbalance_few_rows_and_of_others_are_passed_on() -> None:
    inputs = runs.classification(rows=60, columns=40)
    training = replace(
        inputs.training, rows=90, class_counts=[85, 5], sampling=Sampling(900, 90, "memory", "内存")
    )
    warned = Warned("identifier_column", "warning", "Column id counts rows.", "列id为行号。")
    report = report_of(replace(inputs, training=training, warnings=[warned]))
    assert {"imbalanced_labels", "few_rows_for_columns", "identifier_column"} <= set(codes(report))
    assert "sampled_training" in codes(report, "cautions")
    assert report["sampling"]["rows_used"] == 90
    assert report["data_card"]["known_problems"][0]["code"] == "identifier_column"


def test_every_message_is_in_both_languages() -> None:
    inputs = runs.classification(rows=60, columns=40, classes=3, metric=Metric.F1)
    report = report_of(replace(inputs, training=replace(inputs.training, rows=90)))
    card = report["model_card"]
    texts = [
        *report["hints"],
        *report["cautions"],
        *card["limits"],
        *card["intended_use"],
        *card["out_of_scope"],
    ]
    assert texts
    for row in texts:
        assert row["message_en"].isascii() or "×" in row["message_en"] or "²" in row["message_en"]
        assert any("\u4e00" <= letter <= "\u9fff" for letter in row["message_zh"])


def test_dates_and_several_features_of_a_column_go_together() -> None:
    inputs = runs.regression()
    rows = len(inputs.evaluated)
    days = np.arange(rows, dtype=np.float32)
    x = np.concatenate((inputs.evaluated.x, days[:, None], (days % 7)[:, None]), axis=1)
    table = inputs.evaluated.table.append_column(
        "day", pa.array(np.datetime64("2026-01-01") + np.arange(rows), pa.date32())
    )
    y = days + 10 * (days % 7)

    def predict(x: Any) -> Any:
        return (x[:, -2] + 10 * x[:, -1])[:, None].astype(np.float64)

    dated = replace(
        inputs,
        evaluated=Evaluated(table, x, y.astype(np.float64), predict(x)),
        training=replace(inputs.training, x=x[:50], y=y[:50]),
        columns=[*inputs.columns, ReportColumn("day", "date")],
        features=[
            *inputs.features,
            *[
                Feature(name=f"day {part}", column="day", kind=FeatureKind.NUMBER)
                for part in ("epoch", "weekday")
            ],
        ],
        predict=predict,
    )
    report = report_of(dated)
    assert report["importance"]["permutation"][0]["column"] == "day"
    assert report["importance"]["permutation"][1]["mean"] == pytest.approx(0, abs=1e-9)
    curve = report["partial_dependence"][0]
    assert (curve["column"], curve["values"][0]) == ("day", "2026-01-01")


def test_files_lie_beside_each_other(tmp_path: Path) -> None:
    report = report_of(runs.classification(rows=30))
    write_report(tmp_path, report, drift_baseline={"columns": []})
    assert json.loads((tmp_path / "report.json").read_text()) == report
    assert (tmp_path / "report.html").read_text().startswith("<!DOCTYPE html>")
    assert json.loads((tmp_path / "drift_baseline.json").read_text()) == {"columns": []}


@pytest.mark.parametrize("name", ["binary", "multiclass", "regression", "quantile"])
def test_the_examples_that_other_tests_read_are_of_today(name: str) -> None:
    example = EXAMPLES / f"{name}.json"
    assert set(json.loads(example.read_text())) == KEYS
    assert example.stat().st_size < 200_000
