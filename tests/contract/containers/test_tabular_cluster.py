"""Tabular training on two machines, which are processes of this one."""

import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from openbml_catalog.tabular.script import preset_script
from openbml_catalog.tabular.settings import AlgorithmType, TrainingWay
from tests.contract.containers.environments import LONGEST_S, Finished, Job, free_port
from tests.contract.containers.tabular_image import passed
from tests.contract.containers.test_tabular_job import PENGUINS, tabular_job
from tests.fakes.table_snapshots import csv_table

pytestmark = pytest.mark.contract

ROWS = "check_a_model_learns_from_rows_that_are_split_between_machines"
FAST = ("check_fits_are_spread_over_the_machines_and_nothing_is_left_of_them",)
SLOW = (
    "check_what_a_lost_machine_was_at_is_repeated_elsewhere",
    "check_a_machine_that_does_not_come_is_named",
    "check_a_machine_ends_when_the_first_one_is_gone",
    "check_fewer_parts_than_machines_are_the_users_fault",
    "check_a_machine_that_is_lost_with_its_rows_ends_the_job",
    "check_rows_that_one_machine_has_read_are_dealt_out",
    f"{ROWS} XGB",
    f"{ROWS} LGBM",
)
HOSTS = ["algo-1", "algo-2"]


@pytest.mark.parametrize("name", FAST)
def test_two_machines(name: str) -> None:
    passed("cluster", name, together=FAST)


@pytest.mark.slow
@pytest.mark.parametrize("name", SLOW)
def test_two_machines_in_trouble_or_with_split_rows(name: str) -> None:
    passed("cluster", name, together=SLOW)


def two_jobs(base: Path, **settings: Any) -> list[Job]:
    jobs = []
    for host in HOSTS:
        job = tabular_job(base / host, csv_table(PENGUINS / "train.csv"), target="species", **settings)
        config = {"current_host": host, "hosts": HOSTS, "network_interface_name": "lo"}
        (job.base / "input" / "config" / "resourceconfig.json").write_text(json.dumps(config))
        jobs.append(job)
    return jobs


def ended(jobs: list[Job], *, stopped_at: str | None = None) -> list[Finished]:
    """Run the machines of a job to their end; both get a stop signal at the first record of a kind."""
    port = str(free_port())
    processes = [job.start(MASTER_PORT=port, SM_NUM_CPUS="1") for job in jobs]
    finished = []
    try:
        seen = until_record(processes[0], stopped_at) if stopped_at else ""
        for process in processes if stopped_at else ():
            process.send_signal(signal.SIGTERM)
        for process in processes:
            out, err = process.communicate(timeout=LONGEST_S)
            finished.append(Finished(process.returncode, seen + out, err))
            seen = ""
    finally:
        for process in processes:
            process.kill()
            process.wait()
    return finished


def until_record(process: "subprocess.Popen[str]", kind: str) -> str:
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if f'"kind": "{kind}"' in line:
            break
    return "".join(lines)


@pytest.mark.slow
def test_a_stop_signal_to_both_machines_keeps_the_best_model_so_far(tmp_path: Path) -> None:
    jobs = two_jobs(tmp_path, seconds=600)
    leader, other = ended(jobs, stopped_at="leaderboard")
    assert (leader.exit_code, other.exit_code) == (0, 0), leader.err + other.err
    assert jobs[0].report()["ended_early"] == "signal"
    assert (jobs[0].base / "model" / "model.onnx").exists()


@pytest.mark.slow
def test_automl_on_two_machines_leaves_one_model(tmp_path: Path) -> None:
    jobs = two_jobs(tmp_path, seconds=30)
    leader, other = ended(jobs)
    assert (leader.exit_code, other.exit_code) == (0, 0), leader.err + other.err
    assert jobs[0].report()["overall"]["accuracy"] > 0.95
    assert jobs[0].model()["onnx"]["max_abs_diff"] <= 1e-3
    assert other.records("stage") == []
    assert not (jobs[1].base / "model").exists()


@pytest.mark.slow
@pytest.mark.parametrize("code", ["LGBM", "XGB"])
def test_a_distributed_expert_run_trains_on_the_rows_of_both_machines(tmp_path: Path, code: str) -> None:
    jobs = two_jobs(
        tmp_path, seconds=60, mode="expert", algorithm_type="multiclass", training_way="distributed"
    )
    text = preset_script(code, AlgorithmType.MULTICLASS, TrainingWay.DISTRIBUTED)
    for job in jobs:
        folder = job.base / "input" / "data" / "code"
        folder.mkdir(parents=True)
        (folder / "script.py").write_text(text.replace('"max_trials": 50', '"max_trials": 2'))
    leader, other = ended(jobs)
    assert (leader.exit_code, other.exit_code) == (0, 0), leader.err + other.err
    report = jobs[0].report()
    assert len(report["trials"]) == 2
    assert report["overall"]["accuracy"] > 0.9
    assert (jobs[0].base / "model" / "model.onnx").exists()
