"""Beyond the first deployment: a second version, a test of two, a switch under load, sleep and wake-up."""

import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from openbml_client import Client
from openbml_client.client import ProjectClient
from tests.e2e.conftest import Cloud, ended_run, until
from tests.e2e.test_refusals import JSON, image_body, token_of

pytestmark = pytest.mark.e2e

Reply = Mapping[str, Any]
SHARE = 20
CALLS = 300
# How long workers of the prediction API may remember an address (docs/reference/prediction.md).
REMEMBERED_S = 11.0


@pytest.fixture(scope="module")
def rebuilt(project: ProjectClient, trained: Mapping[str, Any]) -> Mapping[str, Any]:
    run = project.training.rebuild(int(trained["run_id"]))
    ended = ended_run(project, int(run["run_id"]))
    assert ended["state"] == "succeeded", ended
    return ended


@pytest.fixture(scope="module")
def second(
    project: ProjectClient, published: Mapping[str, Any], rebuilt: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Return version 2 of the service's model."""
    model_id = int(published["model_id"])
    version = project.models.publish(model_id, int(rebuilt["run_id"]))
    return until(
        lambda: project.models.version(model_id, int(version["version_number"])),
        lambda row: row["state"] == "ready",
        what="publishing",
    )


@pytest.fixture(scope="module")
def address(cloud: Cloud, service: Mapping[str, Any], application: Mapping[str, Any]) -> str:
    return f"{service['url']}?access_token={token_of(cloud, application)}"


def settled(project: ProjectClient, service_id: int) -> Mapping[str, Any]:
    """Return the service once it and its second version have come to rest."""

    def rests(row: Mapping[str, Any]) -> bool:
        challenger = row["challenger"]
        at_rest = challenger is None or challenger["state"] in {"running", "failed"}
        return row["state"] in {"running", "failed", "sleeping"} and at_rest

    return until(lambda: project.services.get(service_id), rests, what="the service")


def ask(address: str) -> Reply:
    reply: Reply = httpx.post(address, content=image_body(), headers=JSON, timeout=60).json()
    return reply


@contextmanager
def under_load(address: str) -> Iterator[list[Reply]]:
    """Ask again and again beside what is done; the replies are complete after it."""
    replies: list[Reply] = []
    over = threading.Event()

    def call() -> None:
        while not over.is_set():
            replies.append(ask(address))

    threads = [threading.Thread(target=call) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield replies
    finally:
        over.set()
        for thread in threads:
            thread.join()


def failed(replies: list[Reply]) -> list[Reply]:
    return [reply for reply in replies if "results" not in reply]


def test_a_rebuild_is_on_the_same_data_with_the_same_code(
    project: ProjectClient, trained: Mapping[str, Any], rebuilt: Mapping[str, Any]
) -> None:
    comparison = project.training.rebuild_comparison(int(rebuilt["run_id"]))
    facts = {row["name"]: row["equal"] for row in comparison["facts"]}

    assert comparison["original_run_id"] == trained["run_id"]
    assert facts["snapshot_id"] is True
    assert facts["hyper_parameters"] is True
    assert facts["code_digest"] is True
    assert comparison["verdict"] in ("identical", "alike")


def test_two_versions_share_the_calls_and_one_takes_over_without_a_failed_call(
    project: ProjectClient, service: Mapping[str, Any], second: Mapping[str, Any], address: str
) -> None:
    service_id, number = int(service["service_id"]), int(second["version_number"])
    project.services.add_challenger(
        service_id, {"model_version": number, "compute_units": 1, "instances": 2, "share": SHARE}
    )
    both = settled(project, service_id)
    assert both["challenger"]["state"] == "running", both
    assert both["traffic"]["challenger_share"] == SHARE
    time.sleep(REMEMBERED_S)

    with ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(lambda _: ask(address), range(CALLS)))
    assert failed(replies) == []
    asked = {str(reply["log_id"]) for reply in replies}

    def recorded() -> Mapping[str, Any]:
        rows = [row for row in project.services.calls(service_id) if str(row["log_id"]) in asked]
        return {"versions": Counter(row["model_version"] for row in rows), "count": len(rows)}

    found = until(recorded, lambda row: row["count"] == CALLS, what="the records of the calls")
    # Four standard deviations of a share of 20 % over 300 calls.
    assert abs(found["versions"][number] / CALLS - SHARE / 100) < 4 * (0.2 * 0.8 / CALLS) ** 0.5

    with under_load(address) as during:
        for share in (80, 0, 100, 50):
            split = project.services.split_traffic(service_id, {"challenger_share": share})
            assert split["traffic"]["challenger_share"] == share
        project.services.promote_challenger(service_id)
        promoted = settled(project, service_id)
        time.sleep(REMEMBERED_S)
    assert promoted["model_version"] == number
    assert promoted["challenger"] is None
    assert failed(during) == []


@pytest.mark.slow
def test_another_version_comes_online_without_a_failed_call(
    project: ProjectClient, service: Mapping[str, Any], second: Mapping[str, Any], address: str
) -> None:
    service_id = int(service["service_id"])
    with under_load(address) as during:
        changed = project.services.change(service_id, {"model_version": 1})
        assert changed["state"] == "updating"
        after = settled(project, service_id)
        time.sleep(REMEMBERED_S)
    assert after["model_version"] == 1
    assert len(during) > 10
    assert failed(during) == []


@pytest.mark.slow
def test_a_service_that_nobody_calls_sleeps_and_a_call_wakes_it(
    client: Client, project: ProjectClient, service: Mapping[str, Any], address: str
) -> None:
    service_id = int(service["service_id"])
    project.services.set_sleep_policy(service_id, {"idle_minutes": 1, "while_asleep": "wait"})

    asleep = until(
        lambda: project.services.get(service_id), lambda row: row["state"] == "sleeping", what="sleep"
    )
    assert asleep["sleep_policy"]["state"] == "active"
    assert asleep["running_since"] is None
    assert not [row for row in client.bill()["accruing"] if str(row["resource_id"]) == str(service_id)]

    with ThreadPoolExecutor(8) as pool:  # a herd: one of them wakes it, all are answered
        replies = list(pool.map(lambda _: ask(address), range(8)))
    assert failed(replies) == []
    assert settled(project, service_id)["state"] == "running"
    project.services.remove_sleep_policy(service_id)
