"""Models: chains and direct containers, where their data comes from, and servers without a port setting."""

import io
import json
import tarfile
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from tests.contract.sagemaker_local.engine_process import EngineProcess, eventually, kill_hard
from tests.contract.sagemaker_local.scenario import IMAGE, ROLE, Scenario

pytestmark = pytest.mark.contract

FIXED_PORT_IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/openbml/fixed-port:1"


def packed(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        info = tarfile.TarInfo(name)
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def serve(engine: EngineProcess, scenario: Scenario, *, instances: int = 1, **model: Any) -> str:
    """Create a model, a configuration and an endpoint of the scenario's name; returns the endpoint's ARN."""
    name = scenario.name
    engine.sagemaker.create_model(ModelName=name, ExecutionRoleArn=ROLE, **model)
    variant = {
        "VariantName": "main",
        "ModelName": name,
        "InitialInstanceCount": instances,
        "InstanceType": "ml.m5.large",
    }
    engine.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    arn = engine.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)["EndpointArn"]
    scenario.in_service(engine)
    return str(arn)


def container(version: str, **more: Any) -> dict[str, Any]:
    return {"Image": IMAGE, "Environment": {"MODEL_VERSION": version}, **more}


def test_a_chain_passes_each_reply_to_the_next_container(engine: EngineProcess, scenario: Scenario) -> None:
    arn = serve(engine, scenario, Containers=[container("1"), container("2"), container("3")])
    assert len(engine.processes_of(arn)) == 3
    answer = scenario.invoke(engine)
    assert answer["version"] == "3"
    assert answer["body"].startswith('{"pid"')
    with pytest.raises(ClientError, match=r"ValidationError.*Direct"):
        scenario.invoke(engine, TargetContainerHostname="container-1")
    images = engine.sagemaker.describe_endpoint(EndpointName=scenario.name)["ProductionVariants"][0]
    assert len(images["DeployedImages"]) == 3
    group = f"/aws/sagemaker/Endpoints/{scenario.name}"
    eventually(lambda: scenario.log_lines(group, "main/") == ["serving"] * 3, what="a stream per container")
    kill_hard(engine.processes_of(arn)[1]["pid"])
    eventually(lambda: len(engine.processes_of(arn)) == 3 and _answers(engine, scenario), what="it heals")
    engine.sagemaker.delete_endpoint(EndpointName=scenario.name)


def test_direct_containers_are_called_by_name(engine: EngineProcess, scenario: Scenario) -> None:
    serve(
        engine,
        scenario,
        Containers=[container("1", ContainerHostname="one"), container("2", ContainerHostname="two")],
        InferenceExecutionConfig={"Mode": "Direct"},
    )
    assert scenario.invoke(engine, TargetContainerHostname="two")["version"] == "2"
    assert scenario.invoke(engine, TargetContainerHostname="one")["version"] == "1"
    for wrong in ({}, {"TargetContainerHostname": "three"}):
        with pytest.raises(ClientError, match=r"ValidationError.*one, two"):
            scenario.invoke(engine, **wrong)
    engine.sagemaker.delete_endpoint(EndpointName=scenario.name)


@pytest.mark.parametrize(
    ("key", "kind", "compression"),
    [
        ("model/weights.txt", "S3Object", "None"),
        ("model/", "S3Prefix", "None"),
        ("packed.tar.gz", "S3Object", "Gzip"),
    ],
)
def test_model_data_comes_from_an_object_a_prefix_or_an_archive(
    engine: EngineProcess, scenario: Scenario, key: str, kind: str, compression: str
) -> None:
    scenario.put("model/weights.txt", b"the weights")
    address = scenario.put("packed.tar.gz", packed("weights.txt", b"the weights"))
    source = {
        "S3Uri": address.replace("packed.tar.gz", key),
        "S3DataType": kind,
        "CompressionType": compression,
    }
    serve(
        engine,
        scenario,
        PrimaryContainer=container("1", ModelDataSource={"S3DataSource": source}),
    )
    assert scenario.invoke(engine)["weights"] == "the weights"
    engine.sagemaker.delete_endpoint(EndpointName=scenario.name)


