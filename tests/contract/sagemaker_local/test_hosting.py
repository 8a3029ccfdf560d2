"""Models, endpoint configurations, endpoints and invocations over plain boto3."""

import io
import tarfile
from collections import Counter

import pytest
from botocore.exceptions import ClientError

from tests.contract.sagemaker_local.engine_process import EngineProcess, eventually
from tests.contract.sagemaker_local.scenario import IMAGE, ROLE, Scenario

pytestmark = pytest.mark.contract


def archive(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for info, content in members:
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def test_an_endpoint_of_two_instances_serves_resizes_and_goes(
    engine: EngineProcess, scenario: Scenario
) -> None:
    scenario.deploy(engine)
    name = scenario.name
    engine.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=f"{name}-1")
    engine.sagemaker.get_waiter("endpoint_in_service").wait(
        EndpointName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30}
    )
    engine.sagemaker.delete_endpoint_config(EndpointConfigName=f"{name}-1")
    engine.sagemaker.delete_model(ModelName=f"{name}-1")
    answers = [
        scenario.invoke(engine, CustomAttributes="trace=1", Accept="application/json") for _ in range(20)
    ]
    assert len({one["port"] for one in answers}) == 2
    assert answers[0] | {"pid": 0, "port": 0} == {
        "pid": 0, "port": 0, "body": "hello", "size": 5, "version": "1", "weights": "1",
        "accept": "application/json", "attributes": "trace=1", "secret": None,
    }  # fmt: skip
    engine.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=name, DesiredWeightsAndCapacities=[{"VariantName": "main", "DesiredInstanceCount": 3}]
    )
    shown = scenario.in_service(engine)["ProductionVariants"][0]
    assert (shown["CurrentInstanceCount"], shown["DesiredInstanceCount"]) == (3, 3)
    eventually(
        lambda: len({scenario.invoke(engine)["port"] for _ in range(9)}) == 3, what="three workers answer"
    )
    engine.sagemaker.delete_endpoint(EndpointName=name)
    engine.sagemaker.get_waiter("endpoint_deleted").wait(EndpointName=name, WaiterConfig={"Delay": 1})
    wanted = ["CREATING", "IN_SERVICE", "UPDATING", "IN_SERVICE", "DELETING"]

    def shown_events() -> list[str]:
        return [
            one["detail"]["EndpointStatus"] for one in scenario.events() if "EndpointStatus" in one["detail"]
        ]

    eventually(lambda: shown_events() == wanted, what="the endpoint's events")


def test_errors_of_the_model_reach_the_caller_as_the_cloud_words_them(
    engine: EngineProcess, scenario: Scenario
) -> None:
    scenario.deploy(engine)
    engine.sagemaker.create_endpoint(EndpointName=scenario.name, EndpointConfigName=f"{scenario.name}-1")
    with pytest.raises(ClientError, match=r"ValidationError.*is not InService"):
        scenario.invoke(engine)
    scenario.in_service(engine)
    with pytest.raises(ClientError) as caught:
        scenario.invoke(engine, b"fail")
    reply = caught.value.response
    assert reply["ResponseMetadata"]["HTTPStatusCode"] == 424
    assert reply["Error"]["Code"] == "ModelError"
    assert reply["OriginalStatusCode"] == 500
    assert reply["OriginalMessage"] == "the model cannot do this"
    with pytest.raises(ClientError, match="ModelError"):
        scenario.invoke(engine, b"die")
    with pytest.raises(ClientError, match=r"ValidationError.*not found"):
        engine.runtime.invoke_endpoint(EndpointName="nobody", Body=b"x")
    with pytest.raises(ClientError, match=r"ValidationError.*Variant other not found"):
        scenario.invoke(engine, TargetVariant="other")
    engine.sagemaker.delete_endpoint(EndpointName=scenario.name)


