"""Tuning jobs when the engine dies."""

from collections.abc import Callable

import pytest

from tests.contract.sagemaker_local.conftest import WIDE
from tests.contract.sagemaker_local.engine_process import EngineProcess, eventually
from tests.contract.sagemaker_local.scenario import Scenario
from tests.contract.sagemaker_local.tuning_jobs import Tuning, series, tuned, values


@pytest.mark.slow
def test_a_killed_engine_neither_loses_nor_doubles_a_child(
    scenario: Scenario, own_engine: Callable[..., EngineProcess]
) -> None:
    engine = own_engine(**WIDE)
    tuning = Tuning(scenario, engine)
    expected_name = f"{scenario.name}-whole"
    limits = {"MaxNumberOfTrainingJobs": 4, "MaxParallelTrainingJobs": 2}
    ranges = {"CategoricalParameterRanges": [{"Name": "steps", "Values": ["3", "4", "5", "6", "7", "8"]}]}
    shared = {"ParameterRanges": ranges, "ResourceLimits": limits}
    # an isolated job does not ask the engine for credentials, so a dead engine cannot make it fail
    tuning.create(**shared, StaticHyperParameters={"pause_s": "0.25"}, EnableNetworkIsolation=True)
    eventually(lambda: len(tuning.children()) >= 2, what="the first children are there")
    engine.admin("POST", "faults/crash-before-commit")
    engine.wait_for_death()
    engine.start()
    eventually(lambda: len(tuning.children()) >= 3, what="another child is there")
    engine.kill()
    engine.start()
    found = tuning.ended()
    assert found["HyperParameterTuningJobStatus"] == "Completed"
    assert found["TrainingJobStatusCounters"]["Completed"] == 4
    children = tuning.children()
    assert [one["TrainingJobName"][: len(scenario.name) + 4] for one in children] == [
        f"{scenario.name}-00{number}" for number in range(1, 5)
    ]
    jobs = tuning.client.list_training_jobs(NameContains=scenario.name)["TrainingJobSummaries"]
    assert {one["TrainingJobName"] for one in jobs} == {one["TrainingJobName"] for one in children}
    for child in children:
        steps = int(child["TunedHyperParameters"]["steps"])
        assert values([child]) == [pytest.approx(1 / steps, abs=1e-4)]
    tuning.create(expected_name, **shared)
    tuning.ended(expected_name)
    assert tuned(tuning.children(expected_name)) == tuned(children)


def test_a_tuning_job_goes_on_after_the_engine_was_stopped(
    scenario: Scenario, own_engine: Callable[..., EngineProcess]
) -> None:
    engine = own_engine(**WIDE)
    tuning = Tuning(scenario, engine)
    limits = {"MaxNumberOfTrainingJobs": 2, "MaxParallelTrainingJobs": 1}
    one_by_one = {"ResourceLimits": limits, "ParameterRanges": series("0.5 0.4 0.3")}
    tuning.create(**one_by_one, StaticHyperParameters={"pause_s": "0.5"})
    eventually(lambda: tuning.children(), what="the first child is there")
    engine.stop()
    engine.start()
    found = tuning.ended()
    assert found["HyperParameterTuningJobStatus"] == "Completed"
    assert found["TrainingJobStatusCounters"]["Completed"] == 2
    assert values(tuning.children()) == [0.3, 0.3]


@pytest.mark.slow
def test_early_stopping_counts_every_value_once_over_a_crash(
    scenario: Scenario, own_engine: Callable[..., EngineProcess]
) -> None:
    """Had the crash doubled values, the child would reach MaxResource before its time."""
    engine = own_engine(**WIDE)
    tuning = Tuning(scenario, engine)
    tuning.create(
        Strategy="Hyperband",
        StrategyConfig={"HyperbandStrategyConfig": {"MinResource": 30, "MaxResource": 30}},
        ParameterRanges=series(" ".join(str(100 - epoch) for epoch in range(60))),
        ResourceLimits={"MaxNumberOfTrainingJobs": 1, "MaxParallelTrainingJobs": 1},
        StaticHyperParameters={"pause_s": "0.3"},
    )

    def latest() -> float:
        job = tuning.client.describe_training_job(TrainingJobName=tuning.children()[0]["TrainingJobName"])
        return float(job["FinalMetricDataList"][0]["Value"]) if "FinalMetricDataList" in job else 100.0

    eventually(lambda: tuning.children() and latest() <= 85, what="some epochs")
    engine.kill()
    engine.start()
    tuning.ended()
    assert latest() <= 100 - 29
    assert tuning.children()[0]["TrainingJobStatus"] == "Stopped"
