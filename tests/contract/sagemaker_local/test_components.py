"""Inference components: models that share the instances of an endpoint."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.contract.sagemaker_local.engine_process import EngineProcess, eventually, kill_hard, main_process
from tests.contract.sagemaker_local.scenario import IMAGE, ROLE, Scenario
from tests.contract.sagemaker_local.test_models import packed

pytestmark = pytest.mark.contract


class Hosted:
    """An endpoint for components, and calls about components on it."""

    def __init__(self, engine: EngineProcess, scenario: Scenario) -> None:
        self.engine = engine
        self.scenario = scenario
        self.name = scenario.name

    def open(self, *, instances: int = 1, instance_type: str = "ml.m5.xlarge", **variant: Any) -> "Hosted":
        self.engine.sagemaker.create_endpoint_config(
            EndpointConfigName=self.name,
            ExecutionRoleArn=ROLE,
            ProductionVariants=[
                {
                    "VariantName": "main",
                    "InstanceType": instance_type,
                    "InitialInstanceCount": instances,
                    **variant,
                }
            ],
        )
        self.engine.sagemaker.create_endpoint(EndpointName=self.name, EndpointConfigName=self.name)
        self.scenario.in_service(self.engine)
        return self

    def component(self, suffix: str) -> str:
        return f"{self.name}-{suffix}"

    def create(
        self,
        suffix: str,
        *,
        copies: int = 1,
        cpus: float = 1,
        memory: int = 128,
        image: str = IMAGE,
        **environment: str,
    ) -> str:
        answer = self.engine.sagemaker.create_inference_component(
            InferenceComponentName=self.component(suffix),
            EndpointName=self.name,
            VariantName="main",
            Specification=self.specification(cpus=cpus, memory=memory, image=image, **environment),
            RuntimeConfig={"CopyCount": copies},
        )
        return str(answer["InferenceComponentArn"])

    def specification(
        self, *, cpus: float = 1, memory: int = 128, image: str = IMAGE, **environment: str
    ) -> dict[str, Any]:
        return {
            "Container": {"Image": image, "Environment": environment},
            "ComputeResourceRequirements": {
                "NumberOfCpuCoresRequired": cpus,
                "MinMemoryRequiredInMb": memory,
            },
        }

    def create_adapter(self, suffix: str, archive: bytes) -> None:
        self.engine.sagemaker.create_inference_component(
            InferenceComponentName=self.component(suffix),
            EndpointName=self.name,
            Specification={
                "BaseInferenceComponentName": self.component("base"),
                "Container": {"ArtifactUrl": self.scenario.put(f"{suffix}.tar.gz", archive)},
            },
        )

    def describe(self, suffix: str) -> dict[str, Any]:
        found: dict[str, Any] = self.engine.sagemaker.describe_inference_component(
            InferenceComponentName=self.component(suffix)
        )
        return found

    def reaches(self, suffix: str, *statuses: str) -> dict[str, Any]:
        def look() -> dict[str, Any] | None:
            found = self.describe(suffix)
            return found if found["InferenceComponentStatus"] in statuses else None

        return eventually(look, within_s=60, what=f"{suffix} is {statuses}:\n{self.engine.log[-4000:]}") or {}

    def invoke(self, suffix: str, body: bytes = b"hello") -> dict[str, Any]:
        return self.scenario.invoke(self.engine, body, InferenceComponentName=self.component(suffix))

    def delete(self, suffix: str) -> None:
        self.engine.sagemaker.delete_inference_component(InferenceComponentName=self.component(suffix))
        eventually(lambda: self.is_gone(suffix), what=f"{suffix} is deleted")

    def is_gone(self, suffix: str) -> bool:
        try:
            self.describe(suffix)
        except ClientError as error:
            return "Could not find inference component" in str(error)
        return False

    def close(self) -> None:
        self.engine.sagemaker.delete_endpoint(EndpointName=self.name)


@pytest.fixture
def hosted(engine: EngineProcess, scenario: Scenario) -> Hosted:
    return Hosted(engine, scenario)


def test_components_share_an_endpoint_and_each_answers_for_itself(hosted: Hosted) -> None:
    hosted.open()
    address = hosted.scenario.put("model/weights.txt", b"of the model").removesuffix("weights.txt")
    hosted.engine.sagemaker.create_model(
        ModelName=hosted.name,
        ExecutionRoleArn=ROLE,
        PrimaryContainer={
            "Image": IMAGE,
            "Environment": {"MODEL_VERSION": "m"},
            "ModelDataSource": {
                "S3DataSource": {"S3Uri": address, "S3DataType": "S3Prefix", "CompressionType": "None"}
            },
        },
    )
    hosted.create("a", copies=2, MODEL_VERSION="a")
    hosted.engine.sagemaker.create_inference_component(
        InferenceComponentName=hosted.component("m"),
        EndpointName=hosted.name,
        VariantName="main",
        Specification={
            "ModelName": hosted.name,
            "ComputeResourceRequirements": {"NumberOfCpuCoresRequired": 1, "MinMemoryRequiredInMb": 128},
            "StartupParameters": {"ContainerStartupHealthCheckTimeoutInSeconds": 60},
        },
        RuntimeConfig={"CopyCount": 1},
    )
    shown = hosted.reaches("a", "InService")
    assert shown["RuntimeConfig"] == {"DesiredCopyCount": 2, "CurrentCopyCount": 2}
    assert shown["Specification"]["Container"]["DeployedImage"]["SpecifiedImage"] == IMAGE
    assert hosted.reaches("m", "InService")["Specification"]["ModelName"] == hosted.name
    assert {hosted.invoke("a")["version"] for _ in range(4)} == {"a"}
    assert len({hosted.invoke("a")["port"] for _ in range(20)}) == 2
    assert (hosted.invoke("m")["version"], hosted.invoke("m")["weights"]) == ("m", "of the model")
    group = f"/aws/sagemaker/InferenceComponents/{hosted.component('a')}"
    eventually(lambda: hosted.scenario.log_lines(group, "i-") == ["serving"] * 2, what="its logs")
    listed = hosted.engine.sagemaker.list_inference_components(
        EndpointNameEquals=hosted.name, SortBy="Name", SortOrder="Ascending"
    )["InferenceComponents"]
    assert [one["InferenceComponentName"][-1] for one in listed] == ["a", "m"]
    other = hosted.engine.sagemaker.list_inference_components(EndpointNameEquals="other")
    assert other["InferenceComponents"] == []
    with pytest.raises(ClientError, match=r"ValidationException.*inference components"):
        hosted.close()
    hosted.delete("a")
    with pytest.raises(ClientError, match=r"ValidationError.*not found"):
        hosted.invoke("a")
    hosted.delete("m")
    hosted.close()


def test_requests_that_name_no_component_or_a_wrong_one_are_refused(
    hosted: Hosted, engine: EngineProcess
) -> None:
    hosted.open()
    with pytest.raises(ClientError, match=r"ValidationError.*header is required"):
        hosted.scenario.invoke(engine)
    hosted.create("zero", copies=0)
    assert hosted.reaches("zero", "InService")["RuntimeConfig"] == {
        "DesiredCopyCount": 0,
        "CurrentCopyCount": 0,
    }
    with pytest.raises(ClientError, match=r"ValidationError.*no capacity"):
        hosted.invoke("zero")
    engine.sagemaker.update_inference_component_runtime_config(
        InferenceComponentName=hosted.component("zero"), DesiredRuntimeConfig={"CopyCount": 1}
    )
    hosted.reaches("zero", "InService")
    assert hosted.invoke("zero")["body"] == "hello"
    hosted.delete("zero")
    hosted.close()


def test_an_update_under_load_fails_no_request_and_a_bad_one_leaves_the_old_copies(hosted: Hosted) -> None:
    hosted.open()
    hosted.create("a", copies=2, MODEL_VERSION="1")
    hosted.reaches("a", "InService")
    versions: list[str] = []
    failures: list[Exception] = []
    done = threading.Event()

    def load() -> None:
        while not done.is_set():
            try:
                versions.append(hosted.invoke("a")["version"])
            except (ClientError, BotoCoreError) as error:
                failures.append(error)

    threads = [threading.Thread(target=load) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        hosted.engine.sagemaker.update_inference_component(
            InferenceComponentName=hosted.component("a"),
            Specification=hosted.specification(MODEL_VERSION="2"),
        )
        assert hosted.reaches("a", "InService")["RuntimeConfig"]["CurrentCopyCount"] == 2
        hosted.engine.sagemaker.update_inference_component_runtime_config(
            InferenceComponentName=hosted.component("a"), DesiredRuntimeConfig={"CopyCount": 1}
        )
        hosted.reaches("a", "InService")
        count = len(versions)
        eventually(lambda: len(versions) > count + 30, what="requests go on")
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert failures == [], hosted.engine.log[-3000:]
    assert set(versions) == {"1", "2"}
    hosted.engine.sagemaker.update_inference_component(
        InferenceComponentName=hosted.component("a"),
        Specification=hosted.specification(BROKEN_SERVER="1"),
        RuntimeConfig={"CopyCount": 1},
    )
    back = hosted.reaches("a", "InService")
    assert "ping health check" in back["FailureReason"]
    assert hosted.invoke("a")["version"] == "2"
    hosted.delete("a")
    hosted.close()


def test_copies_that_do_not_fit_fail_with_the_reason_or_are_refused_at_once(hosted: Hosted) -> None:
    hosted.open(instances=1)  # 4 cores, 16 GiB
    with pytest.raises(ClientError, match=r"ResourceLimitExceeded.*5 CPU cores"):
        hosted.create("huge", cpus=5)
    with pytest.raises(ClientError, match=r"ResourceLimitExceeded.*999999 MiB"):
        hosted.create("huge", memory=999999)
    hosted.create("a", copies=1, cpus=3)
    hosted.reaches("a", "InService")
    hosted.create("b", copies=1, cpus=2)
    failed = hosted.reaches("b", "Failed")
    assert "not enough resources" in failed["FailureReason"]
    hosted.engine.sagemaker.update_inference_component_runtime_config(
        InferenceComponentName=hosted.component("a"), DesiredRuntimeConfig={"CopyCount": 2}
    )
    kept = eventually(
        lambda: shown if "FailureReason" in (shown := hosted.reaches("a", "InService")) else None,
        what="the update that does not fit",
    )
    assert "not enough resources" in kept["FailureReason"]
    assert kept["RuntimeConfig"] == {"DesiredCopyCount": 1, "CurrentCopyCount": 1}
    hosted.delete("a")
    hosted.engine.sagemaker.update_inference_component_runtime_config(
        InferenceComponentName=hosted.component("b"), DesiredRuntimeConfig={"CopyCount": 2}
    )
    assert hosted.reaches("b", "InService")["RuntimeConfig"]["CurrentCopyCount"] == 2
    hosted.delete("b")
    hosted.close()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"Specification": None}, "Specification"),
        ({"RuntimeConfig": None}, "RuntimeConfig is required"),
        ({"VariantName": "other"}, "not present within endpoint configuration"),
        ({"EndpointName": "nobody"}, "Could not find endpoint"),
        ({"Specification": {"BaseInferenceComponentName": "base"}}, "Could not find inference component"),
        ({"Specification": {"ModelName": "nobody"}}, "ComputeResourceRequirements is required"),
    ],
)
def test_a_component_that_cannot_be_is_refused_with_what_to_do(
    hosted: Hosted, change: dict[str, Any], words: str
) -> None:
    hosted.open()
    request = {
        "InferenceComponentName": hosted.component("x"),
        "EndpointName": hosted.name,
        "VariantName": "main",
        "Specification": hosted.specification(),
        "RuntimeConfig": {"CopyCount": 1},
        **change,
    }
    request = {name: value for name, value in request.items() if value is not None}
    with pytest.raises(ClientError, match=rf"ValidationException.*{words}"):
        hosted.engine.sagemaker.create_inference_component(**request)
    hosted.close()


def test_an_adapter_answers_in_every_copy_of_its_base_also_in_new_ones(hosted: Hosted) -> None:
    hosted.open()
    base = hosted.component("base")
    hosted.create("base", image=IMAGE.replace("tiny", "adapters"))
    hosted.reaches("base", "InService")
    for name in ("red", "blue"):
        hosted.create_adapter(name, packed("adapter.txt", name.encode()))
    hosted.create_adapter("bad", packed("other.txt", b"x"))
    assert "cannot load" in hosted.reaches("bad", "Failed")["FailureReason"]
    for name in ("red", "blue"):
        assert "RuntimeConfig" not in hosted.reaches(name, "InService")
        assert hosted.invoke(name) == {"adapter": name}
    assert hosted.invoke("base") == {"adapter": None}
    hosted.engine.sagemaker.update_inference_component_runtime_config(
        InferenceComponentName=base, DesiredRuntimeConfig={"CopyCount": 3}
    )
    hosted.reaches("base", "InService")
    assert {hosted.invoke("red")["adapter"] for _ in range(12)} == {"red"}
    with pytest.raises(ClientError, match=r"ValidationException.*has adapters"):
        hosted.engine.sagemaker.delete_inference_component(InferenceComponentName=base)
    with pytest.raises(ClientError, match=r"ValidationException.*cannot be updated"):
        hosted.engine.sagemaker.update_inference_component_runtime_config(
            InferenceComponentName=hosted.component("red"), DesiredRuntimeConfig={"CopyCount": 3}
        )
    for name in ("red", "blue", "bad"):
        hosted.delete(name)
    with pytest.raises(ClientError, match=r"ValidationError.*not found"):
        hosted.invoke("red")
    hosted.delete("base")
    hosted.close()


def test_an_adapter_survives_the_kill_of_the_engine_and_of_its_base(
    own_engine: Callable[..., EngineProcess], scenario: Scenario
) -> None:
    engine = own_engine()
    hosted = Hosted(engine, scenario).open()
    arn = hosted.create("base", image=IMAGE.replace("tiny", "adapters"))
    hosted.reaches("base", "InService")
    hosted.create_adapter("red", packed("adapter.txt", b"red"))
    engine.kill()
    engine.start()
    hosted.reaches("red", "InService")
    assert eventually(lambda: _adapter(hosted) == "red", what="it answers after the restart")
    kill_hard(engine.processes_of(arn)[0]["pid"])
    eventually(lambda: hosted.describe("base")["RuntimeConfig"]["CurrentCopyCount"] == 1, what="a new copy")
    assert eventually(lambda: _adapter(hosted) == "red", what="it answers in the new copy")


def _adapter(hosted: Hosted) -> str | None:
    try:
        return str(hosted.invoke("red")["adapter"])
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("ServiceUnavailable", "ValidationError", "ModelError"):
            raise
        return None


def test_a_killed_copy_is_replaced_and_the_other_answers_meanwhile(hosted: Hosted) -> None:
    hosted.open()
    arn = hosted.create("a", copies=2)
    hosted.reaches("a", "InService")
    victim, other = (one["pid"] for one in hosted.engine.processes_of(arn))
    serving = main_process(victim, "serve")
    kill_hard(serving)
    eventually(lambda: not Path(f"/proc/{serving}").exists(), what="the copy is gone")
    for _ in range(10):
        hosted.invoke("a")
    eventually(
        lambda: hosted.describe("a")["RuntimeConfig"]["CurrentCopyCount"] == 2, what="two copies again"
    )
    assert other in {one["pid"] for one in hosted.engine.processes_of(arn)}
    hosted.delete("a")
    assert hosted.engine.processes_of(arn) == []
    hosted.close()


def test_components_come_back_after_the_kill_of_the_engine_with_the_copies_they_had(
    own_engine: Callable[..., EngineProcess], scenario: Scenario
) -> None:
    engine = own_engine()
    hosted = Hosted(engine, scenario).open()
    arn = hosted.create("a", copies=2)
    hosted.reaches("a", "InService")
    hosted.engine.sagemaker.update_inference_component(
        InferenceComponentName=hosted.component("a"),
        Specification=hosted.specification(MODEL_VERSION="2"),
    )
    engine.kill()
    engine.start()
    assert hosted.reaches("a", "InService")["RuntimeConfig"]["CurrentCopyCount"] == 2
    assert eventually(lambda: hosted.invoke("a")["version"] == "2", what="the update went on")
    eventually(lambda: len(engine.processes_of(arn)) == 2, what="only the new copies are left")
    before = {one["pid"] for one in engine.processes_of(arn)}
    engine.kill()
    engine.start()
    eventually(lambda: hosted.describe("a")["RuntimeConfig"]["CurrentCopyCount"] == 2, what="both copies")
    assert hosted.invoke("a")["version"] == "2"
    assert {one["pid"] for one in engine.processes_of(arn)} == before
    hosted.delete("a")
    assert engine.processes_of(arn) == []
    hosted.close()
