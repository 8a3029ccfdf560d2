"""Whatever is killed: jobs end in the right state, services answer again, nothing is done twice."""

import sqlite3
import subprocess
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.contract.sagemaker_local.engine_process import EngineProcess, eventually, kill_hard, main_process
from tests.contract.sagemaker_local.scenario import BUCKET, Scenario

pytestmark = pytest.mark.contract

Engines = Callable[..., EngineProcess]


def checkpoints(scenario: Scenario) -> dict[str, str]:
    return {"S3Uri": f"s3://{BUCKET}/{scenario.name}/checkpoints"}


def job_shim(engine: EngineProcess) -> int:
    jobs = [one for one in engine.admin("GET", "state")["processes"] if one["state"] == "running"]
    return int(jobs[0]["pid"])


def expected_lines(steps: int) -> list[str]:
    numbered = [f"step={step} loss={1 / (step + 1):.4f};" for step in range(steps)]
    return ["start at step 0 on algo-1", *numbered, "done"]


@pytest.mark.parametrize("mode", ["ns", "base-dir"])
def test_a_job_survives_the_kill_of_the_engine_with_complete_logs_and_single_events(
    own_engine: Engines, scenario: Scenario, mode: str
) -> None:
    engine = own_engine(SML_MODE=mode)
    scenario.put("data/a.txt")
    engine.sagemaker.create_training_job(**scenario.training_request({"steps": "30", "pause_s": "0.1"}))
    scenario.reaches(engine, "step=2 loss=0.3333;")
    before = job_shim(engine)
    engine.kill()
    engine.start()
    assert job_shim(engine) == before
    job = scenario.finished(engine)
    assert job["TrainingJobStatus"] == "Completed", (job.get("FailureReason"), engine.log[-3000:])
    assert scenario.report()["first"] == 0
    expected = expected_lines(30)
    if mode == "base-dir":
        expected[0] = "start at step 0 on localhost"
    assert scenario.log_lines() == expected
    assert job["FinalMetricDataList"][0]["Value"] == pytest.approx(1 / 30, abs=1e-3)
    eventually(lambda: any(one["detail"]["SecondaryStatus"] == "Completed" for one in scenario.events()))
    seen = Counter(one["detail"]["SecondaryStatus"] for one in scenario.events())
    assert seen == {"Starting": 1, "Downloading": 1, "Training": 1, "Uploading": 1, "Completed": 1}


def test_a_job_that_ended_while_the_engine_was_dead_is_completed_by_the_next_one(
    own_engine: Engines, scenario: Scenario
) -> None:
    engine = own_engine()
    scenario.put("data/a.txt")
    engine.sagemaker.create_training_job(**scenario.training_request({"steps": "10", "pause_s": "0.1"}))
    scenario.reaches(engine, "step=0 loss=1.0000;")
    shim = job_shim(engine)
    engine.kill()
    eventually(lambda: not Path(f"/proc/{shim}").exists(), what="the job ends by itself")
    engine.start()
    job = scenario.finished(engine)
    assert job["TrainingJobStatus"] == "Completed", (job.get("FailureReason"), engine.log[-3000:])
    assert scenario.log_lines() == expected_lines(10)


def test_a_kill_before_the_commit_of_a_create_leaves_nothing_and_the_call_can_be_repeated(
    own_engine: Engines, scenario: Scenario
) -> None:
    engine = own_engine()
    scenario.put("data/a.txt")
    engine.admin("POST", "faults/crash-before-commit", {})
    with pytest.raises(BotoCoreError):
        engine.sagemaker.create_training_job(**scenario.training_request())
    engine.wait_for_death()
    engine.start()
    engine.sagemaker.create_training_job(**scenario.training_request())
    job = scenario.finished(engine)
    assert job["TrainingJobStatus"] == "Completed", (job.get("FailureReason"), engine.log[-3000:])


def test_a_killed_process_resumes_from_its_checkpoint_when_retries_are_allowed(
    engine: EngineProcess, scenario: Scenario
) -> None:
    scenario.put("data/a.txt")
    request = scenario.training_request({"steps": "30", "pause_s": "0.1"})
    request |= {"CheckpointConfig": checkpoints(scenario), "RetryStrategy": {"MaximumRetryAttempts": 1}}
    arn = engine.sagemaker.create_training_job(**request)["TrainingJobArn"]
    scenario.reaches(engine, "step=4 loss=0.2000;")
    kill_hard(main_process(engine.processes_of(arn)[0]["pid"], "train"))
    job = scenario.finished(engine)
    assert job["TrainingJobStatus"] == "Completed", (job.get("FailureReason"), engine.log[-3000:])
    assert scenario.report()["first"] >= 5
    names = [one["Status"] for one in job["SecondaryStatusTransitions"]]
    assert names[2:6] == ["Training", "Interrupted", "Starting", "Downloading"]


