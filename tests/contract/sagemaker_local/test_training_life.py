"""The rest of a training job's life: pools, spot capacity, groups, nodes that talk, quotas."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.sagemaker_local.engine_process import EngineProcess, eventually
from tests.contract.sagemaker_local.scenario import BUCKET, Scenario

pytestmark = pytest.mark.contract

Engines = Callable[..., EngineProcess]
BIG_MACHINE = {"SML_MACHINE_CPUS": "16", "SML_MACHINE_MEMORY_MIB": "65536"}


def describe(engine: EngineProcess, name: str) -> dict[str, Any]:
    return dict(engine.sagemaker.describe_training_job(TrainingJobName=name))


def ended(engine: EngineProcess, name: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        found = describe(engine, name)
        return found if found["TrainingJobStatus"] in ("Completed", "Failed", "Stopped") else None

    return eventually(look, within_s=60, what=f"{name} ends") or {}


def span(job: dict[str, Any], status: str) -> tuple[Any, Any]:
    one = next(one for one in job["SecondaryStatusTransitions"] if one["Status"] == status)
    return one["StartTime"], one["EndTime"]


def test_nodes_of_two_isolated_jobs_talk_on_the_same_port_at_the_same_time(
    own_engine: Engines, scenario: Scenario
) -> None:
    engine = own_engine(**BIG_MACHINE)
    scenario.put("data/a.txt")
    names = [f"{scenario.name}-{number}" for number in (1, 2)]
    for name in names:
        request = scenario.training_request(
            {"meet": "0.0.0.0:5555", "steps": "20", "pause_s": "0.1"},
            TrainingJobName=name,
            EnableNetworkIsolation=True,
        )
        request["ResourceConfig"]["InstanceCount"] = 2
        engine.sagemaker.create_training_job(**request)
    jobs = [ended(engine, name) for name in names]
    assert [job["TrainingJobStatus"] for job in jobs] == ["Completed"] * 2, (jobs, engine.log[-3000:])
    for name in names:
        assert f"algo-1 heard algo-2 of {name}" in scenario.log_lines(prefix=f"{name}/")
    (start_1, end_1), (start_2, end_2) = (span(job, "Training") for job in jobs)
    assert max(start_1, start_2) < min(end_1, end_2)


def test_nodes_of_a_job_with_network_find_each_other_by_name_and_share_a_master_port(
    engine: EngineProcess, scenario: Scenario
) -> None:
    scenario.put("data/a.txt")
    request = scenario.training_request({"meet": "algo-1:5555"})
    request["ResourceConfig"]["InstanceCount"] = 2
    engine.sagemaker.create_training_job(**request)
    job = scenario.finished(engine)
    assert job["TrainingJobStatus"] == "Completed", (job.get("FailureReason"), engine.log[-3000:])
    lines = scenario.log_lines()
    assert f"algo-1 heard algo-2 of {scenario.name}" in lines
    first, second = (line for line in lines if line.startswith("master "))
    assert first == second
    assert first.startswith("master algo-1:")
    assert 1024 < int(first.rpartition(":")[2]) < 65536


def test_the_first_node_that_fails_ends_the_job_for_all(engine: EngineProcess, scenario: Scenario) -> None:
    scenario.put("data/a.txt")
    request = scenario.training_request(
        {"steps": "1000", "pause_s": "0.1", "fail": "no more data", "fail_on": "algo-2"}
    )
    request["ResourceConfig"]["InstanceCount"] = 2
    engine.sagemaker.create_training_job(**request)
    job = scenario.finished(engine)
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"] == "AlgorithmError: no more data, exit code: 3"
    assert "done" not in scenario.log_lines()
    assert engine.processes_of(job["TrainingJobArn"]) == []


def test_groups_of_instances_have_their_own_types_threads_and_channels(
    own_engine: Engines, scenario: Scenario
) -> None:
    engine = own_engine(**BIG_MACHINE)
    scenario.put("data/a.txt")
    groups = [
        {"InstanceGroupName": "small", "InstanceType": "ml.m5.large", "InstanceCount": 1},
        {"InstanceGroupName": "big", "InstanceType": "ml.m5.xlarge", "InstanceCount": 2},
    ]
    request = scenario.training_request()
    request["ResourceConfig"] = {"InstanceGroups": groups, "VolumeSizeInGB": 1}
    request["InputDataConfig"] = [
        scenario.channel("train"),
        scenario.channel("extra", InstanceGroupNames=["big"]),
    ]
    request["AlgorithmSpecification"]["ContainerEntrypoint"] = [
        "sh", "-c", "cd /opt/ml/input; cat config/resourceconfig.json; echo; echo $OMP_NUM_THREADS; ls data",
    ]  # fmt: skip
    engine.sagemaker.create_training_job(**request)
    job = scenario.finished(engine)
    assert job["TrainingJobStatus"] == "Completed", (job.get("FailureReason"), engine.log[-3000:])
    assert job["ResourceConfig"]["InstanceGroups"] == groups
    lines = scenario.log_lines()
    assert [line for line in lines if line in ("2", "4")] == ["2", "4", "4"]
    assert lines.count("train") == 3
    assert sum('"current_group_name": "big"' in line for line in lines) == 2
    assert sum('"current_instance_type": "ml.m5.large"' in line for line in lines) == 1
    assert all('"hosts": ["algo-1", "algo-2", "algo-3"]' in line for line in lines if line.startswith("{"))


def test_a_warm_pool_is_available_after_a_job_reused_by_the_next_and_ends_when_told(
    engine: EngineProcess, scenario: Scenario
) -> None:
    scenario.put("data/a.txt")
    first, second, third = (f"{scenario.name}-{number}" for number in (1, 2, 3))

    def run(name: str, keep_alive_s: int, volume: int = 3) -> dict[str, Any]:
        request = scenario.training_request({"steps": "1"}, TrainingJobName=name)
        request["ResourceConfig"] |= {"KeepAlivePeriodInSeconds": keep_alive_s, "VolumeSizeInGB": volume}
        engine.sagemaker.create_training_job(**request)
        return ended(engine, name)

    assert run(first, 600)["WarmPoolStatus"] == {"Status": "Available"}
    with pytest.raises(ClientError, match=r"ResourceInUse.*Available warm pool"):
        engine.sagemaker.delete_training_job(TrainingJobName=first)
    assert run(third, 600, volume=2)["WarmPoolStatus"] == {"Status": "Available"}
    assert describe(engine, first)["WarmPoolStatus"] == {"Status": "Available"}
    found = engine.sagemaker.list_training_jobs(NameContains=scenario.name, WarmPoolStatusEquals="Available")
    assert {one["TrainingJobName"] for one in found["TrainingJobSummaries"]} == {first, third}
    reused = run(second, 0)
    assert reused["WarmPoolStatus"] == {"Status": "Terminated", "ResourceRetainedBillableTimeInSeconds": 0}
    pool = describe(engine, first)["WarmPoolStatus"]
    assert (pool["Status"], pool["ReusedByJob"]) == ("Reused", second)
    assert pool["ResourceRetainedBillableTimeInSeconds"] >= 0
    engine.sagemaker.update_training_job(
        TrainingJobName=third, ResourceConfig={"KeepAlivePeriodInSeconds": 0}
    )
    over = describe(engine, third)
    assert over["WarmPoolStatus"]["Status"] == "Terminated"
    assert over["ResourceConfig"]["KeepAlivePeriodInSeconds"] == 0
    for name in (first, third):
        with pytest.raises(ClientError, match=r"ValidationException.*no warm pool"):
            engine.sagemaker.update_training_job(
                TrainingJobName=name, ResourceConfig={"KeepAlivePeriodInSeconds": 60}
            )
    engine.sagemaker.delete_training_job(TrainingJobName=third)


def test_an_interrupted_spot_job_starts_again_and_ends_at_its_wait_limit(
    engine: EngineProcess, scenario: Scenario
) -> None:
    scenario.put("data/a.txt")
    request = scenario.training_request({"steps": "1000", "pause_s": "0.1"}, EnableManagedSpotTraining=True)
    request["StoppingCondition"] = {"MaxRuntimeInSeconds": 6, "MaxWaitTimeInSeconds": 6}
    request["CheckpointConfig"] = {"S3Uri": f"s3://{BUCKET}/{scenario.name}/checkpoints"}
    engine.sagemaker.create_training_job(**request)
    scenario.reaches(engine, "step=1 loss=0.5000;")
    engine.admin("POST", f"faults/interrupt/{scenario.name}", {})
    job = scenario.finished(engine)
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxWaitTimeExceeded")
    names = [one["Status"] for one in job["SecondaryStatusTransitions"]]
    assert names[2:6] == ["Training", "Interrupted", "Starting", "Downloading"]
    assert 1 <= job["BillableTimeInSeconds"] <= job["TrainingTimeInSeconds"]
    assert "start at step 0 on algo-1" in scenario.log_lines()


def test_a_job_beyond_its_volume_fails_with_the_reason(engine: EngineProcess, scenario: Scenario) -> None:
    scenario.put("data/a.txt")
    engine.sagemaker.create_training_job(**scenario.training_request({"fill_gib": "1.1"}))
    job = scenario.finished(engine)
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"] == (
        "ClientError: algo-1 uses more disk space than its volume has (1 GB); ask for a larger VolumeSizeInGB"
    )


def test_a_kill_without_retries_hints_at_memory(engine: EngineProcess, scenario: Scenario) -> None:
    scenario.put("data/a.txt")
    engine.sagemaker.create_training_job(**scenario.training_request({"kill_self": "1"}))
    job = scenario.finished(engine)
    assert job["FailureReason"].startswith("AlgorithmError: ")
    assert job["FailureReason"].endswith("exit code: 137 (killed; the machine may have run out of memory)")


def test_a_failure_file_that_is_a_link_tells_nothing_of_this_machine(
    own_engine: Engines, scenario: Scenario
) -> None:
    engine = own_engine(SML_MODE="base-dir")
    scenario.put("data/a.txt")
    secret = engine.state_dir / "admin-token"
    engine.sagemaker.create_training_job(**scenario.training_request({"link_failure": str(secret)}))
    reason = scenario.finished(engine)["FailureReason"]
    assert reason.startswith("AlgorithmError: ")
    assert secret.read_text() not in reason


def test_a_job_stopped_in_the_queue_never_started_and_costs_nothing(
    engine: EngineProcess, scenario: Scenario
) -> None:
    scenario.put("data/a.txt")
    first = scenario.training_request({"steps": "30", "pause_s": "0.1"}, TrainingJobName=f"{scenario.name}-1")
    engine.sagemaker.create_training_job(**first)
    engine.sagemaker.create_training_job(**scenario.training_request())
    eventually(lambda: describe(engine, scenario.name)["SecondaryStatus"] == "Pending")
    engine.sagemaker.stop_training_job(TrainingJobName=scenario.name)
    job = scenario.finished(engine)
    assert job["SecondaryStatus"] == "Stopped"
    assert not {"TrainingStartTime", "TrainingTimeInSeconds", "BillableTimeInSeconds"} & job.keys()
    assert "TrainingEndTime" in job
    engine.sagemaker.stop_training_job(TrainingJobName=f"{scenario.name}-1")
    ended(engine, f"{scenario.name}-1")


def test_members_without_an_effect_here_are_stored_and_described(
    engine: EngineProcess, scenario: Scenario
) -> None:
    scenario.put("data/a.txt")
    accepted = {
        "VpcConfig": {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]},
        "EnableInterContainerTrafficEncryption": True,
        "DebugHookConfig": {"S3OutputPath": "s3://b/debug"},
        "TensorBoardOutputConfig": {"S3OutputPath": "s3://b/boards"},
        "ExperimentConfig": {"ExperimentName": "e", "TrialName": "t"},
        "ProfilerConfig": {"S3OutputPath": "s3://b/profile"},
        "RetryStrategy": {"MaximumRetryAttempts": 2},
        "CheckpointConfig": {"S3Uri": f"s3://{BUCKET}/{scenario.name}/checkpoints"},
        "Environment": {"A": "1"},
        "InfraCheckConfig": {"EnableInfraCheck": True},
        "RemoteDebugConfig": {"EnableRemoteDebug": False},
    }
    request = scenario.training_request(**accepted)
    request["ResourceConfig"]["VolumeKmsKeyId"] = "key-1"
    request["OutputDataConfig"]["KmsKeyId"] = "key-2"
    engine.sagemaker.create_training_job(**request)
    job = scenario.finished(engine)
    assert job["TrainingJobStatus"] == "Completed", (job.get("FailureReason"), engine.log[-3000:])
    del request["TrainingJobName"]
    for name, value in request.items():
        assert job[name] == value, name


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"EnableManagedSpotTraining": True}, "MaxWaitTimeInSeconds is required"),
        ({"ResourceConfig": {"VolumeSizeInGB": 1}}, "needs either InstanceType or InstancePreferences"),
        (
            {"ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 0, "VolumeSizeInGB": 1}},
            "InstanceCount must be at least 1",
        ),
    ],
)
def test_a_request_that_cannot_work_is_refused_at_once(
    engine: EngineProcess, scenario: Scenario, change: dict[str, Any], message: str
) -> None:
    with pytest.raises(ClientError, match=f"ValidationException.*{message}"):
        engine.sagemaker.create_training_job(**scenario.training_request(**change))


def test_jobs_are_found_by_what_they_are_and_what_they_reached(
    engine: EngineProcess, scenario: Scenario
) -> None:
    scenario.put("data/a.txt")
    names = [f"{scenario.name}-{number}" for number in (1, 2)]
    for steps, name in enumerate(names, start=1):
        request = scenario.training_request({"steps": str(steps)}, TrainingJobName=name)
        request["Tags"] = [{"Key": "round", "Value": str(steps)}]
        engine.sagemaker.create_training_job(**request)
    for name in names:
        ended(engine, name)

    def search(*filters: tuple[str, str, str], **more: Any) -> list[str]:
        listed = [{"Name": name, "Operator": operator, "Value": value} for name, operator, value in filters]
        own = {"Name": "TrainingJobName", "Operator": "Contains", "Value": scenario.name}
        found = engine.sagemaker.search(
            Resource="TrainingJob",
            SearchExpression={"Filters": [own, *listed]},
            SortBy="TrainingJobName",
            **more,
        )
        return [one["TrainingJob"]["TrainingJobName"] for one in found["Results"]]

    assert search(SortOrder="Ascending") == names
    assert search(("Metrics.loss", "LessThan", "0.6")) == [names[1]]
    assert search(("HyperParameters.steps", "Equals", "1")) == [names[0]]
    assert search(("Tags.round", "In", "2,3")) == [names[1]]
    assert search(("TrainingJobStatus", "NotEquals", "Completed")) == []
    first = engine.sagemaker.search(Resource="TrainingJob", MaxResults=1)
    assert len(first["Results"]) == 1
    again = engine.sagemaker.search(Resource="TrainingJob", MaxResults=1, NextToken=first["NextToken"])
    assert first["Results"] != again["Results"]
    with pytest.raises(ClientError, match=r"ValidationException.*not supported"):
        engine.sagemaker.search(Resource="Experiment")


def test_of_many_creates_of_one_name_at_once_exactly_one_wins(
    engine: EngineProcess, scenario: Scenario
) -> None:
    scenario.put("data/a.txt")
    request = scenario.training_request({"steps": "1"})

    def create(_: int) -> str:
        try:
            engine.sagemaker.create_training_job(**request)
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return "created"

    with ThreadPoolExecutor(8) as pool:
        answers = Counter(pool.map(create, range(8)))
    assert answers == {"created": 1, "ResourceInUse": 7}
    job = scenario.finished(engine)
    assert len(engine.processes_of(job["TrainingJobArn"])) == 0
    assert scenario.log_lines() == ["start at step 0 on algo-1", "step=0 loss=1.0000;", "done"]
