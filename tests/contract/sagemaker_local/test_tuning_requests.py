"""Tuning jobs: what is refused, warm start, lists, deletion."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.contract.sagemaker_local.scenario import Scenario
from tests.contract.sagemaker_local.tuning_jobs import ONE, Tuning, X, refused, series, values

MAXIMIZE = {"Type": "Maximize", "MetricName": "loss"}


def test_warm_start_goes_on_from_its_parents(tuning: Tuning, scenario: Scenario) -> None:
    parent, child = f"{scenario.name}-p", f"{scenario.name}-c"
    warm = {
        "ParentHyperParameterTuningJobs": [{"HyperParameterTuningJobName": parent}],
        "WarmStartType": "IdenticalDataAndAlgorithm",
    }
    told = refused(tuning.create, name=child, WarmStartConfig=warm)
    assert "Could not find the parent" in told
    tuning.create(parent, ParameterRanges=series("0.1"), ResourceLimits=ONE)
    assert "must be Completed" in refused(tuning.create, name=child, WarmStartConfig=warm)
    tuning.ended(parent)
    tuning.create(child, WarmStartConfig=warm, ParameterRanges=series("0.4", "0.1"), ResourceLimits=ONE)
    found = tuning.ended(child)
    assert found["OverallBestTrainingJob"]["TuningJobName"] in (parent, child)
    assert values([found["OverallBestTrainingJob"]])[0] <= values([found["BestTrainingJob"]])[0]
    assert values([found["OverallBestTrainingJob"]]) == [0.1]

    other_data = [scenario.channel("other")]
    more = {**X, "Name": "y"}
    for told, changes in (
        ("objective must be the same", {"HyperParameterTuningJobObjective": MAXIMIZE}),
        ("number of static and tuned", {"ParameterRanges": {"ContinuousParameterRanges": [X, more]}}),
        ("input data must be the same", {"InputDataConfig": other_data}),
        (
            "each of them once",
            {
                "WarmStartConfig": {
                    **warm,
                    "ParentHyperParameterTuningJobs": [{"HyperParameterTuningJobName": parent}] * 2,
                }
            },
        ),
    ):
        assert told in refused(tuning.create, name=f"{child}2", **{"WarmStartConfig": warm, **changes})
    transfer = {**warm, "WarmStartType": "TransferLearning"}
    tuning.create(f"{child}3", WarmStartConfig=transfer, InputDataConfig=other_data, ResourceLimits=ONE)
    assert "OverallBestTrainingJob" not in tuning.ended(f"{child}3")


@pytest.mark.parametrize(
    ("told", "changes"),
    [
        ("not defined in MetricDefinitions", {
            "HyperParameterTuningJobObjective": {**MAXIMIZE, "MetricName": "f1"},
        }),
        ("At least one hyperparameter range", {"ParameterRanges": {}}),
        ("either static or tuned", {"StaticHyperParameters": {"x": "1"}}),
        ("must be unique", {"ParameterRanges": {"ContinuousParameterRanges": [X, X]}}),
        ("must not be greater", {"ParameterRanges": {"ContinuousParameterRanges": [{**X, "MinValue": "2"}]}}),
        ("categorical hyperparameter ranges only", {"Strategy": "Grid"}),
        ("which is 2; it is 3", {
            "Strategy": "Grid",
            "ParameterRanges": series("1", "2"),
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 3, "MaxParallelTrainingJobs": 1},
        }),
        ("MaxResource", {"Strategy": "Hyperband"}),
        ("must be less than or equal to MaxResource", {
            "Strategy": "Hyperband",
            "StrategyConfig": {"HyperbandStrategyConfig": {"MinResource": 9}},
            "StaticHyperParameters": {"epochs": "5"},
        }),
        ("must be Off", {
            "Strategy": "Hyperband",
            "StrategyConfig": {"HyperbandStrategyConfig": {"MaxResource": 9}},
            "TrainingJobEarlyStoppingType": "Auto",
        }),
        ("not supported with the Random", {
            "StrategyConfig": {"HyperbandStrategyConfig": {"MaxResource": 9}},
        }),
        ("MaxParallelTrainingJobs (2)", {
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 1, "MaxParallelTrainingJobs": 2},
        }),
        ("is required", {"ResourceLimits": {"MaxParallelTrainingJobs": 2}}),
        ("either a", {"AlgorithmSpecification": {
            "TrainingInputMode": "File", "MetricDefinitions": [{"Name": "loss", "Regex": "loss=(.*);"}],
        }}),
        ("regular expression", {"AlgorithmSpecification": {
            "TrainingImage": "i",
            "TrainingInputMode": "File",
            "MetricDefinitions": [{"Name": "loss", "Regex": "("}],
        }}),
    ],
)  # fmt: skip
def test_a_request_that_cannot_run_says_why(tuning: Tuning, told: str, changes: dict[str, Any]) -> None:
    assert told in refused(tuning.create, **changes)
    found = tuning.client.list_hyper_parameter_tuning_jobs(NameContains=tuning.scenario.name)
    assert found["HyperParameterTuningJobSummaries"] == []


def test_of_many_creates_with_one_name_one_wins(tuning: Tuning) -> None:
    def create(_: int) -> str:
        try:
            return tuning.create(ResourceLimits=ONE)
        except tuning.client.exceptions.ResourceInUse:
            return ""

    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(create, range(8)))
    assert sorted(made) == [""] * 7 + [tuning.scenario.name]
    tuning.ended()
    assert len(tuning.children()) == 1


def test_too_many_training_jobs_exceed_a_limit(tuning: Tuning) -> None:
    limits = {"MaxNumberOfTrainingJobs": 1000, "MaxParallelTrainingJobs": 1}
    refused(tuning.create, "ResourceLimitExceeded", ResourceLimits=limits)
    ranges = {
        "CategoricalParameterRanges": [
            {"Name": f"p{n}", "Values": [str(v) for v in range(30)]} for n in range(30)
        ]
    }
    refused(
        tuning.create,
        "ResourceLimitExceeded",
        Strategy="Grid",
        ParameterRanges=ranges,
        ResourceLimits={"MaxParallelTrainingJobs": 1},
    )


def test_jobs_and_children_are_listed_described_and_deleted(tuning: Tuning, scenario: Scenario) -> None:
    client, name = tuning.client, scenario.name
    for call in (
        client.describe_hyper_parameter_tuning_job,
        client.stop_hyper_parameter_tuning_job,
        client.list_training_jobs_for_hyper_parameter_tuning_job,
    ):
        refused(call, "ResourceNotFound", HyperParameterTuningJobName="nobody")
    assert "not found" in refused(
        client.delete_hyper_parameter_tuning_job, HyperParameterTuningJobName="nobody"
    )
    options = series("0.3", "0.1 0.9", "0.2")
    options["AutoParameters"] = [{"Name": "batch", "ValueHint": "32"}]
    tuning.create(
        Strategy="Grid",
        ParameterRanges=options,
        ResourceLimits={"MaxParallelTrainingJobs": 3, "MaxRuntimeInSeconds": 3600},
        Autotune={"Mode": "Enabled"},
        CheckpointConfig={"S3Uri": f"{scenario.put('checkpoints')}/"},
        Tags=[{"Key": "a", "Value": "b"}],
    )
    told = refused(tuning.create, "ResourceInUse")
    assert "must be unique" in told
    found = tuning.ended()
    assert found["HyperParameterTuningJobConfig"]["ParameterRanges"] == options
    assert found["Autotune"] == {"Mode": "Enabled"}
    static = found["TrainingJobDefinition"]["StaticHyperParameters"]
    assert static == {"note": "fixed", "_tuning_objective_metric": "loss"}  # as AWS shows it
    assert values(tuning.children(SortBy="FinalObjectiveMetricValue")) == [0.2, 0.3, 0.9]
    newest = tuning.children(SortBy="CreationTime", SortOrder="Descending")
    assert newest == list(reversed(tuning.children(SortBy="Name")))
    assert tuning.children(StatusEquals="Failed") == []
    assert len(tuning.children(SortBy="Status")) == 3
    asked = {"HyperParameterTuningJobName": name, "MaxResults": 2}
    first = client.list_training_jobs_for_hyper_parameter_tuning_job(**asked)
    rest = client.list_training_jobs_for_hyper_parameter_tuning_job(**asked, NextToken=first["NextToken"])
    assert [*first["TrainingJobSummaries"], *rest["TrainingJobSummaries"]] == tuning.children()
    assert "NextToken" not in rest
    refused(client.list_training_jobs_for_hyper_parameter_tuning_job, **asked, NextToken="made up")
    [summary] = client.list_hyper_parameter_tuning_jobs(NameContains=name, SortBy="Name")[
        "HyperParameterTuningJobSummaries"
    ]
    assert summary["Strategy"] == "Grid"
    assert summary["TrainingJobStatusCounters"] == found["TrainingJobStatusCounters"]
    child = tuning.children()[0]["TrainingJobName"]
    checkpoints = client.describe_training_job(TrainingJobName=child)["CheckpointConfig"]["S3Uri"]
    assert checkpoints.endswith(f"checkpoints/{child}")
    client.delete_training_job(TrainingJobName=child)
    assert tuning.describe()["TrainingJobStatusCounters"] == found["TrainingJobStatusCounters"]
    client.delete_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    refused(client.describe_hyper_parameter_tuning_job, "ResourceNotFound", HyperParameterTuningJobName=name)
    others = client.list_training_jobs(NameContains=name)["TrainingJobSummaries"]
    assert len(others) == 2
