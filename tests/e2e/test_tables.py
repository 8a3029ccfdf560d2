"""Tables, end to end: a CSV and a target become a published model that answers typed features."""

from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from openbml_client import ApiError
from openbml_client.client import ProjectClient
from tests.e2e.conftest import REPOSITORY, Cloud, ended_run, service_body, settled_service, until

pytestmark = pytest.mark.e2e

PENGUINS = REPOSITORY / "examples" / "penguins"
ROW = {
    "island": "Biscoe",
    "bill_length_mm": 46.1,
    "bill_depth_mm": 13.2,
    "flipper_length_mm": 211,
    "body_mass_g": 4500,
    "sex": "FEMALE",
}


def table_of(project: ProjectClient, name: str, file: str) -> int:
    document = project.datasets.create(name, annotation_type="table", template="table", data_type="table")
    dataset_id = int(document["dataset_id"])
    project.datasets.open(dataset_id).imports.import_files([PENGUINS / file])
    return dataset_id


@pytest.fixture(scope="module")
def penguins(project: ProjectClient) -> int:
    return table_of(project, "penguins", "train.csv")


@pytest.fixture(scope="module")
def held_out(project: ProjectClient) -> int:
    return table_of(project, "penguins-test", "test.csv")


@pytest.fixture(scope="module")
def experiment(project: ProjectClient) -> int:
    document = project.training.create_experiment(
        "penguins", task_type="tabular_prediction", direction="tabular"
    )
    return int(document["experiment_id"])


def body(dataset_id: int, tabular: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "training_data": [{"dataset_id": dataset_id, "version_number": 1}],
        "machine_type": "GPU_P4",
        "max_training_minutes": 1,
        "tabular": {"target": "species", **tabular},
        **changes,
    }


def script_of(project: ProjectClient, cloud: Cloud) -> str:
    text = cloud.client().preset_script("tabular_prediction", "LGBM", algorithm_type="multiclass")
    return text.replace('"hyperparameter_tune": "True"', '"hyperparameter_tune": "False"')


@pytest.fixture(scope="module")
def trained(
    project: ProjectClient, cloud: Cloud, experiment: int, penguins: int, held_out: int
) -> Mapping[str, Any]:
    """An expert run with its search switched off, published by itself."""
    request = body(
        penguins,
        {"mode": "expert", "algorithm_type": "multiclass"},
        network="LGBM",
        evaluation_data=[{"dataset_id": held_out, "version_number": 1}],
        hyper_parameter_source={"kind": "script", "script": script_of(project, cloud)},
        auto_publish={"model_name": "penguins"},
    )
    run = project.training.start_run(experiment, request)
    ended = ended_run(project, int(run["run_id"]))
    assert ended["state"] == "succeeded", ended
    return ended


@pytest.fixture(scope="module")
def version(project: ProjectClient, trained: Mapping[str, Any]) -> Mapping[str, Any]:
    def versions() -> Mapping[str, Any]:
        named = [row for row in project.models.list() if row["name"] == "penguins"]
        rows = list(project.models.versions(int(named[0]["model_id"]))) if named else []
        return rows[0] if rows else {"state": "absent"}

    return until(versions, lambda row: row["state"] in {"ready", "failed"}, what="publishing by itself")


def test_columns_are_told_with_what_a_target_would_mean(project: ProjectClient, penguins: int) -> None:
    told = project.training.table_columns(penguins, 1, target="species")

    kinds = {row["name"]: row["kind"] for row in told["columns"]}
    assert (kinds["island"], kinds["body_mass_g"]) == ("category", "number")
    assert told["target"]["algorithm_type"] == "multiclass"
    assert {row["label"]: row["count"] for row in told["target"]["classes"]}["Adelie"] == 119