def test_weights_route_and_a_weight_of_zero_gets_nothing_unless_targeted(
    engine: EngineProcess, scenario: Scenario
) -> None:
    scenario.deploy(engine, "1", count=1)
    scenario.deploy(engine, "2", count=1)
    name = scenario.name
    variants = [
        {"VariantName": v, "ModelName": f"{name}-{v}", "InitialInstanceCount": 1,
         "InstanceType": "ml.m5.large", "InitialVariantWeight": weight}
        for v, weight in (("1", 3.0), ("2", 1.0))
    ]  # fmt: skip
    engine.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=variants)
    engine.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    scenario.in_service(engine)
    seen = Counter(scenario.invoke(engine)["version"] for _ in range(400))
    assert 230 < seen["1"] < 370  # 300 expected, 8 sigma
    engine.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=name, DesiredWeightsAndCapacities=[{"VariantName": "1", "DesiredWeight": 0}]
    )
    scenario.in_service(engine)
    assert {scenario.invoke(engine)["version"] for _ in range(20)} == {"2"}
    assert scenario.invoke(engine, TargetVariant="1")["version"] == "1"
    engine.sagemaker.delete_endpoint(EndpointName=name)


def test_a_deployment_that_never_gets_healthy_fails_and_an_update_rolls_back(
    engine: EngineProcess, scenario: Scenario
) -> None:
    name = scenario.name
    scenario.deploy(engine, "1")
    scenario.deploy(engine, "bad", BROKEN_SERVER="1")
    engine.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=f"{name}-1")
    scenario.in_service(engine)
    engine.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=f"{name}-bad")
    back = scenario.in_service(engine)
    assert back["EndpointConfigName"] == f"{name}-1"
    assert "ping health check" in back["FailureReason"]
    assert scenario.invoke(engine)["version"] == "1"
    engine.sagemaker.delete_endpoint(EndpointName=name)


@pytest.mark.parametrize("kind", ["traversal", "absolute", "link", "device", "garbage"])
def test_a_hostile_model_archive_makes_the_endpoint_fail_with_the_reason(
    engine: EngineProcess, scenario: Scenario, kind: str
) -> None:
    link = tarfile.TarInfo("link")
    link.type, link.linkname = tarfile.SYMTYPE, "../../../etc"
    device = tarfile.TarInfo("null")
    device.type = tarfile.CHRTYPE
    content = {
        "traversal": archive((tarfile.TarInfo("../../evil"), b"x")),
        "absolute": archive((tarfile.TarInfo("/tmp/evil"), b"x")),
        "link": archive((link, b"")),
        "device": archive((device, b"")),
        "garbage": b"this is no archive",
    }[kind]
    address = scenario.put("model.tar.gz", content)
    name = scenario.name
    engine.sagemaker.create_model(
        ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer={"Image": IMAGE, "ModelDataUrl": address}
    )
    variant = {
        "VariantName": "main",
        "ModelName": name,
        "InitialInstanceCount": 1,
        "InstanceType": "ml.m5.large",
    }
    engine.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    engine.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    failed = scenario.endpoint_reaches(engine, "Failed", "InService")
    assert failed["EndpointStatus"] == "Failed"
    assert "is refused" in failed["FailureReason"]
    engine.sagemaker.delete_endpoint(EndpointName=name)


def test_a_model_archive_is_unpacked_and_read_only(engine: EngineProcess, scenario: Scenario) -> None:
    address = scenario.put("model.tar.gz", archive((tarfile.TarInfo("weights.txt"), b"from an archive")))
    name = scenario.name
    engine.sagemaker.create_model(
        ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer={"Image": IMAGE, "ModelDataUrl": address}
    )
    variant = {
        "VariantName": "main",
        "ModelName": name,
        "InitialInstanceCount": 1,
        "InstanceType": "ml.m5.large",
    }
    engine.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    engine.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    scenario.in_service(engine)
    assert scenario.invoke(engine)["weights"] == "from an archive"
    engine.sagemaker.delete_endpoint(EndpointName=name)
