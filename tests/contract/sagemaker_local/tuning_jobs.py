"""What the tests of tuning jobs say again and again."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.sagemaker_local.engine_process import EngineProcess, eventually
from tests.contract.sagemaker_local.scenario import Scenario

TERMINAL = ("Completed", "Failed", "Stopped")
X = {"Name": "x", "MinValue": "0", "MaxValue": "1", "ScalingType": "Linear"}
_OF_CALL = {"WarmStartConfig", "Tags", "Autotune", "TrainingJobDefinitions"}
_OF_DEFINITION = {"CheckpointConfig", "EnableNetworkIsolation"}
ONE = {"MaxNumberOfTrainingJobs": 1, "MaxParallelTrainingJobs": 1}


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
            if key in _OF_CALL:
                call[key] = value
            elif key in definition or key in _OF_DEFINITION:
                definition[key] = value
            else:
                config[key] = value
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


def tuned(children: list[dict[str, Any]]) -> list[dict[str, str]]:
    return [one["TunedHyperParameters"] for one in sorted(children, key=lambda one: one["TrainingJobName"])]


def values(children: list[dict[str, Any]]) -> list[float]:
    return [one["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] for one in children]


def series(*options: str) -> dict[str, Any]:
    """A range whose values are what a training job prints, one value per epoch."""
    return {"CategoricalParameterRanges": [{"Name": "losses", "Values": list(options)}]}


def refused(call: Callable[..., Any], code: str = "ValidationException", **arguments: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    assert caught.value.response["Error"]["Code"] == code
    return str(caught.value.response["Error"]["Message"])
