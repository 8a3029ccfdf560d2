"""Rules that hold for jobs of every kind."""

import os
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_local.capacity.machine import Machine, load_instance_types
from sagemaker_local.capacity.queue import SlotQueue
from sagemaker_local.jobs.disk import VolumeFullError, check_disks
from sagemaker_local.jobs.folder_sync import FolderSync
from sagemaker_local.jobs.instances import instance_problems, with_selection
from sagemaker_local.jobs.slots import SlotHold, node_slots
from sagemaker_local.processing.jobs import ProcessingJob
from sagemaker_local.storage.disk_use import used_bytes
from sagemaker_local.storage.job_files import job_files, read_job_text
from sagemaker_local.storage.objects_s3 import S3Objects, S3Uri
from sagemaker_local.training.jobs import TrainingJob

TYPES = ["ml.m5.large", "ml.m5.xlarge", "ml.c5.2xlarge", "ml.m5.24xlarge"]


def training_job(**request: Any) -> TrainingJob:
    base = {
        "RoleArn": "arn:aws:iam::000000000000:role/r",
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        "OutputDataConfig": {"S3OutputPath": "s3://b/out/"},
    }
    job = TrainingJob(
        arn="a", name="n", region="r", request=base | request, created_at=100.0, modified_at=100.0
    )
    return job.moved("Starting", 100.0)


def spot_job(wait_s: int) -> TrainingJob:
    limits = {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": wait_s}
    return training_job(EnableManagedSpotTraining=True, StoppingCondition=limits)


def test_the_nearer_of_two_limits_decides() -> None:
    job = spot_job(90).moved("Downloading", 110.0)
    assert job.next_limit(110.0) == (60.0, "runtime")
    late = spot_job(90).moved("Downloading", 150.0)
    assert late.next_limit(150.0) == (40.0, "wait")


def test_each_attempt_may_wait_for_its_own_time_and_a_spot_job_for_its_whole_life() -> None:
    limits = {"MaxRuntimeInSeconds": 60, "MaxPendingTimeInSeconds": 1800}
    job = training_job(StoppingCondition=limits)
    assert job.waiting_limit(110.0) == (1790.0, "pending")
    job = job.moved("Downloading", 200.0).interrupted("x", 5000.0, counts_as_retry=False)
    assert job.moved("Starting", 5000.0).waiting_limit(5010.0) == (1790.0, "pending")
    assert spot_job(90).waiting_limit(110.0) == (80.0, "wait")
    assert training_job().waiting_limit(110.0) is None


def test_the_wait_limit_is_for_spot_jobs_only() -> None:
    limits = {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 70}
    assert training_job(StoppingCondition=limits).next_limit(1000.0)[1] == "runtime"


def test_a_job_that_waits_does_not_use_up_its_runtime() -> None:
    assert training_job().next_limit(10_000.0) == (60.0, "runtime")


@pytest.mark.parametrize(
    ("cause", "final"),
    [("request", "Stopped"), ("runtime", "MaxRuntimeExceeded"), ("wait", "MaxWaitTimeExceeded")],
)
def test_the_cause_of_a_stop_names_its_final_state(cause: Any, final: str) -> None:
    job = training_job().moved("Downloading", 101.0).stopping(cause, 105.0)
    assert (job.status, job.secondary_status) == ("Stopping", "Stopping")
    assert job.stopping("request", 106.0) is job
    ended = job.stopped(107.0)
    assert (ended.status, ended.secondary_status) == ("Stopped", final)


def test_a_processing_job_beyond_its_limit_is_stopped_with_the_reason() -> None:
    request = {"StoppingCondition": {"MaxRuntimeInSeconds": 7}}
    job = ProcessingJob(arn="a", name="n", region="r", request=request, created_at=1.0, modified_at=1.0)
    by_limit = job.moved("Downloading", 2.0).stopping("runtime", 9.0).stopped(10.0)
    assert (by_limit.status, by_limit.failure_reason) == ("Stopped", "MaxRuntimeInSeconds (7) exceeded")
    assert job.stopping("request", 3.0).stopped(4.0).failure_reason is None


@given(
    st.lists(st.tuples(st.sampled_from(TYPES), st.integers(1, 5)), min_size=1, max_size=4),
    st.integers(1, 64),
)
def test_every_node_gets_a_core_and_together_they_do_not_get_more_than_the_machine_has(
    groups: list[tuple[str, int]], cpus: int
) -> None:
    named = [
        {"InstanceGroupName": str(number), "InstanceType": name, "InstanceCount": count}
        for number, (name, count) in enumerate(groups)
    ]
    job = training_job(ResourceConfig={"InstanceGroups": named})
    types = load_instance_types(Machine(cpus=cpus, memory_mib=64 * 1024, gpus=0), strict_gpu=False)
    slots = node_slots(job, types)
    assert len(slots) == job.node_count == sum(count for _, count in groups)
    assert all(slot.cpus >= 1 for slot in slots)
    assert sum(slot.cpus for slot in slots) <= max(cpus, len(slots))
    assert sum(slot.memory_mib for slot in slots) <= 64 * 1024


def test_of_preferred_types_the_first_is_selected() -> None:
    preferences = [{"InstanceType": "ml.m5.large"}, {"InstanceType": "ml.m5.xlarge", "InstanceCount": 3}]
    config = {"InstancePreferences": preferences, "InstanceCount": 2}
    selected = with_selection(config)
    assert (selected["SelectedInstanceType"], selected["SelectedInstanceCount"]) == ("ml.m5.large", 2)
    assert list(instance_problems("x", config)) == []
    assert list(instance_problems("x", {"InstancePreferences": preferences})) != []
    assert with_selection({"InstanceType": "ml.m5.large"}) == {"InstanceType": "ml.m5.large"}


def test_disk_use_counts_a_file_of_two_names_once_and_follows_no_link(tmp_path: Path) -> None:
    disk, elsewhere = tmp_path / "disk", tmp_path / "elsewhere"
    disk.mkdir()
    elsewhere.mkdir()
    (elsewhere / "big").write_bytes(b"x" * 1_000_000)
    (disk / "file").write_bytes(b"x" * 100_000)
    once = used_bytes(disk)
    os.link(disk / "file", disk / "second-name")
    (disk / "folder").symlink_to(elsewhere)
    (disk / "link").symlink_to(elsewhere / "big")
    assert 100_000 <= once <= used_bytes(disk) < 200_000


def test_a_full_volume_is_named_with_its_node_and_no_size_means_no_limit(tmp_path: Path) -> None:
    disks = [tmp_path / "1", tmp_path / "2"]
    for disk in disks:
        disk.mkdir()
    with (disks[1] / "big").open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, 1024**3 + 4096)
    check_disks(disks, 2)
    check_disks(disks, 0)
    with pytest.raises(VolumeFullError, match="algo-2 uses more disk space"):
        check_disks(disks, 1)


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A job's tree with an honest folder and everything that could lead out of it."""
    root, secret = tmp_path / "root", tmp_path / "secret"
    (root / "out" / "deep").mkdir(parents=True)
    secret.mkdir()
    (secret / "key").write_text("secret")
    (root / "out" / "b").write_text("own")
    (root / "out" / "deep" / "a").write_text("own")
    (root / "out" / "link").symlink_to(secret / "key")
    (root / "out" / "folder").symlink_to(secret)
    (root / "swapped").symlink_to(secret)
    os.mkfifo(root / "out" / "pipe")
    return root


