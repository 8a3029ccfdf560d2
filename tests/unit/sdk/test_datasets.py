"""Every call of the data service's client is one that the API describes, with bodies that it takes."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from openbml_client import Client
from openbml_client.datasets import DatasetVersion
from openbml_client.datasets.datasets import split_reference
from openbml_client.errors import (
    AccessDeniedError,
    ApiError,
    ApiNotFoundError,
    ConflictError,
    InvalidCallError,
    NotFoundError,
    OverloadedError,
    WaitTimeoutError,
    WorkFailedError,
)
from openbml_client.waiting import wait_until
from tests.fakes.described_api import DescribedApi, UndescribedCallError

REGION = {"label": "car", "box": {"x1": 1.0, "y1": 2.0, "x2": 3.0, "y2": 4.0}}
FILTERS: dict[str, Any] = {
    "label": "car",
    "annotation_state": "labelled",
    "annotation_source": "human",
    "name": "a.jpg",
    "name_prefix": "a",
    "min_size_bytes": 1,
    "max_size_bytes": 9,
    "added_after": datetime(2026, 1, 1, tzinfo=UTC),
    "added_before": "2026-02-01T00:00:00Z",
}
OPERATIONS = [{"code": "rotate", "parameters": {"max_degrees": 5, "fill": "mean"}}]

Calls = dict[str, Callable[[DatasetVersion], Any]]
VERSION_CALLS: Calls = {
    "GET …": lambda v: v.get(),
    "PATCH …": lambda v: v.describe("before cleaning"),
    "DELETE …": lambda v: v.delete(),
    "POST /versions": lambda v: v.copy(description="x"),
    "GET /datasets/{dataset_id}": lambda v: v.dataset(),
    "GET /operators": lambda v: v.operators(),
    "GET /models": lambda v: list(v.models()),
    "GET /imports": lambda v: list(v.imports.list()),
    "GET /imports/{import_id}": lambda v: v.imports.wait(3),
    "POST /imports": lambda v: v.imports.import_version(3, 1, take="labelled", labels=["car"]),
    "POST /imports (catalogue)": lambda v: v.imports.import_catalogue_table(
        "db", "t", settings={"header": "true"}
    ),
    "POST /imports/{import_id}/cancel": lambda v: v.imports.cancel(3),
    "GET /imports/{import_id}/problems": lambda v: list(v.imports.problems(3, severity="rejected")),
    "GET /imports/{import_id}/parts": lambda v: v.imports.uploaded_parts(3, file=1),
    "POST /imports/{import_id}/part-urls": lambda v: v.imports.part_urls(3, [1, 2], file=1),
    "POST /imports/{import_id}/complete": lambda v: v.imports.complete(
        3, {0: [{"part_number": 1, "etag": "e"}], 1: [{"part_number": 1, "etag": "f"}]}
    ),
    "GET /samples": lambda v: list(v.samples.list(**FILTERS, order="-name", annotations=True)),
    "GET /samples (count)": lambda v: v.samples.count(label="car"),
    "GET /samples/{sample_id}": lambda v: v.samples.get(5),
    "DELETE /samples/{sample_id}": lambda v: v.samples.delete(5),
    "GET /next-sample": lambda v: v.samples.next(
        after=5, label="car", annotation_state="labelled", lease=True
    ),
    "DELETE /samples/{sample_id}/lease": lambda v: v.samples.give_back(5),
    "PUT /samples/{sample_id}/annotation": lambda v: v.samples.annotate(
        5, {"regions": [REGION]}, expected_revision=1
    ),
    "POST /samples/{sample_id}/annotation": lambda v: v.samples.append(5, {"labels": ["car"]}),
    "DELETE /samples/{sample_id}/annotation": lambda v: v.samples.clear(5),
    "GET /samples/{sample_id}/history": lambda v: list(v.samples.history(5)),
    "GET /samples/{sample_id}/history/{revision}": lambda v: v.samples.revision(5, 1),
    "POST /samples/{sample_id}/history/{revision}/restore": lambda v: v.samples.restore(5, 1),
    "GET /labels": lambda v: list(v.labels.list(name="c", order="count")),
    "POST /labels": lambda v: v.labels.add("a/b", remark="x", colour="#ff8800", pinned=True),
    "PATCH /labels/{label_name}": lambda v: v.labels.describe("a/b", pinned=False),
    "PATCH /labels/{label_name} (name)": lambda v: v.labels.rename("a/b", "c"),
    "DELETE /labels/{label_name}": lambda v: v.labels.delete("a/b"),
    "POST /label-groups": lambda v: v.labels.add_group(7),
    "POST /operations": lambda v: v.operations.start("set_label", label="car", wanted={"name_prefix": "a"}),
    "GET /operations": lambda v: list(v.operations.list()),
    "GET /operations/{operation_id}": lambda v: v.operations.wait(3),
    "POST /operations/{operation_id}/cancel": lambda v: v.operations.cancel(3),
    "POST /exports": lambda v: v.exports.create(
        "coco", labels=["car"], annotation_state="labelled", storage_type="usrBos", storage_path="s3://b/p"
    ),
    "GET /exports": lambda v: list(v.exports.list()),
    "GET /exports/{export_id}": lambda v: v.exports.wait(3),
    "POST /exports/{export_id}/cancel": lambda v: v.exports.cancel(3),
    "POST /quality-reports": lambda v: v.quality_reports.create(similar_distance=3),
    "GET /quality-reports": lambda v: list(v.quality_reports.list()),
    "GET /quality-reports/{report_id}": lambda v: v.quality_reports.wait(3),
    "GET /quality-reports/{report_id}/document": lambda v: v.quality_reports.document(3),
    "POST /quality-reports/{report_id}/cancel": lambda v: v.quality_reports.cancel(3),
    "POST /cleanings": lambda v: v.cleanings.create(OPERATIONS),
    "POST /cleanings/previews": lambda v: v.cleanings.preview(OPERATIONS, [1, 2]),
    "GET /cleanings": lambda v: list(v.cleanings.list()),
    "GET /cleanings/{job_id}": lambda v: v.cleanings.wait(3),
    "POST /cleanings/{job_id}/cancel": lambda v: v.cleanings.cancel(3),
    "POST /augmentations": lambda v: v.augmentations.create(
        OPERATIONS, copies=2, probability=0.5, seed=1, keep_originals=False, labels=["car"]
    ),
    "POST /augmentations/previews": lambda v: v.augmentations.preview(OPERATIONS, [1], copies=2),
    "GET /augmentations": lambda v: list(v.augmentations.list()),
    "GET /augmentations/{job_id}": lambda v: v.augmentations.get(3),
    "POST /augmentations/{job_id}/cancel": lambda v: v.augmentations.cancel(3),
    "GET /schema": lambda v: v.table.schema(),
    "GET /rows": lambda v: v.table.page(offset=5, limit=10),
}
PROJECT_CALLS: dict[str, Callable[[Client], Any]] = {
    "GET /v1/datasets/kinds": lambda c: c.project().datasets.kinds(),
    "POST /datasets": lambda c: c.project().datasets.create(
        "n", kind="text", deduplicated=False, tag_scheme="IOB", storage_path="s3://b/p"
    ),
    "GET /datasets": lambda c: list(
        c.project().datasets.list(name="n", data_type="image", annotation_type="x")
    ),
    "GET /datasets/{dataset_id}": lambda c: c.project().datasets.get(1),
    "PATCH /datasets/{dataset_id}": lambda c: c.project().datasets.rename(1, "m"),
    "DELETE /datasets/{dataset_id}": lambda c: c.project().datasets.delete(1),
    "GET /versions": lambda c: list(c.project().datasets.versions(1)),
    "POST /versions": lambda c: c.project().datasets.create_version(1, description="x"),
    "GET /label-groups": lambda c: list(c.project().datasets.label_groups.list()),
    "POST /label-groups": lambda c: c.project().datasets.label_groups.create(
        "g", ["a", {"name": "b", "remark": "x"}]
    ),
    "PATCH /label-groups/{group_id}": lambda c: c.project().datasets.label_groups.change(1, labels=["a"]),
    "DELETE /label-groups/{group_id}": lambda c: c.project().datasets.label_groups.delete(1),
    "GET /catalogue-tables": lambda c: c.project().datasets.table_previews.of_catalogue("db", "t"),
}


@pytest.mark.parametrize("route", VERSION_CALLS)
def test_a_call_on_a_version_is_described(route: str, version: DatasetVersion, api: DescribedApi) -> None:
    VERSION_CALLS[route](version)

    method, end = route.split(" ")[:2]
    end = "/versions/{version_number}" if end == "…" else end
    assert any(call.startswith(method) and call.endswith(end) for call in api.calls), api.calls


@pytest.mark.parametrize("route", PROJECT_CALLS)
def test_a_call_on_a_project_is_described(route: str, client: Client, api: DescribedApi) -> None:
    PROJECT_CALLS[route](client)

    method, end = route.split(" ")
    assert any(call.startswith(method) and call.endswith(end) for call in api.calls), api.calls


def test_the_fake_refuses_what_is_not_described(client: Client, version: DatasetVersion) -> None:
    for path, body in (("/v1/datasets/nowhere", None), ("/v1/datasets/projects/1/datasets", {"nam": "x"})):
        with pytest.raises(UndescribedCallError):
            client.transport.call("POST", path, body=body)
    with pytest.raises(UndescribedCallError):
        list(version.samples._pages("/samples", colour="red"))
    with pytest.raises(UndescribedCallError):
        version.operations.start("explode")


def test_a_label_with_a_slash_travels_as_a_query(version: DatasetVersion, api: DescribedApi) -> None:
    seen: list[httpx.URL] = []
    api.say("DELETE /labels/{label_name}", lambda request: seen.append(request.url) or {})

    version.labels.delete("a/b ü")

    assert [url.params["label"] for url in seen] == ["a/b ü"]


def test_without_a_revision_the_one_of_now_is_replaced(version: DatasetVersion, api: DescribedApi) -> None:
    api.say("GET /samples/{sample_id}", {"annotation_revision": 7})

    version.samples.annotate(5, {"labels": ["car"]})

    assert api.bodies[-1]["expected_revision"] == 7


def test_a_conflict_says_who_changed_the_annotation_and_when(
    version: DatasetVersion, api: DescribedApi
) -> None:
    details = {"current_revision": 4, "changed_by": 17, "changed_at": "2026-01-31T10:00:00+00:00"}
    api.say("PUT /annotation", refusal(409, "annotation_conflict", details))

    with pytest.raises(ConflictError) as caught:
        version.samples.annotate(5, {"labels": ["car"]}, expected_revision=1)

    conflict = caught.value
    assert (conflict.current_revision, conflict.changed_by) == (4, 17)
    assert conflict.changed_at == datetime(2026, 1, 31, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, InvalidCallError),
        (422, InvalidCallError),
        (403, AccessDeniedError),
        (404, ApiNotFoundError),
        (404, NotFoundError),
        (409, ConflictError),
        (429, OverloadedError),
        (418, ApiError),
    ],
)
def test_refusals_are_typed(
    status: int, expected: type[Exception], version: DatasetVersion, api: DescribedApi
) -> None:
    api.say("GET /versions/{version_number}", refusal(status, "x", {}))

    with pytest.raises(expected):
        version.get()


def refusal(status: int, code: str, details: dict[str, Any]) -> httpx.Response:
    error = {"code": code, "message": "no", "details": details, "request_id": "r"}
    return httpx.Response(status, json={"error": error})


@pytest.mark.parametrize("state", ["failed", "cancelled"])
def test_work_that_ended_badly_is_an_error_that_carries_it(
    state: str, version: DatasetVersion, api: DescribedApi
) -> None:
    api.say("GET /imports/{import_id}", {"state": state, "failure": None})

    with pytest.raises(WorkFailedError) as caught:
        version.imports.wait(3)

    assert caught.value.document is not None
    assert caught.value.document["state"] == state


def test_a_cleaning_is_done_when_its_new_version_is_filled(
    version: DatasetVersion, api: DescribedApi
) -> None:
    paths: list[str] = []
    api.say("GET /imports/{import_id}", lambda request: paths.append(request.url.path) or {})
    api.say("GET /cleanings/{job_id}", {"target_version_number": 9})

    version.cleanings.wait(3)

    assert paths == ["/v1/datasets/projects/1/datasets/1/versions/9/imports/3"]


def test_waiting_shows_every_look_and_ends_at_its_time_limit() -> None:
    seconds = iter(range(100))
    shown: list[Any] = []

    with pytest.raises(WaitTimeoutError, match="goes on"):
        wait_until(
            lambda: {"state": "running"},
            {"finished"},
            show=shown.append,
            timeout_s=3,
            sleep=lambda _: None,
            clock=lambda: float(next(seconds)),
        )

    assert len(shown) == 3


def test_a_number_is_an_id_first_and_a_name_else(client: Client, api: DescribedApi) -> None:
    datasets = client.project().datasets
    assert datasets.find(12)["dataset_id"] == 1  # as the example says
    assert api.calls[-1].endswith("/datasets/{dataset_id}")

    api.say("GET /datasets/{dataset_id}", refusal(404, "dataset_not_found", {}))
    api.say("GET /projects/{project_id}/datasets", {"items": [{"dataset_id": 5, "name": "12"}]})

    assert datasets.find("12")["dataset_id"] == 5
    with pytest.raises(NotFoundError, match="no dataset '13'"):
        datasets.find("13")


def test_rows_are_read_page_by_page_up_to_the_limit(version: DatasetVersion, api: DescribedApi) -> None:
    columns = [{"name": "a", "raw_name": "a", "type": "bigint"}]

    def page(request: httpx.Request) -> Any:
        offset, limit = int(request.url.params["offset"]), int(request.url.params["limit"])
        return {
            "columns": columns,
            "rows": [[offset + n] for n in range(min(limit, 2))],
            "next_offset": offset + 2,
        }

    api.say("GET /rows", page)

    assert [row["a"] for row in version.table.rows(offset=1, limit=5)] == [1, 2, 3, 4, 5]


def test_a_preview_sends_the_beginning_of_a_file_and_says_whether_it_is_all(
    client: Client, api: DescribedApi, tmp_path: Path
) -> None:
    small, large = tmp_path / "s.csv", tmp_path / "l.csv"
    small.write_bytes(b"a,b\n")
    large.write_bytes(b"x" * (1024 * 1024 + 1))

    for path in (small, large):
        client.project().datasets.table_previews.of_file(path, table={"header": "true"})

    assert [(len(body["data"]), body["whole"]) for body in api.bodies if body] == [
        (8, True),
        (1398104, False),
    ]


@pytest.mark.parametrize(
    ("reference", "expected"),
    [("a", ("a", None)), ("a:V2", ("a", 2)), ("a:b:3", ("a:b", 3)), ("a:b", ("a:b", None)), (7, (7, None))],
)
def test_references_name_a_dataset_and_perhaps_a_version(reference: Any, expected: Any) -> None:
    assert split_reference(reference) == expected
