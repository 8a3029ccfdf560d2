"""Endpoints: what their configurations may say, how updates move traffic, and what they survive."""

import os
import shutil
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.contract.sagemaker_local.engine_process import (
    EngineProcess,
    descendants,
    eventually,
    kill_hard,
    main_process,
)
from tests.contract.sagemaker_local.scenario import ROLE, Scenario

pytestmark = pytest.mark.contract

CAPTURE = {
    "EnableCapture": True,
    "InitialSamplingPercentage": 50,
    "DestinationS3Uri": "s3://engine-tests/capture",
    "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
}
ASYNC = {
    "ClientConfig": {"MaxConcurrentInvocationsPerInstance": 4},
    "OutputConfig": {"S3OutputPath": "s3://engine-tests/async"},
}


def variant(scenario: Scenario, version: str = "1", **changes: Any) -> dict[str, Any]:
    return {
        "VariantName": "main",
        "ModelName": f"{scenario.name}-{version}",
        "InitialInstanceCount": 1,
        "InstanceType": "ml.m5.large",
        **changes,
    }


def open_endpoint(engine: EngineProcess, scenario: Scenario, *, count: int = 1, **environment: str) -> str:
    scenario.deploy(engine, "1", count=count, **environment)
    arn = engine.sagemaker.create_endpoint(
        EndpointName=scenario.name, EndpointConfigName=f"{scenario.name}-1"
    )["EndpointArn"]
    scenario.in_service(engine)
    return str(arn)


def blue_green(kind: str, wait_s: int = 0, **more: Any) -> dict[str, Any]:
    sizes = {
        "CANARY": {"CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 30}},
        "LINEAR": {"LinearStepSize": {"Type": "CAPACITY_PERCENT", "Value": 50}},
    }
    routing = {"Type": kind, "WaitIntervalInSeconds": wait_s, **sizes.get(kind, {})}
    return {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing, **more}}


@contextmanager
def load(engine: EngineProcess, scenario: Scenario) -> Iterator[tuple[list[str], list[Exception]]]:
    """Requests one after the other from three callers; the versions that answered, and the errors."""
    versions: list[str] = []
    failures: list[Exception] = []
    done = threading.Event()

    def call() -> None:
        while not done.is_set():
            try:
                versions.append(scenario.invoke(engine)["version"])
            except (ClientError, BotoCoreError) as error:
                failures.append(error)

    threads = [threading.Thread(target=call) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        yield versions, failures
    finally:
        done.set()
        for thread in threads:
            thread.join()


def test_a_configuration_returns_what_it_was_given(engine: EngineProcess, scenario: Scenario) -> None:
    scenario.deploy(engine)
    request = {
        "EndpointConfigName": scenario.name,
        "ProductionVariants": [
            variant(
                scenario,
                VariantName=f"v{number}",
                InitialVariantWeight=float(number),
                VolumeSizeInGB=10,
                ModelDataDownloadTimeoutInSeconds=60,
                ContainerStartupHealthCheckTimeoutInSeconds=3600,
                CoreDumpConfig={"DestinationS3Uri": "s3://engine-tests/cores"},
                EnableSSMAccess=False,
                RoutingConfig={"RoutingStrategy": "RANDOM"},
                ManagedInstanceScaling={"Status": "ENABLED", "MinInstanceCount": 1, "MaxInstanceCount": 3},
            )
            for number in range(10)
        ],
        "DataCaptureConfig": CAPTURE,
        "AsyncInferenceConfig": ASYNC,
        "ExecutionRoleArn": ROLE,
        "VpcConfig": {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]},
        "KmsKeyId": "key",
        "EnableNetworkIsolation": False,
    }
    engine.sagemaker.create_endpoint_config(**request)
    shown = engine.sagemaker.describe_endpoint_config(EndpointConfigName=scenario.name)
    assert {name: shown[name] for name in request} == request


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"InstanceType": None}, "InstanceType is required"),
        ({"ModelName": None}, "ExecutionRoleArn is required"),
        ({"ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 1}}, "must not be given with"),
        (
            {
                "InstanceType": None,
                "InitialInstanceCount": None,
                "ServerlessConfig": {"MemorySizeInMB": 1500, "MaxConcurrency": 1},
            },
            "1024, 2048",
        ),
        (
            {"ManagedInstanceScaling": {"Status": "ENABLED", "MinInstanceCount": 3, "MaxInstanceCount": 2}},
            "less than or equal to MaxInstanceCount",
        ),
        ({"InitialInstanceCount": None}, "InitialInstanceCount is required"),
        ({"ModelName": "nobody"}, "Could not find model"),
    ],
)
def test_a_variant_that_cannot_be_is_refused_with_what_to_do(
    engine: EngineProcess, scenario: Scenario, change: dict[str, Any], words: str
) -> None:
    scenario.deploy(engine)
    wanted = {name: value for name, value in variant(scenario, **change).items() if value is not None}
    with pytest.raises(ClientError, match=f"ValidationException.*{words}"):
        engine.sagemaker.create_endpoint_config(EndpointConfigName=scenario.name, ProductionVariants=[wanted])


