"""Processing jobs over plain boto3 against a real engine and a real MiniStack."""

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.sagemaker_local.engine_process import EngineProcess, eventually
from tests.contract.sagemaker_local.scenario import BUCKET, PROCESSING_LOGS, Scenario

pytestmark = pytest.mark.contract


def report(scenario: Scenario, host: str = "algo-1") -> dict[str, Any]:
    return dict(json.loads(scenario.read(f"out/report-{host}.json")))


def test_a_job_gets_its_inputs_and_configuration_and_leaves_outputs_logs_and_events(
    engine: EngineProcess, scenario: Scenario
) -> None:
    scenario.put("data/a.txt", b"1")
    scenario.put("data/deep/b.txt", b"2")
    request = scenario.processing_request("report", "write=deep/more.txt,3", "message=all well")
    request |= {
        "ProcessingInputs": [scenario.processing_input("in"), {"InputName": "mine", "AppManaged": True}],
        "Environment": {"GREETING": "hello"},
        "Tags": [{"Key": "team", "Value": "vision"}],
    }
    arn = engine.sagemaker.create_processing_job(**request)["ProcessingJobArn"]
    engine.sagemaker.get_waiter("processing_job_completed_or_stopped").wait(
        ProcessingJobName=scenario.name, WaiterConfig={"Delay": 1, "MaxAttempts": 40}
    )
    job = scenario.processed(engine)
    assert job["ProcessingJobStatus"] == "Completed", (job, engine.log[-3000:])
    assert job["ExitMessage"] == "all well"
    assert job["CreationTime"] <= job["ProcessingStartTime"] <= job["ProcessingEndTime"]
    assert job["StoppingCondition"] == {"MaxRuntimeInSeconds": 86400}
    assert job["ProcessingInputs"] == request["ProcessingInputs"]
    assert scenario.keys("out/") == ["out/deep/more.txt", "out/report-algo-1.json", "out/shared.txt"]
    found = report(scenario)
    assert found["files"] == {"in/a.txt": "1", "in/deep/b.txt": "2"}
    assert found["job"]["ProcessingJobArn"] == arn
    assert found["job"]["AppSpecification"] == request["AppSpecification"]
    assert found["resources"] == {"current_host": "algo-1", "hosts": ["algo-1"]}
    assert (found["variable"], found["network"], found["credentials"]) == ("hello", True, True)
    assert scenario.log_lines(PROCESSING_LOGS) == ["start on algo-1", "done"]
    events = eventually(lambda: found if len(found := scenario.events()) == 2 else [], what="two events")
    assert [one["detail"]["ProcessingJobStatus"] for one in events] == ["InProgress", "Completed"]
    assert {one["detail-type"] for one in events} == {"SageMaker Processing Job State Change"}
    assert events[-1]["detail"]["ExitMessage"] == "all well"
    assert events[-1]["detail"]["ProcessingEndTime"] >= events[-1]["detail"]["ProcessingStartTime"]
    assert engine.sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "vision"}]


def test_a_failing_script_gives_its_last_words_and_keeps_only_what_was_uploaded_continuously(
    engine: EngineProcess, scenario: Scenario
) -> None:
    request = scenario.processing_request(
        "write=kept.txt,1", "write=../other/lost.txt,2", "message=row 7", "complain=bad row", "exit=3"
    )
    request["ProcessingOutputConfig"]["Outputs"] = [
        scenario.processing_output("out", "Continuous"),
        scenario.processing_output("other"),
    ]
    engine.sagemaker.create_processing_job(**request)
    job = scenario.processed(engine)
    assert job["ProcessingJobStatus"] == "Failed"
    assert job["FailureReason"] == "AlgorithmError: bad row, exit code: 3"
    assert job["ExitMessage"] == "row 7"
    assert scenario.keys("o") == ["out/kept.txt"]


def test_continuous_outputs_are_in_s3_while_the_job_runs_and_a_stop_uploads_the_rest(
    engine: EngineProcess, scenario: Scenario
) -> None:
    request = scenario.processing_request("save-on-stop=", "write=../live/first,1", "steps=1000,0.1")
    request["ProcessingOutputConfig"]["Outputs"].append(scenario.processing_output("live", "Continuous"))
    engine.sagemaker.create_processing_job(**request)
    eventually(lambda: scenario.keys("live/") == ["live/first"], what="the first file is in S3")
    assert scenario.keys("out/") == []
    engine.sagemaker.stop_processing_job(ProcessingJobName=scenario.name)
    job = scenario.processed(engine)
    assert job["ProcessingJobStatus"] == "Stopped"
    assert job["ExitMessage"] == "stopped politely"
    assert scenario.read("out/saved-on-stop") == b"saved"
    assert scenario.read("out/step-0") == b"0"
    with pytest.raises(ClientError, match=r"ValidationException.*in status Stopped"):
        engine.sagemaker.stop_processing_job(ProcessingJobName=scenario.name)
    events = eventually(lambda: found if len(found := scenario.events()) == 3 else [], what="three events")
    statuses = [one["detail"]["ProcessingJobStatus"] for one in events]
    assert statuses == ["InProgress", "Stopping", "Stopped"]


