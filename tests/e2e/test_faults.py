"""Things are killed in the middle: nothing is lost, nothing doubled."""

import os
import signal
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from openbml_client import Client
from openbml_client.client import ProjectClient
from tests.e2e.conftest import Cloud, ended_run, run_body, until
from tests.e2e.test_refusals import JSON, image_body, token_of

pytestmark = pytest.mark.e2e


def kill(cloud: Cloud, component: str) -> None:
    os.kill(cloud.component_pid(component), signal.SIGKILL)
    cloud.bml("up")


def test_a_run_survives_the_death_of_the_engine(
    cloud: Cloud, client: Client, project: ProjectClient, experiment: int, digits: int
) -> None:
    body = run_body(digits)
    body["hyper_parameters"] = {**body["hyper_parameters"], "epochs": 6, "seed": 11}
    run_id = int(project.training.start_run(experiment, body)["run_id"])
    until(lambda: project.training.run(run_id), lambda run: run["state"] == "running", what="the start")

    kill(cloud, "engine")
    ended = ended_run(project, run_id)

    assert ended["state"] == "succeeded", ended
    assert ended["progress"]["epoch"] == 6

    def billed() -> Mapping[str, Any]:
        return {"rows": [row for row in client.bill()["items"] if str(row["resource_id"]) == str(run_id)]}

    rows = until(billed, lambda found: bool(found["rows"]), what="the ledger entry")["rows"]
    assert len(rows) == 1
    assert rows[0]["billed_minutes"] == -(-ended["training_seconds"] // 60)


def test_a_service_survives_the_death_of_the_engine(
    cloud: Cloud, service: Mapping[str, Any], application: Mapping[str, Any]
) -> None:
    kill(cloud, "engine")

    url = f"{service['url']}?access_token={token_of(cloud, application)}"
    until(
        lambda: httpx.post(url, content=image_body(), headers=JSON, timeout=60).json(),
        lambda reply: "results" in reply,
        what="the answer after the restart",
    )


def test_a_stopped_run_keeps_its_truth(
    project: ProjectClient, client: Client, experiment: int, digits: int
) -> None:
    body = run_body(digits)
    body["hyper_parameters"] = {**body["hyper_parameters"], "epochs": 60, "seed": 12}
    run_id = int(project.training.start_run(experiment, body)["run_id"])
    until(
        lambda: project.training.run(run_id),
        lambda run: run["state"] == "running" and (run["progress"] or {}).get("epoch", 0) >= 1,
        what="the first epoch",
    )

    project.training.stop_run(run_id)
    ended = ended_run(project, run_id)

    assert ended["state"] == "stopped"
    assert ended["progress"]["epoch"] < 60


def test_the_installation_survives_the_death_of_the_emulator(
    cloud: Cloud, client: Client, project: ProjectClient, digits: int, service: Mapping[str, Any]
) -> None:
    cloud.bml("down")
    cloud.bml("up")
    samples = project.datasets.version(digits, 1)["sample_count"]

    kill(cloud, "ministack")

    assert project.datasets.version(digits, 1)["sample_count"] == samples
    assert project.services.get(int(service["service_id"]))["url"] == service["url"]
    assert client.bill()["items"]