def test_describe_shows_capture_async_and_deployment_configs(
    engine: EngineProcess, scenario: Scenario
) -> None:
    scenario.deploy(engine)
    engine.sagemaker.create_endpoint_config(
        EndpointConfigName=scenario.name,
        ProductionVariants=[variant(scenario)],
        DataCaptureConfig=CAPTURE,
        AsyncInferenceConfig=ASYNC,
    )
    config = blue_green("ALL_AT_ONCE")
    engine.sagemaker.create_endpoint(
        EndpointName=scenario.name, EndpointConfigName=scenario.name, DeploymentConfig=config
    )
    with pytest.raises(ClientError, match=r"ValidationException.*already existing endpoint"):
        engine.sagemaker.create_endpoint(EndpointName=scenario.name, EndpointConfigName=scenario.name)
    with pytest.raises(ClientError, match=r"ValidationException.*Cannot update in-progress endpoint"):
        engine.sagemaker.update_endpoint(EndpointName=scenario.name, EndpointConfigName=scenario.name)
    shown = scenario.in_service(engine)
    assert shown["DataCaptureConfig"] | {"KmsKeyId": ""} == {
        "EnableCapture": True,
        "CaptureStatus": "Started",
        "CurrentSamplingPercentage": 50,
        "DestinationS3Uri": "s3://engine-tests/capture",
        "KmsKeyId": "",
    }
    assert (shown["AsyncInferenceConfig"], shown["LastDeploymentConfig"]) == (ASYNC, config)
    engine.sagemaker.delete_endpoint(EndpointName=scenario.name)


def test_resizing_refuses_unknown_and_double_names_and_keeps_what_is_asked(
    engine: EngineProcess, scenario: Scenario
) -> None:
    open_endpoint(engine, scenario)
    name = scenario.name
    for wanted, words in (
        ([{"VariantName": "other", "DesiredWeight": 1}], r"\"other\" is/are not present within endpoint"),
        ([{"VariantName": "main", "DesiredWeight": 1}] * 2, r"\"main\" was non-unique within the request"),
        ([{"VariantName": "main", "DesiredInstanceCount": 0}], "at least 1"),
    ):
        with pytest.raises(ClientError, match=rf"ValidationException.*{words}"):
            engine.sagemaker.update_endpoint_weights_and_capacities(
                EndpointName=name, DesiredWeightsAndCapacities=wanted
            )
    engine.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=name,
        DesiredWeightsAndCapacities=[{"VariantName": "main", "DesiredWeight": 7, "DesiredInstanceCount": 2}],
    )
    wished = engine.sagemaker.describe_endpoint(EndpointName=name)["ProductionVariants"][0]
    assert (wished["DesiredWeight"], wished["DesiredInstanceCount"]) == (7.0, 2)
    scenario.in_service(engine)
    for excluded, expected in (([], (7.0, 2)), (["DesiredInstanceCount", "DesiredWeight"], (1.0, 1))):
        engine.sagemaker.update_endpoint(
            EndpointName=name,
            EndpointConfigName=f"{name}-1",
            RetainAllVariantProperties=True,
            ExcludeRetainedVariantProperties=[{"VariantPropertyType": one} for one in excluded],
        )
        shown = scenario.in_service(engine)["ProductionVariants"][0]
        assert (shown["CurrentWeight"], shown["CurrentInstanceCount"]) == expected
    engine.sagemaker.delete_endpoint(EndpointName=name)


