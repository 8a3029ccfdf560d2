"""Training jobs over plain boto3 against a real engine and a real MiniStack."""

import io
import json
import tarfile
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.sagemaker_local.engine_process import EngineProcess, eventually
from tests.contract.sagemaker_local.scenario import BUCKET, IMAGE, ROLE, Scenario

pytestmark = pytest.mark.contract


def statuses(job: dict[str, Any]) -> list[str]:
    return [one["Status"] for one in job["SecondaryStatusTransitions"]]


def test_a_job_runs_to_its_end_and_leaves_model_data_logs_metrics_and_events(
    engine: EngineProcess, scenario: Scenario
) -> None:
    scenario.put("data/a.txt")
    scenario.put("data/deep/b.txt")
    request = scenario.training_request({"steps": "3", "must_be_hidden": str(engine.state_dir)})
    request |= {"Environment": {"GREETING": "hello"}, "Tags": [{"Key": "team", "Value": "vision"}]}
    arn = engine.sagemaker.create_training_job(**request)["TrainingJobArn"]
    engine.sagemaker.get_waiter("training_job_completed_or_stopped").wait(
        TrainingJobName=scenario.name, WaiterConfig={"Delay": 1, "MaxAttempts": 40}
    )
    job = scenario.finished(engine)
    assert job["TrainingJobStatus"] == "Completed", (job.get("FailureReason"), engine.log[-3000:])
    assert statuses(job) == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    assert job["FinalMetricDataList"][0] | {"Timestamp": 0} == {
        "MetricName": "loss",
        "Value": 0.3333,
        "Timestamp": 0,
    }
    assert job["TrainingTimeInSeconds"] >= 1
    report = scenario.report()
    assert report["channels"] == {"train": ["a.txt", "deep/b.txt"]}
    assert report["variable"] == "hello"
    assert report["hidden"]
    assert report["network"]
    assert report["credentials"] == ROLE
    assert json.loads(scenario.output("data/progress.json")) == {"done": 3}
    assert scenario.log_lines() == [
        "start at step 0 on algo-1",
        "step=0 loss=1.0000;",
        "step=1 loss=0.5000;",
        "step=2 loss=0.3333;",
        "done",
    ]
    events = eventually(lambda: found if len(found := scenario.events()) == 5 else [], what="five events")
    assert [one["detail"]["SecondaryStatus"] for one in events] == statuses(job)
    assert {one["source"] for one in events} == {"local.sagemaker"}
    assert events[-1]["resources"] == [arn]
    assert events[-1]["detail"]["Tags"] == {"team": "vision"}
    assert engine.sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "vision"}]


def test_a_failing_script_gives_its_own_reason(engine: EngineProcess, scenario: Scenario) -> None:
    scenario.put("data/a.txt")
    engine.sagemaker.create_training_job(**scenario.training_request({"fail": "column 'age' is missing"}))
    job = scenario.finished(engine)
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"] == "AlgorithmError: column 'age' is missing, exit code: 3"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"image": "x.dkr.ecr.us-east-1.amazonaws.com/unknown:1"}, "has no local environment"),
        ({"data": "nothing-here/"}, "No S3 objects found"),
    ],
)
def test_bad_input_is_the_clients_error(
    engine: EngineProcess, scenario: Scenario, change: dict[str, str], reason: str
) -> None:
    scenario.put("data/a.txt")
    request = scenario.training_request()
    request["AlgorithmSpecification"]["TrainingImage"] = change.get("image", IMAGE)
    source = request["InputDataConfig"][0]["DataSource"]["S3DataSource"]
    source["S3Uri"] = f"s3://{BUCKET}/{scenario.name}/{change.get('data', 'data/')}"
    engine.sagemaker.create_training_job(**request)
    job = scenario.finished(engine)
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("ClientError: ")
    assert reason in job["FailureReason"]


