"""Which jobs a search expression selects."""

from typing import Any

import pytest

from sagemaker_local.protocol.errors import ValidationException
from sagemaker_local.training.search_rules import matches

JOB = {
    "TrainingJobName": "churn-7",
    "CreationTime": 1_700_000_000.5,
    "EnableNetworkIsolation": False,
    "HyperParameters": {"lr": "0.1", "optimizer.name": "adam"},
    "Metrics": {"loss": 0.25},
    "Tags": {"team": "vision"},
    "InputDataConfig": [
        {"ChannelName": "train", "DataSource": {"S3DataSource": {"S3Uri": "s3://b/x"}}},
        {"ChannelName": "test", "DataSource": {"S3DataSource": {"S3Uri": "s3://b/y"}}},
    ],
}


@pytest.mark.parametrize(
    ("name", "operator", "value", "selected"),
    [
        ("TrainingJobName", "Equals", "churn-7", True),
        ("TrainingJobName", "Equals", "churn", False),
        ("TrainingJobName", "NotEquals", "churn-7", False),
        ("TrainingJobName", "Contains", "urn", True),
        ("TrainingJobName", "In", "a, churn-7", True),
        ("Metrics.loss", "LessThan", "0.3", True),
        ("Metrics.loss", "GreaterThanOrEqualTo", "0.25", True),
        ("Metrics.loss", "GreaterThan", "many", False),
        ("Metrics.accuracy", "LessThan", "1", False),
        ("Metrics.accuracy", "NotExists", None, True),
        ("Tags.team", "Exists", None, True),
        ("HyperParameters.lr", "GreaterThan", "0.05", True),
        ("HyperParameters.optimizer.name", "Equals", "adam", True),
        ("EnableNetworkIsolation", "Equals", "false", True),
        ("CreationTime", "GreaterThan", "2023-11-14T22:13:20", True),
        ("CreationTime", "LessThan", "2023-11-14T22:13:20Z", False),
        ("InputDataConfig.ChannelName", "Equals", "test", True),
        ("No.such.member", "Equals", "x", False),
        ("No.such.member", "NotEquals", "x", True),
    ],
)
def test_a_filter_compares_text_numbers_and_times(
    name: str, operator: str, value: str | None, selected: bool
) -> None:
    one = {"Name": name, "Operator": operator} | ({} if value is None else {"Value": value})
    assert matches({"Filters": [one]}, JOB) is selected


def nested(channel: str, uri: str) -> dict[str, Any]:
    prefix = "InputDataConfig"
    return {
        "NestedPropertyName": prefix,
        "Filters": [
            {"Name": f"{prefix}.ChannelName", "Operator": "Equals", "Value": channel},
            {"Name": f"{prefix}.DataSource.S3DataSource.S3Uri", "Operator": "Equals", "Value": uri},
        ],
    }


def test_nested_filters_hold_for_one_and_the_same_element() -> None:
    assert matches({"NestedFilters": [nested("train", "s3://b/x")]}, JOB)
    assert not matches({"NestedFilters": [nested("train", "s3://b/y")]}, JOB)


def test_expressions_combine_with_and_or_and_below_each_other() -> None:
    good = {"Name": "TrainingJobName", "Value": "churn-7"}
    bad = {"Name": "TrainingJobName", "Value": "other"}
    assert not matches({"Filters": [good, bad]}, JOB)
    assert matches({"Filters": [good, bad], "Operator": "Or"}, JOB)
    below = {"Filters": [good, bad], "Operator": "Or"}
    assert matches({"Filters": [good], "SubExpressions": [below]}, JOB)
    assert matches({}, JOB)


def test_a_comparison_without_a_value_is_refused() -> None:
    with pytest.raises(ValidationException, match="needs a Value"):
        matches({"Filters": [{"Name": "TrainingJobName", "Operator": "Contains"}]}, JOB)