@pytest.mark.parametrize("kind", ["CANARY", "LINEAR"])
def test_an_update_splits_the_traffic_while_it_waits_and_fails_no_request(
    engine: EngineProcess, scenario: Scenario, kind: str
) -> None:
    open_endpoint(engine, scenario)
    scenario.deploy(engine, "2", count=1)
    with load(engine, scenario) as (versions, failures):
        engine.sagemaker.update_endpoint(
            EndpointName=scenario.name,
            EndpointConfigName=f"{scenario.name}-2",
            DeploymentConfig=blue_green(kind, wait_s=1, TerminationWaitInSeconds=1),
        )
        pending = engine.sagemaker.describe_endpoint(EndpointName=scenario.name)
        eventually(lambda: "2" in versions, what="the new workers get requests")
        first = len(versions)
        eventually(lambda: len(versions) > first + 60, what="requests go on")
        split = Counter(versions[first : first + 60])
        scenario.in_service(engine)
        last = len(versions)
        eventually(lambda: len(versions) > last + 20, what="requests go on")
    assert failures == []
    assert pending["PendingDeploymentSummary"]["EndpointConfigName"] == f"{scenario.name}-2"
    low, high = (5, 35) if kind == "CANARY" else (12, 48)  # of 60; 18 and 30 expected, 3.5 sigma and more
    assert low <= split["2"] <= high, split
    assert set(versions[last + 3 :]) == {"2"}
    engine.sagemaker.delete_endpoint(EndpointName=scenario.name)


def test_a_canary_that_cannot_stay_up_is_rolled_back(engine: EngineProcess, scenario: Scenario) -> None:
    arn = open_endpoint(engine, scenario)
    old = {one["pid"] for one in engine.processes_of(arn)}
    scenario.deploy(engine, "2", count=1)
    engine.sagemaker.update_endpoint(
        EndpointName=scenario.name,
        EndpointConfigName=f"{scenario.name}-2",
        DeploymentConfig=blue_green("CANARY", wait_s=3600),
    )
    eventually(lambda: scenario.invoke(engine)["version"] == "2", what="the canary serves")
    for weights in (engine.state_dir / "models").glob("*/weights.txt"):
        if weights.read_text() == "2":
            shutil.rmtree(weights.parent)
    scenario.put("model-2/weights.txt", b"other")
    for one in engine.processes_of(arn):
        if one["pid"] not in old:
            kill_hard(one["pid"])
    back = scenario.in_service(engine)
    assert (back["EndpointConfigName"], "did not pass" in back["FailureReason"]) == (
        f"{scenario.name}-1",
        True,
    )
    assert {scenario.invoke(engine)["version"] for _ in range(10)} == {"1"}
    eventually(lambda: {one["pid"] for one in engine.processes_of(arn)} == old, what="only the old worker")
    engine.sagemaker.delete_endpoint(EndpointName=scenario.name)


def test_an_endpoint_can_be_deleted_while_it_is_created_or_updated(
    engine: EngineProcess, scenario: Scenario
) -> None:
    def is_known(arn: str) -> bool:
        return any(one["owner_arn"] == arn for one in engine.admin("GET", "state")["processes"])

    scenario.deploy(engine, "1", count=1)
    scenario.deploy(engine, "2", count=1)
    name = scenario.name
    for has_come_far in (lambda _: True, is_known, lambda arn: engine.processes_of(arn)):
        arn = engine.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=f"{name}-1")[
            "EndpointArn"
        ]
        eventually(partial(has_come_far, arn), what="the worker is that far")
        engine.sagemaker.delete_endpoint(EndpointName=name)
        _waits_until_gone(engine, name)
        assert engine.processes_of(arn) == []
    engine.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=f"{name}-1")
    scenario.in_service(engine)
    engine.sagemaker.update_endpoint(
        EndpointName=name,
        EndpointConfigName=f"{name}-2",
        DeploymentConfig=blue_green("LINEAR", wait_s=3600),
    )
    eventually(lambda: scenario.invoke(engine)["version"] == "2", what="the update has begun")
    engine.sagemaker.delete_endpoint(EndpointName=name)
    _waits_until_gone(engine, name)
    assert engine.processes_of(arn) == []
    assert engine.leftovers() == set()


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (
            {
                "BlueGreenUpdatePolicy": {
                    "TrafficRoutingConfiguration": {"Type": "CANARY", "WaitIntervalInSeconds": 0}
                }
            },
            "CanarySize is required",
        ),
        (
            {
                "RollingUpdatePolicy": {
                    "MaximumBatchSize": {"Type": "CAPACITY_PERCENT", "Value": 90},
                    "WaitIntervalInSeconds": 0,
                }
            },
            "between 5 and 50 percent",
        ),
    ],
)
def test_a_deployment_config_that_cannot_be_is_refused(
    engine: EngineProcess, scenario: Scenario, config: dict[str, Any], words: str
) -> None:
    scenario.deploy(engine)
    with pytest.raises(ClientError, match=f"ValidationException.*{words}"):
        engine.sagemaker.create_endpoint(
            EndpointName=scenario.name, EndpointConfigName=f"{scenario.name}-1", DeploymentConfig=config
        )