def test_only_regular_files_below_real_folders_are_read(hostile: Path) -> None:
    found = [(str(file.path), file.source.read_text()) for file in job_files(hostile, "out")]
    assert found == [("b", "own"), ("deep/a", "own")]
    for relative in ("swapped", "out/folder", "missing", "out/b", "swapped/../secret"):
        assert list(job_files(hostile, relative)) == []


def test_a_text_is_cut_and_never_read_through_a_link(hostile: Path) -> None:
    assert read_job_text(hostile, "out/b", 2) == "ow"
    for relative in ("out/link", "out/folder/key", "swapped/key", "out/pipe", "out/deep", "missing/x"):
        assert read_job_text(hostile, relative, 100) == ""


class FakeStore:
    def __init__(self) -> None:
        self.uploads: list[tuple[str, str]] = []

    def upload(self, source: Path, uri: S3Uri) -> None:
        self.uploads.append((uri.key, source.read_text()))


def test_a_sync_uploads_what_changed_and_in_the_last_round_also_what_is_still_fresh(hostile: Path) -> None:
    store = FakeStore()
    sync = FolderSync(hostile, "out", S3Uri("b", "p"), cast(S3Objects, store))
    assert sync.upload_changed(final=False) == 0
    os.utime(hostile / "out" / "b", (1, 1))
    assert sync.upload_changed(final=False) == 1
    assert sync.upload_changed(final=True) == 1
    assert store.uploads == [("p/b", "own"), ("p/deep/a", "own")]
    (hostile / "out" / "b").write_text("changed")
    assert sync.upload_changed(final=True) == 1
    assert store.uploads[-1] == ("p/b", "changed")


def test_processing_goes_before_training_and_that_before_children_of_a_tuning_job() -> None:
    single = training_job()
    child = single.model_copy(update={"tuning_job_arn": "arn:tuning"})
    processing = ProcessingJob(arn="p", name="n", region="r", request={}, created_at=1.0, modified_at=1.0)
    assert sorted([child, single, processing], key=lambda job: job.priority) == [processing, single, child]


def test_a_job_whose_processes_have_ended_makes_room_for_the_next() -> None:
    types = load_instance_types(Machine(cpus=2, memory_mib=8192, gpus=0), strict_gpu=False)
    queue = SlotQueue(types.machine, max_jobs=1)
    first, second = (training_job().model_copy(update={"arn": arn}) for arn in ("a", "b"))
    holds = SlotHold(queue, types), SlotHold(queue, types)
    assert holds[0].try_acquire(first)
    assert not holds[1].try_acquire(second)
    holds[0].finish(first)
    assert holds[1].try_acquire(second)
    assert [claim.owner for claim in queue.running] == ["b"]
    assert queue.view().finishing == ("a",)
    holds[0].release()
    assert queue.view().finishing == ()
