"""botocore's waiters, as they are, end on success, failure, stop and deletion of jobs and endpoints."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from botocore.exceptions import WaiterError

from tests.contract.sagemaker_local.engine_process import EngineProcess
from tests.contract.sagemaker_local.scenario import BUCKET, IMAGE, ROLE, Scenario

pytestmark = pytest.mark.contract

PACE = {"Delay": 1, "MaxAttempts": 90}
RESOURCES = {"InstanceType": "ml.m5.large", "InstanceCount": 1}
LONG = "import time; time.sleep(600)"


def training(scenario: Scenario, script: str) -> dict[str, Any]:
    request = scenario.training_request()
    request["AlgorithmSpecification"]["ContainerEntrypoint"] = ["python3", "-c", script]
    return request


def processing(scenario: Scenario, script: str) -> dict[str, Any]:
    return {
        "ProcessingJobName": scenario.name,
        "RoleArn": ROLE,
        "AppSpecification": {"ImageUri": IMAGE, "ContainerEntrypoint": ["python3", "-c", script]},
        "ProcessingResources": {"ClusterConfig": {**RESOURCES, "VolumeSizeInGB": 1}},
    }


def begin(engine: EngineProcess, kind: str, request: dict[str, Any]) -> None:
    getattr(engine.sagemaker, f"create_{kind}_job")(**request)


def wait(engine: EngineProcess, scenario: Scenario, kind: str) -> None:
    waiter = engine.sagemaker.get_waiter(f"{kind}_job_completed_or_stopped")
    waiter.wait(**{f"{kind.capitalize()}JobName": scenario.name}, WaiterConfig=PACE)


REQUESTS: Mapping[str, Callable[[Scenario, str], dict[str, Any]]] = {
    "training": training,
    "processing": processing,
}


@pytest.mark.parametrize("kind", REQUESTS)
def test_a_waiter_for_a_job_returns_when_it_is_completed(
    engine: EngineProcess, scenario: Scenario, kind: str
) -> None:
    scenario.put("data/a.txt")
    begin(engine, kind, REQUESTS[kind](scenario, "print('done')"))
    wait(engine, scenario, kind)


@pytest.mark.parametrize("kind", REQUESTS)
def test_a_waiter_for_a_job_returns_when_it_is_stopped(
    engine: EngineProcess, scenario: Scenario, kind: str
) -> None:
    scenario.put("data/a.txt")
    begin(engine, kind, REQUESTS[kind](scenario, LONG))
    getattr(engine.sagemaker, f"stop_{kind}_job")(**{f"{kind.capitalize()}JobName": scenario.name})
    wait(engine, scenario, kind)


@pytest.mark.parametrize("kind", REQUESTS)
def test_a_waiter_for_a_job_raises_when_it_fails(
    engine: EngineProcess, scenario: Scenario, kind: str
) -> None:
    scenario.put("data/a.txt")
    begin(engine, kind, REQUESTS[kind](scenario, "raise SystemExit(3)"))
    with pytest.raises(WaiterError, match='matched expected path: "Failed"'):
        wait(engine, scenario, kind)


@pytest.mark.parametrize("kind", ["training", "processing", "transform"])
def test_a_waiter_for_a_job_that_is_not_there_raises_at_once(
    engine: EngineProcess, scenario: Scenario, kind: str
) -> None:
    with pytest.raises(WaiterError, match="ValidationException"):
        wait(engine, scenario, kind)


def test_a_waiter_for_a_deleted_job_raises_at_once(engine: EngineProcess, scenario: Scenario) -> None:
    scenario.put("data/a.txt")
    engine.sagemaker.create_training_job(**training(scenario, "print('done')"))
    wait(engine, scenario, "training")
    engine.sagemaker.delete_training_job(TrainingJobName=scenario.name)
    with pytest.raises(WaiterError, match="ValidationException"):
        wait(engine, scenario, "training")


def test_a_waiter_for_a_transform_job_ends_with_it(engine: EngineProcess, scenario: Scenario) -> None:
    scenario.put("data/a.txt", b"hello")
    scenario.deploy(engine)
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/{scenario.name}/data/"}}
    request = {
        "TransformJobName": scenario.name,
        "ModelName": f"{scenario.name}-1",
        "TransformInput": {"DataSource": source},
        "TransformOutput": {"S3OutputPath": f"s3://{BUCKET}/{scenario.name}/out"},
        "TransformResources": RESOURCES,
    }
    begin(engine, "transform", request)
    wait(engine, scenario, "transform")


def test_waiters_for_an_endpoint_return_when_it_serves_and_when_it_is_gone(
    engine: EngineProcess, scenario: Scenario
) -> None:
    scenario.deploy(engine, count=1)
    client = engine.sagemaker
    client.create_endpoint(EndpointName=scenario.name, EndpointConfigName=f"{scenario.name}-1")
    client.get_waiter("endpoint_in_service").wait(EndpointName=scenario.name, WaiterConfig=PACE)
    client.delete_endpoint(EndpointName=scenario.name)
    client.get_waiter("endpoint_deleted").wait(EndpointName=scenario.name, WaiterConfig=PACE)
    with pytest.raises(WaiterError, match="ValidationException"):
        client.get_waiter("endpoint_in_service").wait(EndpointName=scenario.name, WaiterConfig=PACE)


def test_a_waiter_for_an_endpoint_raises_when_its_container_does_not_come_up(
    engine: EngineProcess, scenario: Scenario
) -> None:
    scenario.deploy(engine, count=1, BROKEN_SERVER="1")
    client = engine.sagemaker
    client.create_endpoint(EndpointName=scenario.name, EndpointConfigName=f"{scenario.name}-1")
    with pytest.raises(WaiterError, match='matched expected path: "Failed"'):
        client.get_waiter("endpoint_in_service").wait(EndpointName=scenario.name, WaiterConfig=PACE)
    with pytest.raises(WaiterError, match='matched expected path: "Failed"'):
        client.get_waiter("endpoint_deleted").wait(EndpointName=scenario.name, WaiterConfig=PACE)
    client.delete_endpoint(EndpointName=scenario.name)
