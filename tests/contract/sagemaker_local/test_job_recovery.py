"""A ``kill -9`` of the engine in each state of a job: right end, one set of results, complete logs."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError

from tests.contract.sagemaker_local.engine_process import EngineProcess, eventually
from tests.contract.sagemaker_local.scenario import BUCKET, PROCESSING_LOGS, Scenario

pytestmark = pytest.mark.contract

Engines = Callable[..., EngineProcess]
BEFORE, AFTER = True, False


def slow(*values: object) -> Any:
    return pytest.param(*values, marks=pytest.mark.slow)


def dies(engine: EngineProcess, kind: str, status: str, *, before_commit: bool) -> None:
    """The engine will die when a job enters the state, its change committed or just not yet."""
    engine.admin("POST", f"faults/crash-point/{kind}", {"status": status, "before_commit": before_commit})


def send(call: Callable[[], Any]) -> None:
    """Make a call whose answer the dying engine may keep to itself."""
    try:
        call()
    except BotoCoreError:
        return


def restarts(engine: EngineProcess) -> None:
    engine.wait_for_death()
    engine.start()


@pytest.mark.parametrize(
    ("status", "before_commit"),
    [
        ("Starting", AFTER),
        ("Downloading", AFTER),
        slow("Training", BEFORE),  # everything is downloaded, nothing says so
        ("Training", AFTER),  # the nodes are registered, none runs
        slow("Uploading", BEFORE),  # the nodes ended
        ("Uploading", AFTER),
        ("Completed", BEFORE),  # everything is uploaded
        ("Completed", AFTER),  # only the clean-up is missing
    ],
)
def test_a_training_job_completes_whenever_the_engine_is_killed(
    own_engine: Engines, scenario: Scenario, status: str, before_commit: bool
) -> None:
    engine = own_engine()
    scenario.put("data/a.txt")
    dies(engine, "training-job", status, before_commit=before_commit)
    send(lambda: engine.sagemaker.create_training_job(**scenario.training_request({"steps": "3"})))
    restarts(engine)
    job = scenario.finished(engine)
    assert job["TrainingJobStatus"] == "Completed", (job.get("FailureReason"), engine.log[-3000:])
    names = [one["Status"] for one in job["SecondaryStatusTransitions"]]
    assert names == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    steps = ["step=0 loss=1.0000;", "step=1 loss=0.5000;", "step=2 loss=0.3333;"]
    assert scenario.log_lines() == ["start at step 0 on algo-1", *steps, "done"]
    assert job["FinalMetricDataList"][0]["Value"] == pytest.approx(1 / 3, abs=1e-3)
    assert scenario.report()["first"] == 0
    eventually(lambda: len(scenario.events()) >= 5, what="all events are delivered")
    seen = Counter(one["detail"]["SecondaryStatus"] for one in scenario.events())
    assert set(seen) == set(names)
    eventually(lambda: not list((engine.state_dir / "jobs").glob("*/*")), what="the folders are removed")


def test_a_training_job_that_waits_for_capacity_still_waits_after_the_kill(
    own_engine: Engines, scenario: Scenario
) -> None:
    engine = own_engine()
    scenario.put("data/a.txt")
    first = scenario.training_request({"steps": "40", "pause_s": "0.1"}, TrainingJobName=f"{scenario.name}-1")
    engine.sagemaker.create_training_job(**first)
    describe = engine.sagemaker.describe_training_job
    eventually(lambda: describe(TrainingJobName=f"{scenario.name}-1")["SecondaryStatus"] == "Training")
    dies(engine, "training-job", "Pending", before_commit=AFTER)
    send(lambda: engine.sagemaker.create_training_job(**scenario.training_request()))
    restarts(engine)
    job = scenario.finished(engine)
    assert job["TrainingJobStatus"] == "Completed", (job.get("FailureReason"), engine.log[-3000:])
    ahead = describe(TrainingJobName=f"{scenario.name}-1")
    begins = {
        status: next(one for one in found["SecondaryStatusTransitions"] if one["Status"] == status)[
            "StartTime"
        ]
        for found, status in ((ahead, "Uploading"), (job, "Downloading"))
    }
    assert begins["Downloading"] >= begins["Uploading"]


@pytest.mark.parametrize(
    ("status", "before_commit"),
    [slow("Stopping", BEFORE), ("Stopping", AFTER), slow("Stopped", BEFORE), slow("Stopped", AFTER)],
)
def test_a_training_job_is_stopped_whenever_the_engine_is_killed(
    own_engine: Engines, scenario: Scenario, status: str, before_commit: bool
) -> None:
    engine = own_engine()
    scenario.put("data/a.txt")
    hyper_parameters = {"steps": "1000", "pause_s": "0.1", "on_stop": "save"}
    engine.sagemaker.create_training_job(**scenario.training_request(hyper_parameters))
    scenario.reaches(engine, "step=1 loss=0.5000;")
    dies(engine, "training-job", status, before_commit=before_commit)
    send(lambda: engine.sagemaker.stop_training_job(TrainingJobName=scenario.name))
    restarts(engine)
    if (status, before_commit) == ("Stopping", BEFORE):  # the stop was never committed: it is asked again
        engine.sagemaker.stop_training_job(TrainingJobName=scenario.name)
    job = scenario.finished(engine)
    assert job["SecondaryStatus"] == "Stopped", (job.get("FailureReason"), engine.log[-3000:])
    assert scenario.output("model/saved-on-stop") == b"saved"


@pytest.mark.parametrize("before_commit", [slow(BEFORE), AFTER])
def test_an_interrupted_spot_job_goes_on_from_its_checkpoint_after_the_kill(
    own_engine: Engines, scenario: Scenario, before_commit: bool
) -> None:
    engine = own_engine()
    scenario.put("data/a.txt")
    request = scenario.training_request({"steps": "20", "pause_s": "0.1"}, EnableManagedSpotTraining=True)
    request["StoppingCondition"] |= {"MaxWaitTimeInSeconds": 200}
    request["CheckpointConfig"] = {"S3Uri": f"s3://{BUCKET}/{scenario.name}/checkpoints"}
    engine.sagemaker.create_training_job(**request)
    scenario.reaches(engine, "step=2 loss=0.3333;")
    dies(engine, "training-job", "Interrupted", before_commit=before_commit)
    engine.admin("POST", f"faults/interrupt/{scenario.name}", {})
    restarts(engine)
    job = scenario.finished(engine)
    assert job["TrainingJobStatus"] == "Completed", (job.get("FailureReason"), engine.log[-3000:])
    assert scenario.report()["first"] >= 3
    names = [one["Status"] for one in job["SecondaryStatusTransitions"]]
    assert names[2:6] == ["Training", "Interrupted", "Starting", "Downloading"]


@pytest.mark.parametrize(
    ("status", "before_commit"),
    [
        slow("Starting", AFTER),
        ("Downloading", AFTER),
        slow("Processing", BEFORE),
        ("Processing", AFTER),
        slow("Uploading", BEFORE),
        ("Uploading", AFTER),
        slow("Completed", BEFORE),
        slow("Completed", AFTER),
    ],
)
def test_a_processing_job_completes_whenever_the_engine_is_killed(
    own_engine: Engines, scenario: Scenario, status: str, before_commit: bool
) -> None:
    engine = own_engine()
    scenario.put("data/a.txt")
    dies(engine, "processing-job", status, before_commit=before_commit)
    request = scenario.processing_request("steps=2,0", "message=well")
    request["ProcessingInputs"] = [scenario.processing_input("in")]
    send(lambda: engine.sagemaker.create_processing_job(**request))
    restarts(engine)
    job = scenario.processed(engine)
    assert job["ProcessingJobStatus"] == "Completed", (job.get("FailureReason"), engine.log[-3000:])
    assert job["ExitMessage"] == "well"
    assert scenario.log_lines(PROCESSING_LOGS) == ["start on algo-1", "step=0", "step=1", "done"]
    assert scenario.keys("out/") == ["out/step-0", "out/step-1"]


@pytest.mark.parametrize(
    ("status", "before_commit"), [("Stopping", AFTER), slow("Stopped", BEFORE), slow("Stopped", AFTER)]
)
def test_a_processing_job_is_stopped_whenever_the_engine_is_killed(
    own_engine: Engines, scenario: Scenario, status: str, before_commit: bool
) -> None:
    engine = own_engine()
    engine.sagemaker.create_processing_job(**scenario.processing_request("save-on-stop=", "steps=1000,0.1"))
    scenario.reaches(engine, "step=1", PROCESSING_LOGS)
    dies(engine, "processing-job", status, before_commit=before_commit)
    send(lambda: engine.sagemaker.stop_processing_job(ProcessingJobName=scenario.name))
    restarts(engine)
    job = scenario.processed(engine)
    assert job["ProcessingJobStatus"] == "Stopped", (job.get("FailureReason"), engine.log[-3000:])
    assert job["ExitMessage"] == "stopped politely"
    assert scenario.read("out/saved-on-stop") == b"saved"
