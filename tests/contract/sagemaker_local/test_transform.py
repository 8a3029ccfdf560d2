"""Batch transform over plain boto3 against a real engine and a real MiniStack."""

from typing import Any

import pytest

from tests.contract.sagemaker_local.engine_process import EngineProcess, eventually
from tests.contract.sagemaker_local.scenario import BUCKET, ROLE, Scenario

pytestmark = pytest.mark.contract

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/openbml/transform:1"
LOG_GROUP = "/aws/sagemaker/TransformJobs"


class Transform:
    """A transform job of a scenario: its model, its request, its end."""

    def __init__(self, engine: EngineProcess, scenario: Scenario) -> None:
        self.engine = engine
        self.scenario = scenario
        self.name = scenario.name

    def model(self, **environment: str) -> None:
        self.engine.sagemaker.create_model(
            ModelName=self.name,
            ExecutionRoleArn=ROLE,
            PrimaryContainer={"Image": IMAGE, "Environment": environment},
        )

    def request(
        self, *, source: dict[str, Any] | None = None, output: dict[str, Any] | None = None, **changes: Any
    ) -> dict[str, Any]:
        uri = f"s3://{BUCKET}/{self.name}"
        s3 = {"S3DataType": "S3Prefix", "S3Uri": f"{uri}/in/"}
        return {
            "TransformJobName": self.name,
            "ModelName": self.name,
            "TransformInput": {"DataSource": {"S3DataSource": s3}, **(source or {})},
            "TransformOutput": {"S3OutputPath": f"{uri}/out", **(output or {})},
            "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
            **changes,
        }

    def start(self, **request: Any) -> str:
        answer = self.engine.sagemaker.create_transform_job(**self.request(**request))
        return str(answer["TransformJobArn"])

    def describe(self) -> dict[str, Any]:
        return dict(self.engine.sagemaker.describe_transform_job(TransformJobName=self.name))

    def finished(self, *, within_s: float = 60) -> dict[str, Any]:
        def look() -> dict[str, Any] | None:
            found = self.describe()
            return found if found["TransformJobStatus"] in ("Completed", "Failed", "Stopped") else None

        return eventually(look, within_s=within_s, what=f"{self.name} ends\n{self.engine.log[-3000:]}") or {}

    def completed(self) -> dict[str, Any]:
        job = self.finished()
        assert job["TransformJobStatus"] == "Completed", (job.get("FailureReason"), self.engine.log[-3000:])
        return job

    def outputs(self) -> dict[str, bytes]:
        return {key[4:]: self.scenario.read(key) for key in self.scenario.keys("out/")}

    def events(self) -> list[dict[str, Any]]:
        arn = self.describe()["TransformJobArn"]
        return [one for one in self.scenario.events() if one["resources"] == [arn]]

    def requests(self) -> list[str]:
        return sorted(line for line in self.scenario.log_lines(LOG_GROUP) if line.startswith("request "))


@pytest.fixture
def transform(engine: EngineProcess, scenario: Scenario) -> Transform:
    return Transform(engine, scenario)


def test_every_object_below_the_prefix_is_sent_whole_and_answered_beside_it(
    engine: EngineProcess, scenario: Scenario, transform: Transform
) -> None:
    scenario.put("in/a.txt", b"alpha")
    scenario.put("in/deep/b.txt", b"beta\nbeta")
    scenario.put("in/deep/", b"")
    transform.model()
    arn = transform.start(Tags=[{"Key": "team", "Value": "vision"}])
    engine.sagemaker.get_waiter("transform_job_completed_or_stopped").wait(
        TransformJobName=scenario.name, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )
    job = transform.completed()
    assert transform.outputs() == {"a.txt.out": b"ALPHA", "deep/b.txt.out": b"BETA\nBETA"}
    assert job["TransformEndTime"] >= job["TransformStartTime"] >= job["CreationTime"]
    assert (job["MaxConcurrentTransforms"], job["MaxPayloadInMB"], job["BatchStrategy"]) == (
        1,
        6,
        "MultiRecord",
    )
    events = eventually(lambda: found if len(found := transform.events()) == 2 else [], what="two events")
    assert [one["detail"]["TransformJobStatus"] for one in events] == ["InProgress", "Completed"]
    assert events[-1]["detail-type"] == "SageMaker Transform Job State Change"
    assert events[-1]["detail"]["Tags"] == {"team": "vision"}
    assert engine.processes_of(arn) == []
