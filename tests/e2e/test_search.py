"""A search of hyper-parameters in a deployed installation: its manager is killed, it ends all the same."""

import os
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from openbml_client import ApiError, Client
from openbml_client.client import ProjectClient
from tests.e2e.conftest import run_body, until

pytestmark = pytest.mark.e2e
TINY = {"epochs": 1, "input_size": 32, "batch_size": 32, "seed": 3}
SEARCH = {
    "strategy": "random",
    "max_trials": 2,
    "sampling_percent": 50,
    "space": {"learning_rate": {"type": "log_uniform", "low": 0.0005, "high": 0.005}},
}


def managers(search_id: int) -> list[int]:
    """Return the processes of this machine that manage the search."""
    mark = f"#search#{search_id}\0".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environment = (folder / "environ").read_bytes()
            command = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if mark in environment + b"\0" and b"search/process" in command:
            found.append(int(folder.name))
    return found


@pytest.fixture(scope="module")
def searched(project: ProjectClient, experiment: int, digits: int) -> Mapping[str, Any]:
    source = {"kind": "search", "search": SEARCH}
    body = run_body(digits, hyper_parameters=TINY, hyper_parameter_source=source)
    run = project.training.start_run(experiment, body)
    search_id = int(run["search_id"])
    until(
        lambda: {"trials": list(project.training.trials(search_id))},
        lambda seen: len(seen["trials"]) == 2,
        what="the proposals",
    )
    assert project.training.run(int(run["run_id"]))["stage"] == "searching"
    for pid in managers(search_id):
        os.kill(pid, signal.SIGKILL)
    until(
        lambda: project.training.search(search_id),
        lambda row: row["state"] in {"finished", "failed", "stopped"},
        what="the search",
    )
    return until(
        lambda: project.training.run(int(run["run_id"])),
        lambda row: row["state"] in {"succeeded", "failed", "stopped"},
        what="the training after the search",
    )


@pytest.mark.slow
def test_the_run_trains_with_the_best_values_of_its_trials(
    project: ProjectClient, searched: Mapping[str, Any]
) -> None:
    assert searched["state"] == "succeeded", searched
    search = project.training.search(int(searched["search_id"]))
    trials = list(project.training.trials(int(searched["search_id"])))
    assert [(trial["number"], trial["state"]) for trial in trials] == [(0, "succeeded"), (1, "succeeded")]
    best = max(trials, key=lambda trial: trial["quality"])
    assert search["best_trial"]["quality"] == best["quality"]
    used = float(searched["hyper_parameters"]["learning_rate"])
    assert used == search["best_trial"]["parameters"]["learning_rate"]


@pytest.mark.slow
def test_every_trial_is_billed_with_the_run_in_one_entry(client: Client, searched: Mapping[str, Any]) -> None:
    run_id = str(searched["run_id"])
    rows = until(
        lambda: {"rows": [row for row in client.bill()["items"] if str(row["resource_id"]) == run_id]},
        lambda found: bool(found["rows"]),
        what="the ledger entry",
    )["rows"]
    assert len(rows) == 1
    assert rows[0]["billed_minutes"] == -(-searched["training_seconds"] // 60)


@pytest.mark.slow
def test_its_result_can_be_reused_for_the_same_network_only(
    project: ProjectClient, experiment: int, digits: int, searched: Mapping[str, Any]
) -> None:
    network = str(searched["network"])
    listed = list(project.training.searches(network=network))
    assert int(searched["search_id"]) in [int(row["search_id"]) for row in listed]
    source = {"kind": "existing", "search_id": searched["search_id"]}
    other = run_body(digits, network="ResNet18_vd", hyper_parameters=TINY, hyper_parameter_source=source)
    with pytest.raises(ApiError, match="cannot be used"):
        project.training.start_run(experiment, other)
