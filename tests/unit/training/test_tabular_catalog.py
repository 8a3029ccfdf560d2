"""The catalogue of tabular prediction: models, hyper-parameters, metrics, ranges."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbml_catalog.tabular.metrics import chosen_metric, metrics, metrics_for
from openbml_catalog.tabular.models import TabularParameter, expert_models, models
from openbml_catalog.tabular.ranges import Choice, RangeError, RangeKind, read_range
from openbml_catalog.tabular.settings import AlgorithmType, Metric, Objective, TrainingWay

KINDS = [AlgorithmType.BINARY, AlgorithmType.MULTICLASS, AlgorithmType.REGRESSION]
PARAMETERS = [(model.code, row) for model in models().values() for row in model.parameters]
THE_MANUALS = {
    "CAT": {"depth", "iterations", "learning_rate", "l2_leaf_reg", "border_count"},
    "LGBM": {
        "num_leaves",
        "boosting_type",
        "n_estimators",
        "max_depth",
        "subsample",
        "learning_rate",
        "colsample_bytree",
        "reg_alpha",
        "reg_lambda",
    },
    "RF": {
        "n_estimators",
        "max_features",
        "max_depth",
        "min_samples_split",
        "min_samples_leaf",
        "bootstrap",
    },
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_expert_mode_offers_the_manuals_six_models_on_one_machine_and_fewer_on_several(
    kind: AlgorithmType,
) -> None:
    single = [model.code for model in expert_models(kind, TrainingWay.SINGLE)]
    distributed = [model.code for model in expert_models(kind, TrainingWay.DISTRIBUTED)]
    assert sorted(single) == ["CAT", "KNN", "LGBM", "LR", "RF", "XGB"]
    assert sorted(distributed) == ["LGBM", "XGB"]


@pytest.mark.parametrize("code", THE_MANUALS)
def test_every_hyper_parameter_of_the_manual_has_a_preset_range_of_more_than_one_value(code: str) -> None:
    space = models()[code].space()
    assert set(space) >= THE_MANUALS[code]
    assert all(len(set(space[name].ends)) > 1 for name in THE_MANUALS[code])


def test_the_preset_boosting_types_are_the_manuals() -> None:
    boosting = models()["LGBM"].space()["boosting_type"]
    assert isinstance(boosting, Choice)
    assert set(boosting.values) == {"rf", "gbdt", "dart", "goss"}


@pytest.mark.parametrize(("code", "row"), PARAMETERS)
def test_defaults_and_preset_ranges_are_allowed_and_need_no_warning(code: str, row: TabularParameter) -> None:
    assert row.fault(row.default) is None
    assert row.range_fault(row.range) is None
    assert row.range_warning(row.range) is None


def test_the_presets_show_each_of_the_five_range_kinds() -> None:
    assert {row.range.type for _, row in PARAMETERS} == set(RangeKind)


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"type": "randint", "range": [127, 15]}, "inverted"),
        ({"type": "uniform", "range": [0.5]}, "uniform range is written"),
        ({"type": "uniform", "range": [0.1, float("nan")]}, "finite"),
        ({"type": "uniform", "range": ["0.1", "0.2"]}, "uniform range is written"),
        ({"type": "randint", "range": [1.5, 3]}, "valid integer"),
        ({"type": "randint", "range": [True, 3]}, "valid integer"),
        ({"type": "loguniform", "range": [0, 1]}, "above 0"),
        ({"type": "quniform", "range": [0, 10]}, "q: Field required"),
        ({"type": "quniform", "range": [0, 10], "q": 0}, "greater than 0"),
        ({"type": "quniform", "range": [0, 10], "q": 11}, "greater than the range is wide"),
        ({"type": "choice", "values": []}, "at least 1"),
        ({"type": "choice", "values": [1, 1]}, "twice"),
        ({"type": "choice", "values": list(range(51))}, "at most 50"),
        ({"type": "choice", "values": [[1]]}, "values"),
        ({"type": "choice", "range": [1, 2]}, "choice range is written"),
        ({"type": "normal", "range": [1, 2]}, "choice, loguniform, randint, not type 'normal'"),
        ({"range": [1, 2]}, "not type None"),
        ([15, 127], "not [15, 127]"),
        ("randint", "not 'randint'"),
    ],
)  # fmt: skip
def test_a_range_that_is_none_says_how_it_is_written(document: object, said: str) -> None:
    with pytest.raises(RangeError) as refusal:
        read_range(document)
    assert said in str(refusal.value)


@given(st.integers(-50, 50), st.integers(0, 50), st.integers(1, 10))
def test_the_ends_of_a_quantised_range_are_values_that_it_has(low: int, width: int, q: int) -> None:
    if q > width > 0:
        return
    range_ = read_range({"type": "quniform", "range": [low, low + width], "q": q})
    values = range(low, low + width + 1, q)
    assert set(range_.ends) <= set(values)
    assert max(range_.ends) == values[-1]


def test_a_whole_number_can_be_searched_by_a_quantised_range_of_whole_steps_only() -> None:
    trees = models()["LGBM"].parameter("n_estimators")
    assert trees is not None
    whole = read_range({"type": "quniform", "range": [100, 500], "q": 100})
    broken = read_range({"type": "quniform", "range": [100, 500], "q": 62.5})
    assert trees.range_fault(whole) is None
    assert "162.5" in str(trees.range_fault(broken))


def test_truth_values_and_numbers_are_not_taken_for_each_other() -> None:
    forest = models()["RF"]
    bootstrap, trees = forest.parameter("bootstrap"), forest.parameter("n_estimators")
    assert bootstrap is not None
    assert trees is not None
    assert bootstrap.fault(1) == "must be True or False, not 1"
    assert trees.fault(True) == "must be a whole number from 1 to 5000, not True"
    assert trees.fault(100.0) == "must be a whole number from 1 to 5000, not 100.0"


def test_words_stand_in_the_place_of_a_number() -> None:
    features = models()["RF"].parameter("max_features")
    assert features is not None
    assert features.fault("sqrt") is None
    assert features.fault(0.5) is None
    assert features.fault("all") == "must be a number from 0.01 to 1 or sqrt or log2, not 'all'"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("objective", Objective)
def test_every_problem_has_exactly_one_automatic_metric(kind: AlgorithmType, objective: Objective) -> None:
    if kind is not AlgorithmType.REGRESSION and objective is not Objective.MEAN:
        return
    automatic = [row.name for row in metrics_for(kind, objective) if row.automatic]
    assert automatic == [chosen_metric(Metric.AUTOMATIC, kind, objective)]


def test_all_metrics_of_the_settings_are_described() -> None:
    assert set(metrics()) == set(Metric) - {Metric.AUTOMATIC}


def test_a_metric_of_another_kind_is_refused_with_those_that_fit() -> None:
    with pytest.raises(ValueError, match=r"rmse does not fit binary; use log_loss, roc_auc"):
        chosen_metric(Metric.RMSE, AlgorithmType.BINARY)
    with pytest.raises(ValueError, match=r"rmse does not fit a regression of the objective count"):
        chosen_metric(Metric.RMSE, AlgorithmType.REGRESSION, Objective.COUNT)
