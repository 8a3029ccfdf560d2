"""How a training job may change."""

from hypothesis import given
from hypothesis import strategies as st

from sagemaker_local.training.jobs import TERMINAL, TrainingJob

SECONDARY = [
    "Pending", "Downloading", "Training", "Uploading", "Interrupted", "Completed", "Failed", "Stopping",
    "Stopped", "MaxRuntimeExceeded",
]  # fmt: skip
REQUEST = {
    "RoleArn": "arn:aws:iam::000000000000:role/r",
    "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    "OutputDataConfig": {"S3OutputPath": "s3://b/out/"},
}


def new_job() -> TrainingJob:
    job = TrainingJob(arn="a", name="n", region="us-east-1", request=REQUEST, created_at=1.0, modified_at=1.0)
    return job.moved("Starting", 1.0)


@given(st.lists(st.tuples(st.sampled_from(SECONDARY), st.floats(0, 100))))
def test_transitions_are_ordered_closed_but_the_last_and_never_leave_a_final_state(
    moves: list[tuple[str, float]],
) -> None:
    job = new_job()
    for status, at in moves:
        before, job = job, job.moved(status, at)
        assert not before.is_terminal or job is before
    *earlier, last = job.transitions
    assert all(one.ended_at is not None and one.ended_at >= one.started_at for one in earlier)
    assert all(a.ended_at == b.started_at for a, b in zip(job.transitions, job.transitions[1:], strict=False))
    assert (last.ended_at is not None) == (job.status in TERMINAL)
    assert job.modified_at == last.started_at


def test_a_repeated_state_is_no_change() -> None:
    job = new_job().moved("Downloading", 2.0)
    assert job.moved("Downloading", 3.0) is job


def test_runtime_counts_from_downloading_over_all_attempts_and_not_while_waiting() -> None:
    job = new_job().moved("Downloading", 10.0).moved("Training", 12.0)
    job = job.interrupted("killed", 20.0, counts_as_retry=True)
    assert job.runtime_s(500.0) == 10.0
    job = job.moved("Starting", 500.0).moved("Downloading", 510.0)
    assert job.runtime_s(515.0) == 15.0
    done = job.moved("Completed", 520.0)
    assert done.billed_s() == 20
    assert (done.attempt, done.retries) == (2, 1)


def test_a_job_that_never_started_is_not_billed() -> None:
    assert new_job().failed("ClientError: x", 2.0).billed_s() is None


def test_a_failure_reason_is_cut_to_what_the_api_can_carry() -> None:
    job = new_job().failed("x" * 5000, 2.0)
    assert job.failure_reason == "x" * 1024


def test_the_model_address_is_known_from_the_start() -> None:
    assert new_job().model_artifacts == "s3://b/out/n/output/model.tar.gz"