def test_a_clean_stop_of_the_engine_saves_continuous_outputs_and_the_next_start_runs_the_job_again(
    own_engine: Callable[..., EngineProcess], scenario: Scenario
) -> None:
    engine = own_engine()
    request = scenario.processing_request("write=../live/first,1", "steps=30,0.1")
    request["ProcessingOutputConfig"]["Outputs"].append(scenario.processing_output("live", "Continuous"))
    arn = engine.sagemaker.create_processing_job(**request)["ProcessingJobArn"]
    scenario.reaches(engine, "step=0", PROCESSING_LOGS)
    engine.stop()
    assert scenario.keys("live/") == ["live/first"]
    assert scenario.keys("out/") == []
    engine.start()
    job = scenario.processed(engine)
    assert job["ProcessingJobStatus"] == "Completed", (job, engine.log[-3000:])
    assert len(scenario.keys("out/")) == 30
    assert engine.processes_of(arn) == []


def test_the_runtime_limit_stops_a_job_with_the_reason(engine: EngineProcess, scenario: Scenario) -> None:
    request = scenario.processing_request("steps=1000,0.1", StoppingCondition={"MaxRuntimeInSeconds": 2})
    engine.sagemaker.create_processing_job(**request)
    job = scenario.processed(engine)
    assert job["ProcessingJobStatus"] == "Stopped"
    assert job["FailureReason"] == "MaxRuntimeInSeconds (2) exceeded"
    assert scenario.read("out/step-0") == b"0"


def test_isolated_nodes_share_inputs_and_write_to_one_place(
    engine: EngineProcess, scenario: Scenario
) -> None:
    for name in ("a", "b", "c"):
        scenario.put(f"data/{name}.txt.gz", gzip.compress(name.encode()))
    base = f"s3://{BUCKET}/{scenario.name}/data/"
    manifest = scenario.put("list.manifest", json.dumps([{"prefix": base}, "a.txt.gz"]).encode())
    sharded = {"S3DataDistributionType": "ShardedByS3Key", "S3CompressionType": "Gzip"}
    request = scenario.processing_request(
        "report",
        NetworkConfig={"EnableNetworkIsolation": True},
        StoppingCondition={"MaxRuntimeInSeconds": 60},
    )
    request["ProcessingResources"]["ClusterConfig"]["InstanceCount"] = 2
    request["ProcessingInputs"] = [
        scenario.processing_input("sharded", **sharded),
        scenario.processing_input("listed", S3DataType="ManifestFile", S3Uri=manifest),
    ]
    engine.sagemaker.create_processing_job(**request)
    job = scenario.processed(engine)
    assert job["ProcessingJobStatus"] == "Completed", (job, engine.log[-3000:])
    first, second = report(scenario, "algo-1"), report(scenario, "algo-2")
    assert sorted(first["files"]) == ["listed/a.txt.gz", "sharded/a.txt", "sharded/c.txt"]
    assert sorted(second["files"]) == ["listed/a.txt.gz", "sharded/b.txt"]
    assert first["files"]["sharded/a.txt"] == "a"
    assert first["resources"] == {"current_host": "algo-1", "hosts": ["algo-1", "algo-2"]}
    assert second["resources"]["current_host"] == "algo-2"
    assert {one["network"] for one in (first, second)} == {False}
    assert scenario.read("out/shared.txt") == b"algo-1"
    assert sorted(scenario.log_lines(PROCESSING_LOGS)) == [
        "done",
        "done",
        "start on algo-1",
        "start on algo-2",
    ]


def test_links_lead_nowhere_outside_of_the_job(
    own_engine: Callable[..., EngineProcess], scenario: Scenario
) -> None:
    engine = own_engine(SML_MODE="base-dir")
    secret = engine.state_dir / "admin-token"
    request = scenario.processing_request(
        "write=own.txt,1",
        f"link=processing/out/file,{secret}",
        f"link=processing/out/folder,{engine.state_dir}",
        f"link=processing/swapped,{engine.state_dir}",
        f"link=output/message,{secret}",
    )
    request["ProcessingOutputConfig"]["Outputs"].append(scenario.processing_output("swapped", "Continuous"))
    engine.sagemaker.create_processing_job(**request)
    job = scenario.processed(engine)
    assert job["ProcessingJobStatus"] == "Completed", (job, engine.log[-3000:])
    assert "ExitMessage" not in job
    assert scenario.keys("out/") == ["out/own.txt"]
    assert scenario.keys("swapped/") == []