def test_a_stopped_job_uploads_what_it_saved_in_the_grace_period(
    engine: EngineProcess, scenario: Scenario
) -> None:
    scenario.put("data/a.txt")
    hyper_parameters = {"steps": "1000", "pause_s": "0.1", "on_stop": "save"}
    engine.sagemaker.create_training_job(**scenario.training_request(hyper_parameters))
    scenario.reaches(engine, "step=1 loss=0.5000;")
    engine.sagemaker.stop_training_job(TrainingJobName=scenario.name)
    job = scenario.finished(engine)
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "Stopped")
    assert scenario.output("model/saved-on-stop") == b"saved"
    with pytest.raises(ClientError, match="ValidationException"):
        engine.sagemaker.stop_training_job(TrainingJobName=scenario.name)


def test_the_runtime_limit_stops_a_job(engine: EngineProcess, scenario: Scenario) -> None:
    scenario.put("data/a.txt")
    request = scenario.training_request({"steps": "1000", "pause_s": "0.1"})
    request["StoppingCondition"] = {"MaxRuntimeInSeconds": 2}
    engine.sagemaker.create_training_job(**request)
    job = scenario.finished(engine)
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")
    assert scenario.output("model/step-0") == b"0"


def test_several_nodes_share_the_job_and_isolation_takes_network_and_credentials(
    engine: EngineProcess, scenario: Scenario
) -> None:
    for name in ("a", "b", "c", "d"):
        scenario.put(f"data/{name}.txt")
    request = scenario.training_request(EnableNetworkIsolation=True)
    request["ResourceConfig"]["InstanceCount"] = 2
    request["InputDataConfig"] = [scenario.channel("train", S3DataDistributionType="ShardedByS3Key")]
    engine.sagemaker.create_training_job(**request)
    job = scenario.finished(engine)
    assert job["TrainingJobStatus"] == "Completed", (job.get("FailureReason"), engine.log[-3000:])
    assert scenario.report()["channels"] == {"train": ["a.txt", "c.txt"]}
    assert scenario.report()["network"] is False
    assert scenario.report()["credentials"] is None
    assert sorted(line for line in scenario.log_lines() if line.startswith("start")) == [
        "start at step 0 on algo-1",
        "start at step 0 on algo-2",
    ]


def test_gzip_output_is_a_model_archive(engine: EngineProcess, scenario: Scenario) -> None:
    scenario.put("data/a.txt")
    request = scenario.training_request()
    del request["OutputDataConfig"]["CompressionType"]
    engine.sagemaker.create_training_job(**request)
    job = scenario.finished(engine)
    address = job["ModelArtifacts"]["S3ModelArtifacts"]
    assert address == f"s3://{BUCKET}/{scenario.name}/out/{scenario.name}/output/model.tar.gz"
    with tarfile.open(fileobj=io.BytesIO(scenario.output("model.tar.gz"))) as archive:
        assert "report.json" in archive.getnames()


def test_a_job_waits_for_capacity_and_runs_when_its_turn_comes(
    engine: EngineProcess, scenario: Scenario
) -> None:
    scenario.put("data/a.txt")
    first = scenario.training_request({"steps": "20", "pause_s": "0.1"}, TrainingJobName=f"{scenario.name}-1")
    engine.sagemaker.create_training_job(**first)
    engine.sagemaker.create_training_job(**scenario.training_request())
    job = scenario.finished(engine)
    assert job["TrainingJobStatus"] == "Completed"
    assert statuses(job)[:3] == ["Starting", "Pending", "Downloading"]


def test_the_same_name_is_refused_while_and_after_the_job_exists(
    engine: EngineProcess, scenario: Scenario
) -> None:
    scenario.put("data/a.txt")
    request = scenario.training_request()
    engine.sagemaker.create_training_job(**request)
    with pytest.raises(ClientError, match="ResourceInUse"):
        engine.sagemaker.create_training_job(**request)
    scenario.finished(engine)
    with pytest.raises(ClientError, match="ResourceInUse"):
        engine.sagemaker.create_training_job(**request)
    engine.sagemaker.delete_training_job(TrainingJobName=scenario.name)
    with pytest.raises(ClientError, match=r"ValidationException.*Requested resource not found\."):
        engine.sagemaker.describe_training_job(TrainingJobName=scenario.name)