def test_a_kill_of_the_engine_during_any_change_leaves_it_done_and_no_orphan(
    own_engine: Callable[..., EngineProcess], scenario: Scenario
) -> None:
    engine = own_engine()
    name = scenario.name
    scenario.deploy(engine, "1", count=1)
    scenario.deploy(engine, "2", count=1)
    arn = engine.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=f"{name}-1")["EndpointArn"]
    engine.kill()
    engine.start()
    scenario.in_service(engine)
    assert scenario.invoke(engine)["version"] == "1"
    assert len(engine.processes_of(arn)) == 1
    engine.sagemaker.update_endpoint(
        EndpointName=name, EndpointConfigName=f"{name}-2", DeploymentConfig=blue_green("CANARY", wait_s=1)
    )
    eventually(lambda: len(engine.processes_of(arn)) == 2, what="old and new workers")
    engine.kill()
    engine.start()
    scenario.in_service(engine)
    assert scenario.invoke(engine)["version"] == "2"
    eventually(lambda: len(engine.processes_of(arn)) == 1, what="one worker")
    engine.sagemaker.delete_endpoint(EndpointName=name)
    engine.kill()
    engine.start()
    _waits_until_gone(engine, name)
    assert engine.processes_of(arn) == []
    assert engine.leftovers() == set()


def test_a_killed_shim_is_replaced_and_leaves_nothing_behind(
    engine: EngineProcess, scenario: Scenario
) -> None:
    _kills_a_shim(engine, scenario)


def test_without_namespaces_a_killed_shim_leaves_nothing_behind_either(
    own_engine: Callable[..., EngineProcess], scenario: Scenario
) -> None:
    _kills_a_shim(own_engine(SML_MODE="base-dir"), scenario)


def _kills_a_shim(engine: EngineProcess, scenario: Scenario) -> None:
    arn = open_endpoint(engine, scenario)
    before = scenario.invoke(engine)
    shim = engine.processes_of(arn)[0]["pid"]
    below = descendants(shim)
    assert below
    kill_hard(shim)
    eventually(lambda: _answers_again(engine, scenario, before["port"]), what="another worker answers")
    eventually(lambda: not any(_runs(pid) for pid in below), what="the old one is gone")
    engine.sagemaker.delete_endpoint(EndpointName=scenario.name)


def test_a_worker_that_no_longer_answers_pings_is_replaced(engine: EngineProcess, scenario: Scenario) -> None:
    arn = open_endpoint(engine, scenario)
    before = engine.processes_of(arn)[0]["pid"]
    os.kill(main_process(before, "serve"), signal.SIGSTOP)
    eventually(
        lambda: [one["pid"] for one in engine.processes_of(arn)] not in ([], [before]), what="a new worker"
    )
    eventually(lambda: _answers_again(engine, scenario, ""), what="it answers")
    engine.sagemaker.delete_endpoint(EndpointName=scenario.name)


def _waits_until_gone(engine: EngineProcess, name: str) -> None:
    eventually(
        lambda: engine.sagemaker.list_endpoints(NameContains=name)["Endpoints"] == [], what=f"{name} is gone"
    )


def _answers_again(engine: EngineProcess, scenario: Scenario, old_port: str) -> bool:
    try:
        return bool(scenario.invoke(engine)["port"] != old_port)
    except ClientError:
        return False


def _runs(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def test_an_engine_that_stops_while_an_endpoint_is_deleted_leaves_no_worker(
    own_engine: Callable[..., EngineProcess], scenario: Scenario
) -> None:
    engine = own_engine()
    scenario.deploy(engine, "1", count=2)
    for number, settled in enumerate((False, True, False, True)):
        name = f"{scenario.name}-{number}"
        engine.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=f"{scenario.name}-1")
        if settled:
            engine.sagemaker.get_waiter("endpoint_in_service").wait(
                EndpointName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30}
            )
        engine.sagemaker.delete_endpoint(EndpointName=name)
        engine.close()
        engine.start()
        _waits_until_gone(engine, name)