def test_additional_model_data_is_read_only_below_its_channel(
    engine: EngineProcess, scenario: Scenario
) -> None:
    address = scenario.put("draft/weights.txt", b"draft").removesuffix("weights.txt")
    source = {"S3Uri": address, "S3DataType": "S3Prefix", "CompressionType": "None"}
    additional = [{"ChannelName": "draft", "S3DataSource": source}]
    arn = serve(engine, scenario, PrimaryContainer=container("1", AdditionalModelDataSources=additional))
    run_dir = engine.processes_of(arn)[0]["run_dir"]
    with open(f"{run_dir}/spec.json") as file:  # noqa: PTH123 - a line of the engine's own file
        mounts = {one["target"]: one for one in json.load(file)["mounts"]}
    draft = mounts["/opt/ml/additional-model-data-sources/draft"]
    assert draft["read_only"]
    assert scenario.invoke(engine)["version"] == "1"
    engine.sagemaker.delete_endpoint(EndpointName=scenario.name)


@pytest.mark.parametrize("is_isolated", [False, True])
def test_a_server_on_a_fixed_port_runs_twice_in_networks_of_its_own(
    engine: EngineProcess, scenario: Scenario, is_isolated: bool
) -> None:
    serve(
        engine,
        scenario,
        instances=2,
        PrimaryContainer={"Image": FIXED_PORT_IMAGE},
        EnableNetworkIsolation=is_isolated,
    )
    address = urlsplit(engine.url).netloc
    answer = scenario.invoke(engine, address.encode())
    assert answer["reaches"] is False
    assert answer["networks"] == ["lo"]
    assert answer["credentials"] is not is_isolated
    assert scenario.invoke(engine, b"x" * 3_000_000)["size"] == 3_000_000
    engine.sagemaker.delete_endpoint(EndpointName=scenario.name)


def test_an_isolated_model_serves_and_survives_the_kill_of_the_engine(
    own_engine: Callable[..., EngineProcess], scenario: Scenario
) -> None:
    engine = own_engine()
    arn = serve(engine, scenario, PrimaryContainer=container("1"), EnableNetworkIsolation=True)
    before = scenario.invoke(engine)
    assert before["port"] == "8080"
    shims = {one["pid"] for one in engine.processes_of(arn)}
    engine.kill()
    engine.start()
    eventually(lambda: _answers(engine, scenario), what="it answers again")
    assert scenario.invoke(engine)["pid"] == before["pid"]
    assert {one["pid"] for one in engine.processes_of(arn)} == shims
    engine.sagemaker.delete_endpoint(EndpointName=scenario.name)


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ({}, "either PrimaryContainer or Containers"),
        ({"PrimaryContainer": {"Image": IMAGE}, "Containers": [{"Image": IMAGE}]}, "either PrimaryContainer"),
        ({"PrimaryContainer": {"Environment": {}}}, "needs an Image"),
        ({"PrimaryContainer": {"Image": IMAGE, "Mode": "MultiModel"}}, "MultiModel is not supported"),
        ({"PrimaryContainer": {"Image": IMAGE, "ModelDataUrl": "https://x/y.tar.gz"}}, "S3 address"),
        (
            {
                "Containers": [{"Image": IMAGE}, {"Image": IMAGE}],
                "InferenceExecutionConfig": {"Mode": "Direct"},
            },
            "needs a ContainerHostname",
        ),
        (
            {"Containers": [{"Image": IMAGE, "ContainerHostname": "a"}] * 2},
            "host names must be unique",
        ),
    ],
)
def test_a_model_that_cannot_be_is_refused_with_what_to_do(
    engine: EngineProcess, scenario: Scenario, model: dict[str, Any], words: str
) -> None:
    with pytest.raises(ClientError, match=f"ValidationException.*{words}"):
        engine.sagemaker.create_model(ModelName=scenario.name, ExecutionRoleArn=ROLE, **model)


def _answers(engine: EngineProcess, scenario: Scenario) -> bool:
    try:
        return bool(scenario.invoke(engine)["version"])
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("ServiceUnavailable", "ValidationError", "ModelError"):
            raise
        return False