def test_an_own_entry_point_replaces_the_images_command(engine: EngineProcess, scenario: Scenario) -> None:
    request = scenario.processing_request()
    script = "echo $0 $PROCESSING_JOB_NAME > /opt/ml/processing/out/said"
    request["AppSpecification"] |= {
        "ContainerEntrypoint": ["sh", "-c", script],
        "ContainerArguments": ["hello"],
    }
    engine.sagemaker.create_processing_job(**request)
    assert scenario.processed(engine)["ProcessingJobStatus"] == "Completed"
    assert scenario.read("out/said").decode() == f"hello {scenario.name}\n"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"AppSpecification": {"ImageUri": "unknown:1"}}, "ClientError: image unknown:1 has no local"),
        ({"ProcessingInputs": ["in"]}, "ClientError: No S3 objects found"),
    ],
)  # fmt: skip
def test_bad_input_is_the_clients_error(
    engine: EngineProcess, scenario: Scenario, change: dict[str, Any], reason: str
) -> None:
    if "ProcessingInputs" in change:
        change = {"ProcessingInputs": [scenario.processing_input("in")]}
    engine.sagemaker.create_processing_job(**scenario.processing_request(**change))
    job = scenario.processed(engine)
    assert job["ProcessingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith(reason)


@pytest.mark.parametrize(
    ("input_change", "message"),
    [
        ({"LocalPath": "/opt/ml/input/data"}, "must be a folder below /opt/ml/processing"),
        ({"LocalPath": "/opt/ml/processing/../model"}, "must be a folder below /opt/ml/processing"),
        ({"LocalPath": "/opt/ml/processing/"}, "must be a folder below /opt/ml/processing"),
        ({"S3InputMode": "Pipe"}, "Pipe is not supported"),
        ({"S3Uri": "https://example.org/x"}, "must be an S3 address"),
    ],
)
def test_an_input_that_cannot_work_is_refused_at_once(
    engine: EngineProcess, scenario: Scenario, input_change: dict[str, str], message: str
) -> None:
    request = scenario.processing_request(ProcessingInputs=[scenario.processing_input("in", **input_change)])
    with pytest.raises(ClientError, match=f"ValidationException.*{message}"):
        engine.sagemaker.create_processing_job(**request)


def test_what_the_engine_does_not_offer_is_refused_at_once(engine: EngineProcess, scenario: Scenario) -> None:
    athena = {
        "Catalog": "c", "Database": "d", "QueryString": "q", "OutputS3Uri": "s3://b", "OutputFormat": "JSON",
    }  # fmt: skip
    definition = {"InputName": "in", "DatasetDefinition": {"AthenaDatasetDefinition": athena}}
    feature_store = {"OutputName": "f", "FeatureStoreOutput": {"FeatureGroupName": "g"}}
    same = [scenario.processing_input("in"), scenario.processing_input("in")]
    for change, message in (
        ({"ProcessingInputs": [definition]}, "DatasetDefinition is not supported"),
        ({"ProcessingOutputConfig": {"Outputs": [feature_store]}}, "FeatureStoreOutput is not supported"),
        ({"ProcessingInputs": same}, "Every InputName must be unique"),
        ({"ProcessingInputs": [{"InputName": "x"}]}, "needs S3Input"),
        ({"StoppingCondition": {"MaxRuntimeInSeconds": 777601}}, "less than or equal to 777600"),
    ):
        with pytest.raises(ClientError, match=f"ValidationException.*{message}"):
            engine.sagemaker.create_processing_job(**scenario.processing_request(**change))


def test_jobs_are_listed_named_once_and_deleted_when_ended(engine: EngineProcess, scenario: Scenario) -> None:
    request = scenario.processing_request("message=x")
    engine.sagemaker.create_processing_job(**request)
    with pytest.raises(ClientError, match="ResourceInUse"):
        engine.sagemaker.create_processing_job(**request)
    scenario.processed(engine)
    with pytest.raises(ClientError, match="ResourceInUse"):
        engine.sagemaker.create_processing_job(**request)
    found = engine.sagemaker.list_processing_jobs(NameContains=scenario.name, StatusEquals="Completed")
    (one,) = found["ProcessingJobSummaries"]
    assert (one["ProcessingJobName"], one["ExitMessage"]) == (scenario.name, "x")
    engine.sagemaker.delete_processing_job(ProcessingJobName=scenario.name)
    for call in (engine.sagemaker.describe_processing_job, engine.sagemaker.stop_processing_job):
        with pytest.raises(ClientError, match=r"ValidationException.*Could not find requested job"):
            call(ProcessingJobName=scenario.name)
