"""Tuning jobs: every strategy really trains, and every way to an end is the right one."""

import math
import re
from typing import Any

from tests.contract.sagemaker_local.engine_process import eventually
from tests.contract.sagemaker_local.scenario import Scenario
from tests.contract.sagemaker_local.tuning_jobs import Tuning, X, refused, series, tuned, values

# -- strategies -----------------------------------------------------------------------------


def test_random_search_trains_children_and_names_the_best(tuning: Tuning, scenario: Scenario) -> None:
    tuning.create(Tags=[{"Key": "team", "Value": "blue"}])
    found = tuning.ended()
    assert found["HyperParameterTuningJobStatus"] == "Completed"
    assert found["TrainingJobStatusCounters"]["Completed"] == 2
    assert found["ObjectiveStatusCounters"] == {"Succeeded": 2, "Pending": 0, "Failed": 0}
    assert found["HyperParameterTuningEndTime"] >= found["CreationTime"]
    children = tuning.children()
    assert all(re.fullmatch(rf"{scenario.name}-00\d-[0-9a-f]{{8}}", c["TrainingJobName"]) for c in children)
    best = min(children, key=lambda one: values([one])[0])
    assert found["BestTrainingJob"] == best
    for child in children:
        job = tuning.client.describe_training_job(TrainingJobName=child["TrainingJobName"])
        assert job["TuningJobArn"] == found["HyperParameterTuningJobArn"]
        assert job["HyperParameters"] == {
            "note": "fixed",
            **child["TunedHyperParameters"],
            "_tuning_objective_metric": "loss",
        }
        assert values([child])[0] == job["FinalMetricDataList"][0]["Value"]
        assert list(child["TunedHyperParameters"]) == ["x"]
        tags = tuning.client.list_tags(ResourceArn=child["TrainingJobArn"])["Tags"]
        assert tags == [{"Key": "team", "Value": "blue"}]


def test_equal_seeds_propose_equal_values(tuning: Tuning, scenario: Scenario) -> None:
    names = [f"{scenario.name}-{letter}" for letter in "ab"]
    for name in names:
        tuning.create(name)
    first, second = (tuning.ended(name) and tuned(tuning.children(name)) for name in names)
    assert first == second
    assert first[0] != first[1]


def test_a_grid_trains_every_combination_once(tuning: Tuning) -> None:
    both = series("0.5", "0.4")
    both["CategoricalParameterRanges"].append({"Name": "kind", "Values": ["a", "b"]})
    tuning.create(Strategy="Grid", ParameterRanges=both, ResourceLimits={"MaxParallelTrainingJobs": 3})
    assert tuning.ended()["HyperParameterTuningJobStatus"] == "Completed"
    assert tuned(tuning.children()) == [
        {"losses": loss, "kind": kind} for loss in ("0.5", "0.4") for kind in ("a", "b")
    ]


def test_bayesian_search_goes_on_from_what_it_found(tuning: Tuning) -> None:
    limits = {"MaxNumberOfTrainingJobs": 12, "MaxParallelTrainingJobs": 3}
    tuning.create(Strategy="Bayesian", ResourceLimits=limits)
    found = tuning.ended()
    assert found["HyperParameterTuningJobStatus"] == "Completed"
    assert found["TrainingJobStatusCounters"]["Completed"] == 12
    x = [float(one["x"]) for one in tuned(tuning.children())]
    assert len(set(x)) == 12
    assert found["BestTrainingJob"]["TunedHyperParameters"]["x"] == repr(min(x, key=lambda v: abs(v - 0.3)))


def test_hyperband_stops_the_worse_at_a_rung_and_the_best_at_max_resource(tuning: Tuning) -> None:
    tuning.create(
        Strategy="Hyperband",
        StrategyConfig={"HyperbandStrategyConfig": {"MinResource": 2, "MaxResource": 5}},
        ParameterRanges=series(*(" ".join([str(level)] * 60) for level in (1, 2))),
        ResourceLimits={"MaxNumberOfTrainingJobs": 3, "MaxParallelTrainingJobs": 1},
        StaticHyperParameters={"pause_s": "0.5"},
        RandomSeed=3,
    )
    found = tuning.ended()
    assert found["HyperParameterTuningJobStatus"] == "Completed"
    assert found["TrainingJobStatusCounters"]["Stopped"] == 3
    assert found["ObjectiveStatusCounters"]["Succeeded"] == 3
    best_so_far = math.inf
    for child in sorted(tuning.children(), key=lambda one: one["TrainingJobName"]):
        job = tuning.client.describe_training_job(TrainingJobName=child["TrainingJobName"])
        messages = [one["StatusMessage"] for one in job["SecondaryStatusTransitions"]]
        went_on = any("MaxResource" in message for message in messages)
        assert went_on == (values([child])[0] <= best_so_far)
        assert any("Hyperband" in message for message in messages)
        best_so_far = min(best_so_far, *values([child]))


