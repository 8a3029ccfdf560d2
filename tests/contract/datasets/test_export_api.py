"""The routes of exports, up to the queue that starts them."""

import importlib.util
from collections.abc import Iterator
from typing import Any

import pytest

from openbml.compute import wiring as compute_wiring
from openbml.core.clock import utc_now
from openbml.datasets import api_access
from openbml.datasets.jobs.data_jobs import DataJobState, SampleSelection
from openbml.datasets.jobs.data_jobs_dynamodb import DynamoDataJobRepository
from openbml_formats.export_jobs import ExportResult
from tests.contract.datasets.conftest import World
from tests.contract.datasets.test_api import CACHED, HANDLER, Api, FakeAuthorizer
from tests.contract.emulator import client, make_table
from tests.fakes.datasets_archives import archive, labelled_pairs

pytestmark = pytest.mark.contract
_CACHED = [*CACHED, *(value for value in vars(compute_wiring).values() if hasattr(value, "cache_clear"))]
ROLE = "arn:aws:iam::000000000000:role/any"


@pytest.fixture
def held() -> list[str]:
    return ["datasets.read", "datasets.manage"]


@pytest.fixture
def served(world: World, held: list[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    secret = client("secretsmanager", world.url).create_secret(Name=world.table.name, SecretString="k" * 32)
    queue = client("sqs", world.url).create_queue(QueueName=world.table.name)
    environment = {
        "AWS_ENDPOINT_URL": world.url,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "STAGE": "dev",
        "CURSOR_SECRET_ARN": secret["ARN"],
        "EVENT_BUS_NAME": "default",
        "DATASETS_TABLE_NAME": world.table.name,
        "COMPUTE_TABLE_NAME": make_table(world.url, "compute").name,
        "DATA_BUCKET_NAME": world.data._bucket,
        "UPLOADS_BUCKET_NAME": world.archives._bucket,
        "DATA_JOBS_QUEUE_URL": queue["QueueUrl"],
        "IMAGE_REPOSITORY_PREFIX": "localhost/openbml",
        "IMAGE_TAG": "1",
        "TRAINING_ROLE_ARN": ROLE,
        "HOSTING_ROLE_ARN": ROLE,
        "DATA_JOB_ROLE_ARN": ROLE,
        "SEARCH_ROLE_ARN": ROLE,
        "POWERTOOLS_TRACE_DISABLED": "true",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(api_access, "authorizer", lambda: FakeAuthorizer(world.scope, *held))
    for function in _CACHED:
        function.cache_clear()
    specification = importlib.util.spec_from_file_location("serve_datasets_api_handler", HANDLER)
    assert specification is not None
    assert specification.loader is not None
    handler = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(handler)
    yield Api(handler, world.scope.project_id)
    for function in _CACHED:
        function.cache_clear()


@pytest.fixture
def exports(world: World) -> str:
    """The path of a version's exports."""
    key = world.dataset()
    world.imported(key, archive(labelled_pairs(4)))
    return f"/datasets/{key.dataset_id}/versions/1/exports"


def test_an_export_is_queued_shown_listed_and_cancelled(served: Api, world: World, exports: str) -> None:
    made = served.ok("POST", exports, {"format": "json", "labels": ["cat"]})
    assert (made["state"], made["labels"], made["download_url"]) == ("preparing", ["cat"], None)
    assert made["storage_type"] == "sysBos"
    queue = client("sqs", world.url)
    url = queue.get_queue_url(QueueName=world.table.name)["QueueUrl"]
    (message,) = queue.receive_message(QueueUrl=url)["Messages"]
    assert str(made["export_id"]) in message["Body"]
    path = f"{exports}/{made['export_id']}"
    assert served.ok("GET", path) == made
    assert served.ok("GET", exports)["items"] == [made]
    assert served.ok("POST", f"{path}/cancel")["state"] == "cancelled"
    assert served.ok("POST", f"{path}/cancel")["state"] == "cancelled"


def test_a_finished_export_has_a_fresh_address_for_an_hour(served: Api, world: World, exports: str) -> None:
    made = served.ok("POST", exports, {"format": "json"})
    jobs = DynamoDataJobRepository(world.table)
    job = jobs.find(made["export_id"])
    assert job is not None
    assert job.selection == SampleSelection()
    result = ExportResult(bucket="b", key="k", size_bytes=3 * 1024 * 1024, sample_count=4)
    jobs.save(job.finished(result.model_dump(), utc_now()))
    shown = served.ok("GET", f"{exports}/{made['export_id']}")
    assert (shown["state"], shown["size_MB"], shown["sample_count"]) == ("finished", 3.0, 4)
    assert "X-Amz-Expires=3600" in shown["download_url"]
    assert job.state is DataJobState.PREPARING


THEIRS = {"format": "json", "storage_type": "usrBos"}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"format": "voc"},
        {"format": "nonsense"},
        {"format": "json", "labels": []},
        {"format": "json", "labels": ["a"], "annotation_state": "unlabelled"},
        {"format": "json", "storage_path": "s3://bucket/"},
        THEIRS,
        {**THEIRS, "storage_path": "/etc"},
        {**THEIRS, "storage_path": "s3://bucket/../x/"},
    ],
)
def test_what_cannot_be_exported_is_refused(served: Api, exports: str, body: Any) -> None:
    status, reply = served.call("POST", exports, body)
    assert (status, reply["error"]["code"]) == (400, "invalid_request"), reply


def test_an_empty_or_unknown_version_is_refused(served: Api, world: World) -> None:
    key = world.dataset("empty")
    path = f"/datasets/{key.dataset_id}/versions"
    assert served.call("POST", f"{path}/1/exports", {"format": "json"})[0] == 409
    assert served.call("POST", f"{path}/9/exports", {"format": "json"})[0] == 404
    assert served.call("GET", f"{path}/9/exports")[0] == 404
    assert served.call("GET", f"{path}/1/exports/77")[1]["error"]["code"] == "data_job_not_found"
    assert served.call("POST", f"{path}/1/exports/77/cancel")[0] == 404


def test_exports_of_one_second_have_names_of_their_own(served: Api, exports: str) -> None:
    made = [served.ok("POST", exports, {**THEIRS, "storage_path": "s3://bucket/x/"}) for _ in range(4)]
    assert len({one["storage_path"] for one in made}) == 4


def test_more_open_jobs_than_a_version_may_have_are_refused(served: Api, exports: str) -> None:
    told = [served.call("POST", exports, {"format": "json"})[0] for _ in range(11)]
    assert told == [202] * 10 + [409]


def test_exporting_takes_the_right_to_manage(served: Api, exports: str, held: list[str]) -> None:
    held.remove("datasets.manage")
    assert served.call("POST", exports, {"format": "json"})[0] == 403
    assert served.ok("GET", exports)["items"] == []
