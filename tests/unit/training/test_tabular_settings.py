"""What a tabular run can be told, and what contradicts itself."""

from typing import Any

import pytest

from openbml_catalog.tabular.settings import (
    MOST_CHARACTERS,
    TabularSettings,
    TabularSettingsError,
    checked_tabular,
    parse_tabular,
)


def test_a_target_is_all_that_automl_needs() -> None:
    settings = checked_tabular({"target": "churn"})
    assert (settings.mode, settings.algorithm_type) == ("automl", "automatic")
    assert parse_tabular(settings.as_text()) == settings


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"target": ""}, "target"),
        ({"mode": "expert"}, "algorithm_type"),
        ({"training_way": "distributed"}, "training_way"),
        (
            {"feature_engineering": {"mode": "manual", "operators": [{"name": "bin"}]}},
            "feature_engineering",
        ),
        ({"objective": "quantile"}, "quantiles"),
        ({"objective": "quantile", "quantiles": [0.9, 0.1]}, "quantiles"),
        ({"algorithm_type": "binary", "objective": "count"}, "objective"),
        ({"excluded_columns": ["churn"]}, "excluded_columns"),
        ({"time_column": "churn"}, "time_column"),
        ({"costs": {"false_positive": 0}}, "costs.false_positive"),
        ({"no_such_setting": 1}, "no_such_setting"),
    ],
)
def test_what_contradicts_itself_is_named(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(TabularSettingsError) as refused:
        checked_tabular({"target": "churn", **changes})
    assert refused.value.field == field


def test_settings_that_no_hyper_parameter_holds_are_refused() -> None:
    names = tuple(f"column_{number}" for number in range(900))
    with pytest.raises(TabularSettingsError, match=str(MOST_CHARACTERS)):
        TabularSettings(target="churn", excluded_columns=names).as_text()


def test_text_that_is_no_json_is_refused() -> None:
    with pytest.raises(TabularSettingsError, match="no JSON"):
        parse_tabular("{")