def test_several_definitions_share_the_limits(tuning: Tuning) -> None:
    definitions = [
        tuning.definition(
            DefinitionName=name,
            TuningObjective={"Type": "Minimize", "MetricName": "loss"},
            HyperParameterRanges=ranges,
        )
        for name, ranges in (("one", {"ContinuousParameterRanges": [X]}), ("two", series("0.0001", "0.0002")))
    ]
    limits = {"MaxNumberOfTrainingJobs": 3, "MaxParallelTrainingJobs": 3}
    tuning.create(TrainingJobDefinitions=definitions, ResourceLimits=limits)
    found = tuning.ended()
    assert found["HyperParameterTuningJobStatus"] == "Completed"
    names = [one["TrainingJobDefinitionName"] for one in tuning.children()]
    assert names == ["one", "two", "one"]
    assert found["BestTrainingJob"]["TrainingJobDefinitionName"] == "two"


# -- ends ----------------------------------------------------------------------------------


def test_early_stopping_ends_a_child_that_is_worse_than_the_median(tuning: Tuning) -> None:
    good = ["0.5 0.4", "0.6 0.4", "0.5 0.3"]
    tuning.create(
        Strategy="Grid",
        TrainingJobEarlyStoppingType="Auto",
        ParameterRanges=series(*good, " ".join(["9"] * 100)),
        ResourceLimits={"MaxParallelTrainingJobs": 1},
        StaticHyperParameters={"pause_s": "0.3"},
    )
    found = tuning.ended()
    assert found["HyperParameterTuningJobStatus"] == "Completed"
    assert found["TrainingJobStatusCounters"] == {
        "Completed": 3,
        "InProgress": 0,
        "RetryableError": 0,
        "NonRetryableError": 0,
        "Stopped": 1,
    }
    assert found["ObjectiveStatusCounters"]["Succeeded"] == 4
    [stopped] = tuning.children(StatusEquals="Stopped")
    assert values([stopped]) == [9]


def test_a_reached_target_completes_the_job_and_stops_what_runs(tuning: Tuning) -> None:
    tuning.create(
        Strategy="Grid",
        TuningJobCompletionCriteria={"TargetObjectiveMetricValue": 0.2},
        ParameterRanges=series("0.1", " ".join(["5"] * 100), "0.3", "0.4"),
        ResourceLimits={"MaxParallelTrainingJobs": 2},
        StaticHyperParameters={"pause_s": "0.5"},
    )
    found = tuning.ended()
    assert found["HyperParameterTuningJobStatus"] == "Completed"
    assert found["BestTrainingJob"]["TunedHyperParameters"] == {"losses": "0.1"}
    assert found["TrainingJobStatusCounters"]["Completed"] == 1
    assert found["TrainingJobStatusCounters"]["Stopped"] >= 1


def test_stop_ends_the_children_and_then_the_job(tuning: Tuning, scenario: Scenario) -> None:
    tuning.create(
        ParameterRanges=series(" ".join(["1"] * 100)),
        ResourceLimits={"MaxNumberOfTrainingJobs": 9, "MaxParallelTrainingJobs": 2},
        StaticHyperParameters={"pause_s": "0.5"},
        Tags=[{"Key": "team", "Value": "blue"}],
    )
    refused(tuning.client.delete_hyper_parameter_tuning_job, HyperParameterTuningJobName=scenario.name)
    eventually(lambda: len(tuning.children()) == 2, what="two children run")
    for _ in range(2):  # a second stop changes nothing
        tuning.client.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName=scenario.name)
        assert tuning.describe()["HyperParameterTuningJobStatus"] in ("Stopping", "Stopped")
    found = tuning.ended()
    assert found["HyperParameterTuningJobStatus"] == "Stopped"
    assert found["TrainingJobStatusCounters"]["Stopped"] == 2
    told = refused(tuning.client.stop_hyper_parameter_tuning_job, HyperParameterTuningJobName=scenario.name)
    assert "status Stopped" in told
    detail_type = "SageMaker HyperParameter Tuning Job State Change"

    def details() -> list[dict[str, Any]]:
        return [one["detail"] for one in scenario.events() if one["detail-type"] == detail_type]

    eventually(lambda: len(details()) == 3, what="three events")
    statuses = [one["HyperParameterTuningJobStatus"] for one in details()]
    assert statuses == ["InProgress", "Stopping", "Stopped"]
    last = details()[-1]
    assert last["TrainingJobStatusCounters"] == found["TrainingJobStatusCounters"]
    assert last["HyperParameterTuningJobConfig"] == found["HyperParameterTuningJobConfig"]
    assert last["CreationTime"] == round(found["CreationTime"].timestamp() * 1000)
    assert last["Tags"] == {"team": "blue"}


def test_children_that_all_fail_fail_the_job_and_say_how_many(tuning: Tuning) -> None:
    tuning.create(
        StaticHyperParameters={
            "fail": "out of ideas",
            "fail_on": "algo-1",
        },
        ParameterRanges={"CategoricalParameterRanges": [{"Name": "kind", "Values": ["a", "b"]}]},
        ResourceLimits={"MaxNumberOfTrainingJobs": 9, "MaxParallelTrainingJobs": 3},
    )
    found = tuning.ended()
    assert found["HyperParameterTuningJobStatus"] == "Failed"
    assert re.match(r"All [5-7] training jobs", found["FailureReason"])
    assert "out of ideas" in found["FailureReason"]
    assert "BestTrainingJob" not in found
    assert found["ObjectiveStatusCounters"]["Succeeded"] == 0
    assert found["TrainingJobStatusCounters"]["NonRetryableError"] >= 5
