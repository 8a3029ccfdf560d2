"""Tuning jobs: every strategy really trains, and what the service promises of limits, stops and counters."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract.emulator import free_port
from tests.contract.sagemaker_local.conftest import worker_ports
from tests.contract.sagemaker_local.engine_process import EngineProcess, eventually
from tests.contract.sagemaker_local.scenario import Scenario

TERMINAL = ("Completed", "Failed", "Stopped")
X = {"Name": "x", "MinValue": "0", "MaxValue": "1", "ScalingType": "Linear"}


class Tuning:
    """Tuning jobs of one scenario."""

    def __init__(self, scenario: Scenario, engine: EngineProcess) -> None:
        self.scenario = scenario
        self.engine = engine
        self.client = engine.sagemaker
        scenario.put("data/one.txt")

    def request(self, name: str = "", **changes: Any) -> dict[str, Any]:
        """Ranges, limits and the like go to the configuration, all else to the call itself."""
        config = {
            "Strategy": "Random",
            "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "loss"},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 2, "MaxParallelTrainingJobs": 2},
            "ParameterRanges": {"ContinuousParameterRanges": [X]},
            "RandomSeed": 7,
        }
        definition = self.definition()
        call: dict[str, Any] = {}
        for key, value in changes.items():
            place = definition if key in definition or key == "CheckpointConfig" else config
            place = (
                call if key in ("WarmStartConfig", "Tags", "Autotune", "TrainingJobDefinitions") else place
            )
            place[key] = value
        if "TrainingJobDefinitions" in call:
            del config["HyperParameterTuningJobObjective"], config["ParameterRanges"]
        else:
            call["TrainingJobDefinition"] = definition
        return {
            "HyperParameterTuningJobName": name or self.scenario.name,
            "HyperParameterTuningJobConfig": config,
            **call,
        }

    def definition(self, **changes: Any) -> dict[str, Any]:
        training = self.scenario.training_request()
        del training["TrainingJobName"], training["HyperParameters"]
        training["ResourceConfig"]["InstanceType"] = "ml.m5.large"
        return {"StaticHyperParameters": {"note": "fixed"}, **training, **changes}

    def create(self, name: str = "", **changes: Any) -> str:
        request = self.request(name, **changes)
        self.client.create_hyper_parameter_tuning_job(**request)
        return str(request["HyperParameterTuningJobName"])

    def describe(self, name: str = "") -> dict[str, Any]:
        found: dict[str, Any] = self.client.describe_hyper_parameter_tuning_job(
            HyperParameterTuningJobName=name or self.scenario.name
        )
        return found

    def children(self, name: str = "", **asked: Any) -> list[dict[str, Any]]:
        reply = self.client.list_training_jobs_for_hyper_parameter_tuning_job(
            HyperParameterTuningJobName=name or self.scenario.name, **asked
        )
        return list(reply["TrainingJobSummaries"])

    def ended(self, name: str = "", *, within_s: float = 90) -> dict[str, Any]:
        def look() -> dict[str, Any] | None:
            found = self.describe(name)
            made = self.children(name)
            assert sum(found["TrainingJobStatusCounters"].values()) <= len(made)
            return found if found["HyperParameterTuningJobStatus"] in TERMINAL else None

        found = eventually(look, within_s=within_s, what=f"the tuning job ends\n{self.engine.log}") or {}
        count = len(self.children(name))
        assert sum(found["TrainingJobStatusCounters"].values()) == count
        assert sum(found["ObjectiveStatusCounters"].values()) == count
        return found


@pytest.fixture(scope="module")
def wide_engine(
    emulator: str, event_queue: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[EngineProcess]:
    """An engine that runs three small jobs at a time."""
    process = EngineProcess(
        state_dir=tmp_path_factory.mktemp("tuning") / "state",
        port=free_port(),
        worker_ports=worker_ports(1),
        emulator=emulator,
        SML_MACHINE_CPUS="8",
        SML_MACHINE_MEMORY_MIB="64000",
        SML_MAX_BATCH_JOBS="3",
    )
    process.start()
    yield process
    process.stop()


@pytest.fixture
def tuning(scenario: Scenario, wide_engine: EngineProcess) -> Tuning:
    return Tuning(scenario, wide_engine)


def test_random_search_trains_children_and_names_the_best(tuning: Tuning) -> None:
    tuning.create()
    found = tuning.ended()
    assert found["HyperParameterTuningJobStatus"] == "Completed", found
    assert found["TrainingJobStatusCounters"]["Completed"] == 2