def test_a_killed_process_without_retries_fails_with_the_reason(
    engine: EngineProcess, scenario: Scenario
) -> None:
    scenario.put("data/a.txt")
    arn = engine.sagemaker.create_training_job(
        **scenario.training_request({"steps": "100", "pause_s": "0.1"})
    )
    scenario.reaches(engine, "step=0 loss=1.0000;")
    kill_hard(main_process(engine.processes_of(arn["TrainingJobArn"])[0]["pid"], "train"))
    job = scenario.finished(engine)
    assert job["TrainingJobStatus"] == "Failed"
    assert "exit code: 137" in job["FailureReason"]


def test_a_killed_shim_takes_its_job_along_and_the_job_fails_as_an_engine_fault(
    engine: EngineProcess, scenario: Scenario
) -> None:
    scenario.put("data/a.txt")
    arn = engine.sagemaker.create_training_job(
        **scenario.training_request({"steps": "100", "pause_s": "0.1"})
    )
    scenario.reaches(engine, "step=0 loss=1.0000;")
    shim = engine.processes_of(arn["TrainingJobArn"])[0]["pid"]
    main = main_process(shim, "train")
    kill_hard(shim)
    job = scenario.finished(engine)
    assert job["FailureReason"].startswith("InternalServerError: ")
    assert not Path(f"/proc/{main}").exists()


def test_a_clean_stop_leaves_nothing_running_and_the_next_start_resumes(
    own_engine: Engines, scenario: Scenario
) -> None:
    engine = own_engine()
    scenario.put("data/a.txt")
    scenario.deploy(engine)
    engine.sagemaker.create_endpoint(EndpointName=scenario.name, EndpointConfigName=f"{scenario.name}-1")
    scenario.in_service(engine)
    request = scenario.training_request({"steps": "30", "pause_s": "0.1"})
    request["CheckpointConfig"] = checkpoints(scenario)
    engine.sagemaker.create_training_job(**request)
    scenario.reaches(engine, "step=3 loss=0.2500;")
    pids = [one["pid"] for one in engine.admin("GET", "state")["processes"] if one["state"] == "running"]
    engine.stop()
    assert len(pids) == 3
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]
    engine.start()
    eventually(lambda: _answers(engine, scenario), what="the endpoint answers again")
    job = scenario.finished(engine)
    assert job["TrainingJobStatus"] == "Completed"
    assert scenario.report()["first"] >= 4


def test_a_service_answers_again_after_the_kill_of_the_engine_and_keeps_its_workers(
    own_engine: Engines, scenario: Scenario
) -> None:
    engine = own_engine()
    scenario.deploy(engine)
    arn = engine.sagemaker.create_endpoint(
        EndpointName=scenario.name, EndpointConfigName=f"{scenario.name}-1"
    )
    scenario.in_service(engine)
    before = {one["pid"] for one in engine.processes_of(arn["EndpointArn"])}
    engine.kill()
    engine.start()
    eventually(lambda: _answers(engine, scenario), within_s=10, what="the endpoint answers again")
    assert {one["pid"] for one in engine.processes_of(arn["EndpointArn"])} == before
    assert engine.sagemaker.describe_endpoint(EndpointName=scenario.name)["EndpointStatus"] == "InService"


def test_a_killed_worker_is_replaced_and_the_other_answers_meanwhile(
    engine: EngineProcess, scenario: Scenario
) -> None:
    scenario.deploy(engine)
    arn = engine.sagemaker.create_endpoint(
        EndpointName=scenario.name, EndpointConfigName=f"{scenario.name}-1"
    )
    scenario.in_service(engine)
    victim, other = (one["pid"] for one in engine.processes_of(arn["EndpointArn"]))
    serving = main_process(victim, "serve")
    kill_hard(serving)
    eventually(lambda: not Path(f"/proc/{serving}").exists(), what="the worker is gone")
    for _ in range(20):
        scenario.invoke(engine)
    now = eventually(
        lambda: (
            found
            if len(found := {one["pid"] for one in engine.processes_of(arn["EndpointArn"])}) == 2
            and victim not in found
            else None
        ),
        what="two workers again",
    )
    assert other in (now or set())
    eventually(
        lambda: len({scenario.invoke(engine)["port"] for _ in range(4)}) == 2, what="both workers answer"
    )
    engine.sagemaker.delete_endpoint(EndpointName=scenario.name)