@pytest.mark.parametrize(
    ("tabular", "changes", "code"),
    [
        ({"target": "no_such"}, {}, "invalid_request"),
        ({"mode": "expert", "algorithm_type": "multiclass"}, {"network": "LGBM", "node_count": 2}, None),
        ({}, {"hyper_parameters": {"epochs": 3}}, "invalid_request"),
    ],
)
def test_what_cannot_be_trained_is_refused_at_once(
    project: ProjectClient,
    experiment: int,
    penguins: int,
    tabular: Mapping[str, Any],
    changes: Mapping[str, Any],
    code: str | None,
) -> None:
    with pytest.raises(ApiError) as refused:
        project.training.start_run(experiment, body(penguins, tabular, **changes))
    assert refused.value.status in {400, 409, 422}
    assert code is None or refused.value.code == code


def test_the_report_rests_on_the_evaluation_set(project: ProjectClient, trained: Mapping[str, Any]) -> None:
    report = project.training.report(int(trained["run_id"]))

    assert report["basis"]["source"] == "eval"
    assert report["basis"]["evaluated_count"] == 70
    assert report["overall"]["accuracy"] > 0.9
    low, high = report["intervals"]["accuracy"]
    assert low <= report["overall"]["accuracy"] <= high
    assert {row["column"] for row in report["importance"]["permutation"]} == set(ROW)


def test_a_published_version_says_what_a_request_looks_like(
    project: ProjectClient, version: Mapping[str, Any]
) -> None:
    assert version["state"] == "ready", version
    model_id, number = int(version["model_id"]), int(version["version_number"])
    reference = project.models.api_reference(model_id, number)
    columns = project.models.version(model_id, number)["table"]["columns"]

    assert {row["name"] for row in columns if row["required"]} <= set(ROW)
    assert set(reference["example_request"]["data"][0]) == set(ROW)


def test_a_version_is_validated_in_a_temporary_service(
    project: ProjectClient, version: Mapping[str, Any]
) -> None:
    started = project.services.start_validation(int(version["model_id"]), int(version["version_number"]))
    validation_id = int(started["validation_id"])
    ready = until(
        lambda: project.services.validation(validation_id),
        lambda row: row["state"] in {"ready", "failed"},
        what="the temporary service",
    )
    assert ready["state"] == "ready", ready

    answer = project.services.ask_validation(validation_id, {"data": [ROW]})
    project.services.end_validation(validation_id)

    assert answer["batch_results"][0]["label"] == "Gentoo"
    assert project.services.validation(validation_id)["state"] == "ended"


def test_the_public_api_answers_rows_in_order_and_names_wrong_features(
    project: ProjectClient, version: Mapping[str, Any], application: Mapping[str, Any], cloud: Cloud
) -> None:
    service = project.services.deploy(service_body(version, "penguins", "penguins"))
    running = settled_service(project, int(service["service_id"]))
    assert running["state"] == "running", running
    token = httpx.post(
        f"{cloud.url}/oauth/2.0/token",
        params={
            "grant_type": "client_credentials",
            "client_id": application["api_key"],
            "client_secret": application["secret_key"],
        },
    ).json()["access_token"]

    def ask(document: dict[str, Any]) -> dict[str, Any]:
        reply = httpx.post(running["url"], params={"access_token": token}, json=document)
        assert reply.status_code == 200
        answer: dict[str, Any] = reply.json()
        return answer

    small = {**ROW, "island": "Torgersen", "bill_length_mm": 38.0, "bill_depth_mm": 18.5, "body_mass_g": 3700}
    answer = ask({"data": [ROW, {**small, "flipper_length_mm": 186}, ROW], "include_req": True})
    assert [row["label"] for row in answer["batch_results"]] == ["Gentoo", "Adelie", "Gentoo"]
    assert answer["batch_results"][0]["req"] == ROW
    assert sum(answer["batch_results"][0]["scores"].values()) == pytest.approx(1, abs=1e-4)

    explained = ask({"data": [ROW], "explain": True})["batch_results"][0]["explanation"]
    assert {row["feature"] for row in explained["contributions"]} == set(ROW)

    missing = ask({"data": [{name: value for name, value in ROW.items() if name != "sex"}]})
    assert missing["error_code"] == 336001
    assert "sex" in missing["error_msg"]
