"""A job on two machines: two `train` processes that meet on the loopback, as the local engine runs them."""

import json
import signal
import subprocess
from pathlib import Path

import pytest

from tests.contract.containers.conftest import LABELS, pairs
from tests.contract.containers.environments import ROOT, Finished, Job, environment, free_port, interpreter
from tests.fakes.snapshot_files import write_snapshot

pytestmark = pytest.mark.contract

HOSTS = ["algo-1", "algo-2"]


def two_machines(base: Path, **hyper_parameters: object) -> list[Job]:
    jobs = []
    for host in HOSTS:
        job = Job(base / host)
        write_snapshot(job.base / "input" / "data" / "train", pairs(48, first_seed=1000))
        job.configure(LABELS, **hyper_parameters)
        config = {"current_host": host, "hosts": HOSTS, "network_interface_name": "lo"}
        (job.base / "input" / "config" / "resourceconfig.json").write_text(json.dumps(config))
        jobs.append(job)
    return jobs


def started(jobs: list[Job]) -> list[subprocess.Popen[str]]:
    port = str(free_port())
    more = {"MASTER_PORT": port, "SM_NUM_CPUS": "1", "SML_NUM_GPUS": "0"}
    return [
        subprocess.Popen(
            [interpreter("deep"), ROOT / "containers" / "deep" / "train"],
            env=environment("deep", job.base, **more),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for job in jobs
    ]


def ended(processes: list[subprocess.Popen[str]]) -> list[Finished]:
    finished = []
    for process in processes:
        out, err = process.communicate(timeout=240)
        finished.append(Finished(process.returncode, out, err))
    return finished


@pytest.mark.slow
def test_two_machines_train_one_model_and_the_first_one_writes_it(tmp_path: Path) -> None:
    jobs = two_machines(tmp_path, epochs=2)
    leader, other = ended(started(jobs))
    assert (leader.exit_code, other.exit_code) == (0, 0), leader.err + other.err
    assert [record["epoch"] for record in leader.records("epoch")] == [1, 2]
    assert leader.records("epoch")[1]["train_loss"] < leader.records("epoch")[0]["train_loss"]
    assert jobs[0].report()["best_epoch"] in (1, 2)
    assert jobs[0].model()["onnx"]["max_abs_diff"] <= 1e-4
    assert (other.records("stage"), other.records("epoch")) == ([], [])
    assert not (jobs[1].base / "output" / "data").exists()
    assert not (jobs[1].base / "model").exists()


@pytest.mark.slow
def test_a_fault_of_the_data_is_told_by_both_as_the_users(tmp_path: Path) -> None:
    jobs = two_machines(tmp_path, epochs=1)
    for job in jobs:
        job.configure(LABELS[:2], epochs=1)
    finished = ended(started(jobs))
    assert [one.exit_code for one in finished] == [1, 1]
    for job in jobs:
        assert job.failure().startswith("user: label cross of sample"), job.failure()


@pytest.mark.slow
def test_a_stop_signal_to_both_keeps_the_best_model(tmp_path: Path) -> None:
    jobs = two_machines(tmp_path, epochs=500)
    processes = started(jobs)
    assert processes[0].stdout is not None
    seen = []
    for line in processes[0].stdout:
        seen.append(line)
        if '"kind": "epoch"' in line and '"epoch": 2' in line:
            break
    for process in processes:
        process.send_signal(signal.SIGTERM)
    leader, other = ended(processes)
    assert (leader.exit_code, other.exit_code) == (0, 0), leader.err + other.err
    assert jobs[0].report()["ended_early"] == "signal"
    assert (jobs[0].base / "model" / "model.onnx").exists()