def test_an_update_under_load_fails_no_request(engine: EngineProcess, scenario: Scenario) -> None:
    scenario.deploy(engine, "1")
    scenario.deploy(engine, "2")
    engine.sagemaker.create_endpoint(EndpointName=scenario.name, EndpointConfigName=f"{scenario.name}-1")
    scenario.in_service(engine)
    versions: list[str] = []
    failures: list[Exception] = []
    done = threading.Event()

    def load() -> None:
        while not done.is_set():
            try:
                versions.append(scenario.invoke(engine)["version"])
            except (ClientError, BotoCoreError) as error:
                failures.append(error)

    threads = [threading.Thread(target=load) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        engine.sagemaker.update_endpoint(EndpointName=scenario.name, EndpointConfigName=f"{scenario.name}-2")
        scenario.in_service(engine)
        count = len(versions)
        eventually(lambda: len(versions) > count + 50, what="requests go on")
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert failures == []
    assert set(versions) == {"1", "2"}
    assert set(versions[-30:]) == {"2"}
    engine.sagemaker.delete_endpoint(EndpointName=scenario.name)


def _answers(engine: EngineProcess, scenario: Scenario) -> bool:
    try:
        return scenario.invoke(engine)["weights"] == "1"
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("ServiceUnavailable", "ValidationError"):
            raise
        return False


def test_after_a_restart_of_the_machine_jobs_resume_or_fail_truthfully_and_endpoints_answer(
    own_engine: Engines, scenario: Scenario, emulator: str, event_queue: str
) -> None:
    engine = own_engine(SML_MACHINE_CPUS="4")
    scenario.put("data/a.txt")
    scenario.deploy(engine, count=1)
    arn = engine.sagemaker.create_endpoint(
        EndpointName=scenario.name, EndpointConfigName=f"{scenario.name}-1"
    )["EndpointArn"]
    scenario.in_service(engine)
    worker = engine.processes_of(arn)[0]["pid"]
    resumes = Scenario(emulator, event_queue, f"{scenario.name}r")
    resumes.put("data/a.txt")
    request = resumes.training_request({"steps": "30", "pause_s": "0.1"})
    request |= {"CheckpointConfig": checkpoints(resumes), "RetryStrategy": {"MaximumRetryAttempts": 1}}
    engine.sagemaker.create_training_job(**request)
    engine.sagemaker.create_training_job(**scenario.training_request({"steps": "600", "pause_s": "0.1"}))
    resumes.reaches(engine, "step=4 loss=0.2000;")
    scenario.reaches(engine, "step=0 loss=1.0000;")
    shims = [one["pid"] for one in engine.admin("GET", "state")["processes"] if one["state"] == "running"]
    engine.kill()
    for pid in shims:
        kill_hard(pid)
    connection = sqlite3.connect(engine.state_dir / "engine.sqlite3")
    with connection:
        connection.execute("UPDATE process SET doc = json_set(doc, '$.boot_id', 'another boot')")
    connection.close()
    engine.start()
    failed = scenario.finished(engine)
    assert failed["TrainingJobStatus"] == "Failed"
    assert failed["FailureReason"].startswith("InternalServerError: ")
    done = resumes.finished(engine)
    assert done["TrainingJobStatus"] == "Completed", done.get("FailureReason")
    assert resumes.report()["first"] >= 4
    eventually(lambda: _answers(engine, scenario), what="the endpoint answers again")
    assert engine.processes_of(arn)[0]["pid"] != worker


def test_a_process_of_another_boot_is_never_touched(own_engine: Engines, scenario: Scenario) -> None:
    """Its PID and start time fit, but the row is of another boot: by now it is somebody else's."""
    engine = own_engine()
    scenario.put("data/a.txt")
    arn = engine.sagemaker.create_training_job(
        **scenario.training_request({"steps": "600", "pause_s": "0.1"})
    )["TrainingJobArn"]
    scenario.reaches(engine, "step=0 loss=1.0000;")
    shim = engine.processes_of(arn)[0]["pid"]
    engine.kill()
    stranger = subprocess.Popen(["sleep", "600"])
    try:
        ticks = int(Path(f"/proc/{stranger.pid}/stat").read_text().rsplit(")", 1)[1].split()[19])
        connection = sqlite3.connect(engine.state_dir / "engine.sqlite3")
        with connection:
            connection.execute(
                "UPDATE process SET doc = json_set(doc, '$.boot_id', 'x', '$.pid', ?, '$.start_ticks', ?)",
                (stranger.pid, ticks),
            )
        connection.close()
        kill_hard(shim)
        engine.start()
        assert scenario.finished(engine)["TrainingJobStatus"] == "Failed"
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()
