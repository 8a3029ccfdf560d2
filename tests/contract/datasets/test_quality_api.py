"""The routes of quality reports, cleaning and augmentation, as their function serves them."""

from collections.abc import Iterator
from typing import Any

import pytest

from openbml.compute import wiring as compute_wiring
from openbml.datasets import api_access
from openbml.datasets.datasets import VersionKey
from tests.contract.datasets.conftest import World
from tests.contract.datasets.test_api import Api, FakeAuthorizer, served
from tests.contract.emulator import client
from tests.fakes.datasets_archives import archive, labelled_pairs

__all__ = ["served"]


@pytest.fixture(autouse=True)
def allowed(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    everything = FakeAuthorizer(world.scope, "datasets.read", "datasets.write", "datasets.manage")
    monkeypatch.setattr(api_access, "authorizer", lambda: everything)
    queues = client("sqs", world.url)
    for name in ("DATA_JOBS_QUEUE_URL", "IMPORT_SHARDS_QUEUE_URL"):
        queue = queues.create_queue(QueueName=f"{name}-{world.table.name}")
        monkeypatch.setenv(name, queue["QueueUrl"])
    compute = ("STAGE", "COMPUTE_TABLE_NAME", "IMAGE_REPOSITORY_PREFIX", "IMAGE_TAG")
    for name in (*compute, "TRAINING_ROLE_ARN", "HOSTING_ROLE_ARN", "DATA_JOB_ROLE_ARN", "SEARCH_ROLE_ARN"):
        monkeypatch.setenv(name, "dev")
    yield
    compute_wiring.compute_gateway.cache_clear()


def version_of(world: World) -> tuple[VersionKey, str]:
    key = world.dataset()
    world.imported(key, archive(labelled_pairs(3)))
    return key, f"/datasets/{key.dataset_id}/versions/{key.version_number}"


def test_a_report_is_asked_for_listed_and_has_no_document_yet(served: Api, world: World) -> None:
    _key, version = version_of(world)
    made = served.ok("POST", f"{version}/quality-reports", {})
    assert (made["state"], made["similar_distance"], made["findings"]) == ("preparing", 6, None)
    path = f"{version}/quality-reports/{made['report_id']}"
    assert served.ok("GET", path) == made
    assert served.ok("GET", f"{version}/quality-reports")["items"] == [made]
    status, refused = served.call("GET", f"{path}/document")
    assert (status, refused["error"]["code"]) == (409, "data_job_refused")
    status, _ = served.call("GET", f"{version}/cleanings/{made['report_id']}")
    assert status == 404
    assert served.call("POST", f"{version}/quality-reports", {"similar_distance": 9})[0] == 400


def test_operators_are_those_of_the_kind(served: Api, world: World) -> None:
    image, text = world.dataset("i"), world.dataset("t", "sequence_labelling", tag_scheme="IOB")
    found = served.ok("GET", f"/datasets/{image.dataset_id}/operators")
    assert {row["code"] for row in found["augmentation"]} >= {"mirror", "rotate", "cutout"}
    found = served.ok("GET", f"/datasets/{text.dataset_id}/operators")
    assert {row["code"] for row in found["cleaning"]} == {
        "narrow_characters", "convert_chinese", "filter_length", "remove_duplicates",
    }  # fmt: skip
    assert found["augmentation"] == []


@pytest.mark.parametrize("route", ["cleanings", "augmentations"])
def test_a_job_makes_a_version_and_its_cancelling_takes_it_back(
    served: Api, world: World, route: str
) -> None:
    key, version = version_of(world)
    code = "denoise" if route == "cleanings" else "mirror"
    made = served.ok("POST", f"{version}/{route}", {"operations": [{"code": code}]})
    assert (made["state"], made["target_version_number"], made["result"]) == ("preparing", 2, None)
    assert made["settings"]["operations"][0]["code"] == code
    assert served.ok("GET", f"{version}/{route}/{made['job_id']}") == made
    assert served.ok("GET", f"{version}/{route}")["items"] == [made]
    target = key.model_copy(update={"version_number": 2})
    assert world.datasets.version(target).description.startswith(route[:5].capitalize())
    cancelled = served.ok("POST", f"{version}/{route}/{made['job_id']}/cancel")
    assert cancelled["state"] == "cancelled"
    states = {
        row["version_number"]: row["state"]
        for row in served.ok("GET", f"/datasets/{key.dataset_id}/versions")["items"]
    }
    assert states.get(2, "deleting") == "deleting"


@pytest.mark.parametrize(
    ("route", "body", "field"),
    [
        ("cleanings", {"operations": [{"code": "explode"}]}, "operations.0"),
        ("cleanings", {"operations": [{"code": "mirror"}]}, "operations.0"),
        ("cleanings", {"operations": [{"code": "denoise"}, {"code": "strip_markup"}]}, "operations.1"),
        (
            "cleanings",
            {"operations": [{"code": "remove_dark", "parameters": {"threshold": "x"}}]},
            "operations.0",
        ),
        (
            "augmentations",
            {"operations": [{"code": "rotate", "parameters": {"max_degrees": 1000}}]},
            "operations.0",
        ),
    ],
)
def test_what_cannot_be_done_is_refused_before_anything_is_made(
    served: Api, world: World, route: str, body: dict[str, Any], field: str
) -> None:
    key, version = version_of(world)
    status, refused = served.call("POST", f"{version}/{route}", body)
    assert (status, refused["error"]["code"]) == (400, "invalid_request")
    assert refused["error"]["details"]["field"] == field
    assert len(served.ok("GET", f"/datasets/{key.dataset_id}/versions")["items"]) == 1


def test_more_copies_than_a_dataset_takes_are_refused(
    served: Api, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    _key, version = version_of(world)
    monkeypatch.setenv("IMAGES_PER_DATASET", "10")
    order = {"operations": [{"code": "mirror"}], "copies": 3}
    status, refused = served.call("POST", f"{version}/augmentations", order)
    assert (status, refused["error"]["details"]["field"]) == (400, "copies")
    assert served.call("POST", f"{version}/augmentations", {**order, "keep_originals": False})[0] == 202


def test_bodies_that_are_no_orders_are_refused(served: Api, world: World) -> None:
    _key, version = version_of(world)
    bodies: list[dict[str, Any]] = [
        {},
        {"operations": []},
        {"operations": [{"code": "mirror", "surprise": 1}]},
        {"operations": [{"code": "mirror"}], "copies": 0},
        {"operations": [{"code": "mirror"}], "probability": 2},
    ]
    for body in bodies:
        assert served.call("POST", f"{version}/augmentations", body)[0] == 400
        assert served.call("POST", f"{version}/augmentations/previews", {**body, "sample_ids": [1]})[0] == 400


def test_an_empty_version_has_no_jobs(served: Api, world: World) -> None:
    key = world.dataset("empty")
    version = f"/datasets/{key.dataset_id}/versions/1"
    for route in ("quality-reports", "cleanings"):
        body = {"operations": [{"code": "denoise"}]} if route == "cleanings" else {}
        status, refused = served.call("POST", f"{version}/{route}", body)
        assert (status, refused["error"]["code"]) == (409, "data_job_refused")


def test_previews_show_both_sides_and_unknown_samples_are_told(served: Api, world: World) -> None:
    key, version = version_of(world)
    ids = [sample.sample_id for sample in world.all_samples(key)]
    body = {"operations": [{"code": "rotate_90", "parameters": {"angle": "90"}}], "sample_ids": ids[:2]}
    shown = served.ok("POST", f"{version}/augmentations/previews", body)["items"]
    first = shown[0]
    assert [first["after"][0]["height"], first["after"][0]["width"]] == [
        first["before"]["width"],
        first["before"]["height"],
    ]
    assert first["after"][0]["image_url"].startswith("data:image/jpeg;base64,")
    assert first["operations"] == [["rotate_90"]]
    cleaning = {"operations": [{"code": "remove_blurred"}], "sample_ids": ids[:1]}
    assert len(served.ok("POST", f"{version}/cleanings/previews", cleaning)["items"]) == 1
    assert served.call("POST", f"{version}/cleanings/previews", {**cleaning, "sample_ids": [999]})[0] == 404
    assert (
        served.call("POST", f"{version}/cleanings/previews", {**cleaning, "sample_ids": ids[:1] * 5})[0]
        == 400
    )
