"""The main job, end to end: labelled images become a prediction API, and the bill is right."""

import base64
import json
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from openbml_client import Client, PredictionClient
from openbml_client.client import ProjectClient
from tests.e2e.conftest import SAMPLES, Cloud, until

pytestmark = pytest.mark.e2e


def test_samples_are_listed_by_label_with_thumbnails(project: ProjectClient, digits: int) -> None:
    labels = {row["name"]: row["sample_count"] for row in project.datasets.labels(digits, 1)}
    threes = list(project.datasets.samples(digits, 1, label="digit_3"))

    assert len(labels) == 10
    assert len(threes) == labels["digit_3"] > 0
    assert all(sample["labels"] == [{"name": "digit_3"}] for sample in threes)
    thumbnail = httpx.get(threes[0]["thumbnail_url"])
    assert thumbnail.headers["Content-Type"] == "image/jpeg"
    assert thumbnail.content[:2] == b"\xff\xd8"


def test_a_run_ends_with_a_report_whose_figures_agree(
    project: ProjectClient, trained: Mapping[str, Any]
) -> None:
    report = project.training.report(int(trained["run_id"]))
    matrix = report["confusion_matrix"]
    counts = matrix["counts"] if isinstance(matrix, dict) else matrix
    evaluated = sum(map(sum, counts))
    right = sum(row[place] for place, row in enumerate(counts))

    assert evaluated > 0
    assert report["overall"]["accuracy"] == pytest.approx(right / evaluated, abs=1e-6)
    topk = [value for _, value in sorted(report["topk"].items(), key=lambda item: int(item[0]))]
    assert topk == sorted(topk)
    assert trained["metrics"]["accuracy"] == pytest.approx(report["overall"]["accuracy"])


def test_live_metrics_were_kept_for_every_epoch(project: ProjectClient, trained: Mapping[str, Any]) -> None:
    epochs = until(
        lambda: project.training.metrics(int(trained["run_id"])),
        lambda document: len(document["epochs"]) == 2,
        what="the metrics of the last epoch",
    )["epochs"]

    assert [row["epoch"] for row in epochs] == [1, 2]
    assert all(row["train_loss"] > 0 for row in epochs)


def test_the_model_version_names_the_data_it_was_trained_on(
    published: Mapping[str, Any], trained: Mapping[str, Any]
) -> None:
    assert published["lineage"]["snapshot_id"] == trained["snapshot_id"]
    assert published["onnx"]["max_abs_diff"] <= published["onnx"]["tolerance"]


def test_the_public_api_answers_an_image(
    cloud: Cloud, service: Mapping[str, Any], application: Mapping[str, Any]
) -> None:
    image = next((SAMPLES / "test").glob("*.jpg"))

    with PredictionClient(cloud.url, application["api_key"], application["secret_key"]) as caller:
        reply = caller.classify(service["url"], image)

    assert len(reply["results"]) == 6
    scores = [row["score"] for row in reply["results"]]
    assert scores == sorted(scores, reverse=True)
    assert 2**53 < reply["log_id"] < 2**63


def test_a_client_written_from_the_manual_works_unchanged(
    cloud: Cloud, service: Mapping[str, Any], application: Mapping[str, Any]
) -> None:
    query = {
        "grant_type": "client_credentials",
        "client_id": application["api_key"],
        "client_secret": application["secret_key"],
    }
    token = httpx.get(f"{cloud.url}/oauth/2.0/token", params=query).json()
    image = next((SAMPLES / "test").glob("*.jpg")).read_bytes()
    body = json.dumps({"image": base64.b64encode(image).decode(), "top_num": "2"})

    reply = httpx.post(
        f"{service['url']}?access_token={token['access_token']}",
        content=body,
        headers={"Content-Type": "application/json;charset=UTF-8"},
    ).json()

    assert token["expires_in"] == 2592000
    assert len(reply["results"]) == 2


def test_every_call_to_the_engine_and_its_reply_fit_the_service_model(
    cloud: Cloud, trained: Mapping[str, Any], service: Mapping[str, Any]
) -> None:
    assert {"CreateTrainingJob", "DescribeTrainingJob", "CreateEndpoint", "InvokeEndpoint"} <= set(
        cloud.recording.calls
    )
    assert cloud.recording.problems == []


def test_the_run_is_billed_once_from_the_free_allowance(client: Client, trained: Mapping[str, Any]) -> None:
    run_id = str(trained["run_id"])

    def billed() -> Mapping[str, Any]:
        return {"rows": [row for row in client.bill()["items"] if str(row["resource_id"]) == run_id]}

    rows = until(billed, lambda found: bool(found["rows"]), what="the ledger entry")["rows"]

    assert len(rows) == 1
    assert rows[0]["billed_minutes"] == -(-trained["training_seconds"] // 60)
    assert rows[0]["free_minutes"] == rows[0]["billed_minutes"]
    assert float(rows[0]["amount"]) == 0


def test_a_running_service_accrues(client: Client, service: Mapping[str, Any]) -> None:
    def accruing() -> Mapping[str, Any]:
        rows = client.bill()["accruing"]
        return {"rows": [row for row in rows if str(row["resource_id"]) == str(service["service_id"])]}

    rows = until(accruing, lambda found: bool(found["rows"]), what="the open interval")["rows"]

    assert len(rows) == 1


def test_the_command_line_speaks_json(cloud: Cloud, service: Mapping[str, Any]) -> None:
    cloud.bml("login", "--email", cloud.email, "--password", cloud.password)

    application = cloud.json("apps", "create", "cli")
    services = cloud.json("services", "list")
    image = str(next((SAMPLES / "test").glob("*.jpg")))
    reply = cloud.json("services", "predict", service["name"], image, "--app", "cli")

    assert application["api_key"]
    assert application["secret_key"]
    assert isinstance(services, list)
    assert service["url"] in [row["url"] for row in services]
    assert reply["results"]
    assert isinstance(cloud.json("datasets", "list"), list)
    assert cloud.json("bill")["currency"] == "CNY"


def test_every_command_line_list_has_a_table_too(cloud: Cloud, trained: Mapping[str, Any]) -> None:
    cloud.bml("login", "--email", cloud.email, "--password", cloud.password)

    assert "digits" in cloud.bml("datasets", "list").stdout
    assert "succeeded" in cloud.bml("runs", "list", "digits").stdout
    report = cloud.bml("runs", "report", str(trained["run_id"])).stdout
    assert "Accuracy" in report
    assert "digit_3" in report
    assert "Free allowance" in cloud.bml("bill").stdout


def test_the_command_line_follows_imports_and_runs(cloud: Cloud, trained: Mapping[str, Any]) -> None:
    cloud.bml("login", "--email", cloud.email, "--password", cloud.password)
    cloud.bml("datasets", "create", "by-hand")

    imported = cloud.json("datasets", "import", "by-hand", str(SAMPLES / "train.zip"))
    watched = cloud.bml("runs", "watch", str(trained["run_id"]))

    assert imported["state"] == "finished"
    assert imported["counts"]["accepted"] == 400
    assert "succeeded" in watched.stdout
