"""The routes of annotations, labels, search and bulk operations, as their function serves them."""

from typing import Any
from urllib.parse import quote

import pytest

from openbml.datasets import api_access
from openbml.datasets.annotating.bulk_operations import OperationMessage
from openbml.datasets.datasets import VersionKey
from openbml_formats.annotations import Annotation
from tests.contract.datasets.conftest import World
from tests.contract.datasets.planting import assert_counts_are_right, classes, planted
from tests.contract.datasets.test_annotating_operations import worked
from tests.contract.datasets.test_api import Api, FakeAuthorizer, served

__all__ = ["served"]


def version_of(world: World, **options: Any) -> tuple[VersionKey, str]:
    key = world.dataset(**options)
    return key, f"/datasets/{key.dataset_id}/versions/{key.version_number}"


def test_an_annotation_is_replaced_by_the_first_and_the_second_is_told(served: Api, world: World) -> None:
    key, version = version_of(world)
    sample_id = planted(world, key, 2)[0].sample_id
    path = f"{version}/samples/{sample_id}/annotation"
    body = {"annotation": {"labels": ["cat"]}, "expected_revision": 1}
    done = served.ok("PUT", path, body)
    assert (done["annotation_revision"], done["annotated_by"], done["annotation_source"]) == (2, 7, "human")
    assert done["annotation"]["labels"] == ["cat"]
    status, refused = served.call("PUT", path, body)
    assert (status, refused["error"]["code"]) == (409, "annotation_conflict")
    assert refused["error"]["details"]["current_revision"] == 2
    assert refused["error"]["details"]["changed_by"] == 7
    version_now = served.ok("GET", version)
    assert (version_now["labelled_count"], version_now["unlabelled_count"]) == (1, 1)
    labels = served.ok("GET", f"{version}/labels")["items"]
    assert [(row["name"], row["sample_count"]) for row in labels] == [("cat", 1)]
    cleared = served.ok("DELETE", path, expected_revision="2")
    assert (cleared["annotation_revision"], cleared["label_counts"]) == (3, {})
    assert_counts_are_right(world, key, "label/cat")


def test_annotations_that_break_the_rules_of_the_kind_are_refused(served: Api, world: World) -> None:
    key, version = version_of(world)
    sample_id = planted(world, key, 1, lambda _place: classes("dog"))[0].sample_id
    path = f"{version}/samples/{sample_id}/annotation"

    def answered(annotation: dict[str, Any], **more: Any) -> tuple[int, str]:
        body = {"annotation": annotation, "expected_revision": 1, **more}
        status, reply = served.call("PUT", path, body)
        return status, reply["error"]["code"]

    assert answered({"labels": ["a", "b"]}) == (400, "invalid_annotation")
    assert answered({"labels": ["not a name"]}) == (400, "invalid_annotation")
    assert answered({"spans": [{"label": "a", "start": 0, "end": 1, "text": "x"}]}) == (
        400,
        "invalid_annotation",
    )
    assert answered({"labels": ["new"]}, create_labels=False) == (404, "label_not_found")
    assert answered({"surprise": 1}, surprise=2) == (400, "invalid_request")
    assert_counts_are_right(world, key)


def test_a_revision_is_listed_shown_and_taken_back(served: Api, world: World) -> None:
    key, version = version_of(world)
    sample_id = planted(world, key, 1, lambda _place: classes("old"))[0].sample_id
    sample = f"{version}/samples/{sample_id}"
    served.ok("PUT", f"{sample}/annotation", {"annotation": {"labels": ["new"]}, "expected_revision": 1})
    first = served.ok("GET", f"{sample}/history", limit="1")
    rest = served.ok("GET", f"{sample}/history", limit="1", cursor=first["next_cursor"])
    rows = first["items"] + rest["items"]
    assert [(row["revision"], row["annotation_source"]) for row in rows] == [(2, "human"), (1, "imported")]
    assert rest["next_cursor"] is None
    assert served.ok("GET", f"{sample}/history/1")["annotation"]["labels"] == ["old"]
    restored = served.ok("POST", f"{sample}/history/1/restore", {"expected_revision": 2})
    assert (restored["annotation_revision"], restored["annotation"]["labels"]) == (3, ["old"])
    status, refused = served.call("POST", f"{sample}/history/9/restore", {"expected_revision": 3})
    assert (status, refused["error"]["code"]) == (404, "revision_not_found")
    status, refused = served.call("POST", f"{sample}/history/2/restore", {"expected_revision": 2})
    assert (status, refused["error"]["code"]) == (409, "annotation_conflict")


def test_samples_are_listed_by_filters_order_and_place(served: Api, world: World) -> None:
    key, version = version_of(world)
    planted(world, key, 30, lambda place: classes("a") if place % 2 else Annotation(), chunk_size=8)
    page = served.ok("GET", f"{version}/samples", label="a", name="0000", limit="3", order="-name")
    assert page["total"] == 15
    assert [row["name"][-6:] for row in page["items"]] == ["29.jpg", "27.jpg", "25.jpg"]
    row = page["items"][0]
    assert row["labels"] == [{"name": "a"}]
    assert (row["annotation_source"], row["annotation_revision"], row["annotation"]) == ("imported", 1, None)
    assert row["thumbnail_url"].startswith("http")
    following = served.ok(
        "GET",
        f"{version}/samples",
        label="a",
        name="0000",
        limit="3",
        order="-name",
        cursor=page["next_cursor"],
    )
    assert following["items"][0]["name"][-6:] == "23.jpg"
    jumped = served.ok("GET", f"{version}/samples", offset="28", limit="5", include="annotation")
    assert [row["name"][-6:] for row in jumped["items"]] == ["28.jpg", "29.jpg"]
    assert jumped["items"][1]["annotation"]["labels"] == ["a"]
    for query, code in (
        ({"cursor": page["next_cursor"]}, "invalid_cursor"),
        ({"offset": "1", "cursor": page["next_cursor"]}, "invalid_request"),
        ({"label": "a", "annotation_state": "unlabelled"}, "invalid_request"),
        ({"order": "colour"}, "invalid_request"),
    ):
        assert served.call("GET", f"{version}/samples", **query)[1]["error"]["code"] == code
    feed = served.ok("GET", f"{version}/next-sample", lease="true")["sample"]
    assert feed["labelled"] is False
    nearby = served.ok("GET", f"{version}/next-sample", after=str(feed["sample_id"]))["sample"]
    assert nearby["sample_id"] == feed["sample_id"] + 2
    assert served.call_status("DELETE", f"{version}/samples/{feed['sample_id']}/lease") == 204


def test_texts_have_no_file_to_show(served: Api, world: World) -> None:
    key, version = version_of(world, kind="text_classification", deduplicated=True)
    sample_id = planted(world, key, 1, texts=("Grüße",), extension="", width=0, height=0)[0].sample_id
    row = served.ok("GET", f"{version}/samples/{sample_id}")
    assert (row["texts"], row["content_url"], row["thumbnail_url"]) == (["Grüße"], None, None)
    body = {"annotation": {"labels": ["Sport / Kultur"]}, "expected_revision": 1}
    assert served.ok("PUT", f"{version}/samples/{sample_id}/annotation", body)["label_counts"] == {
        "Sport / Kultur": 1
    }
    path = f"{version}/labels/-"
    assert served.ok("PATCH", path, {"remark": "both"}, label="Sport / Kultur")["label"]["remark"] == "both"


def test_labels_are_made_pinned_sorted_renamed_and_deleted(served: Api, world: World) -> None:
    key, version = version_of(world)
    planted(world, key, 5, lambda place: classes("many" if place else "few"))
    made = served.ok("POST", f"{version}/labels", {"name": "none", "colour": "#00ff7f", "remark": "later"})
    assert (made["sample_count"], made["colour"], made["pinned"]) == (0, "#00ff7f", False)
    assert served.call("POST", f"{version}/labels", {"name": "none"})[1]["error"]["code"] == "label_taken"
    assert served.call("POST", f"{version}/labels", {"name": "a b"})[1]["error"]["code"] == "invalid_request"
    served.ok("PATCH", f"{version}/labels/none", {"pinned": True})
    first = served.ok("GET", f"{version}/labels", order="count", limit="2")
    rest = served.ok("GET", f"{version}/labels", order="count", limit="2", cursor=first["next_cursor"])
    assert [row["name"] for row in first["items"] + rest["items"]] == ["none", "many", "few"]
    assert served.call("PATCH", f"{version}/labels/gone", {"pinned": True})[0] == 404
    renamed = served.ok("PATCH", f"{version}/labels/many", {"name": "lots"})
    assert renamed["label"]["operation_id"] == renamed["operation"]["operation_id"]
    assert finished(served, world, key, version, renamed["operation"]) == {"matched": 4, "changed": 4}
    deleted = served.ok("DELETE", f"{version}/labels/{quote('few')}")
    assert finished(served, world, key, version, deleted["operation"]) == {"matched": 1, "changed": 1}
    names = [row["name"] for row in served.ok("GET", f"{version}/labels")["items"]]
    assert names == ["none", "lots"]
    assert_counts_are_right(world, key, "label/many", "label/few")


def finished(
    served: Api, world: World, key: VersionKey, version: str, operation: dict[str, Any]
) -> dict[str, int]:
    """Work on an operation that the routes have started, and return its counts."""
    operation_id = operation["operation_id"]
    worked(world, OperationMessage(version_key=key, operation_id=operation_id))
    for message in world.bulk.taken():
        assert isinstance(message, OperationMessage)
        worked(world, message)
    done = served.ok("GET", f"{version}/operations/{operation_id}")
    assert done["state"] == "finished"
    return {name: done[name] for name in ("matched", "changed")}


def test_operations_are_started_listed_and_cancelled(served: Api, world: World) -> None:
    key, version = version_of(world)
    planted(world, key, 6)
    body = {"filter": {"annotation_state": "unlabelled"}, "action": {"kind": "set_label", "label": "x"}}
    operation = served.ok("POST", f"{version}/operations", body)
    assert (operation["state"], operation["filter"]["annotation_state"]) == ("planning", "unlabelled")
    status, refused = served.call("POST", f"{version}/operations", body)
    assert (status, refused["error"]["code"]) == (409, "operation_running")
    cancelled = served.ok("POST", f"{version}/operations/{operation['operation_id']}/cancel")
    assert cancelled["state"] == "cancelled"
    again = served.ok("POST", f"{version}/operations", body)
    assert finished(served, world, key, version, again) == {"matched": 6, "changed": 6}
    listed = served.ok("GET", f"{version}/operations")["items"]
    assert [row["state"] for row in listed] == ["finished", "cancelled"]
    wrong = {"action": {"kind": "set_label", "label": "x", "more": 1}}
    assert served.call("POST", f"{version}/operations", wrong)[1]["error"]["code"] == "invalid_request"
    assert_counts_are_right(world, key, "label/x")


def test_one_sample_is_deleted(served: Api, world: World) -> None:
    key, version = version_of(world)
    sample_id = planted(world, key, 2, lambda _place: classes("a"))[0].sample_id
    assert served.call_status("DELETE", f"{version}/samples/{sample_id}") == 204
    assert served.call("DELETE", f"{version}/samples/{sample_id}")[0] == 404
    assert served.ok("GET", f"{version}/samples")["total"] == 1
    assert_counts_are_right(world, key)


def test_label_groups_are_kept_and_put_into_versions(served: Api, world: World) -> None:
    _key, version = version_of(world)
    body = {"name": "Road", "labels": [{"name": "car", "colour": "#ff0000"}, {"name": "bus"}]}
    group = served.ok("POST", "/label-groups", body)
    path = f"/label-groups/{group['group_id']}"
    assert served.call("POST", "/label-groups", body)[1]["error"]["code"] == "label_group_taken"
    served.ok("POST", f"{version}/labels", {"name": "bus"})
    created = served.ok("POST", f"{version}/label-groups", {"group_id": group["group_id"]})
    assert created["created"] == ["car"]
    assert served.ok("GET", f"{version}/labels", name="CAR")["items"][0]["colour"] == "#ff0000"
    changed = served.ok("PATCH", path, {"name": "Street", "labels": [{"name": "no good"}]})
    assert (changed["name"], len(changed["labels"])) == ("Street", 1)
    refused = served.call("POST", f"{version}/label-groups", {"group_id": group["group_id"]})
    assert refused[1]["error"]["code"] == "invalid_request"
    assert served.ok("POST", "/label-groups", {"name": "Road"})["labels"] == []
    assert [row["name"] for row in served.ok("GET", "/label-groups")["items"]] == ["Street", "Road"]
    twice = {"name": "Twice", "labels": [{"name": "a"}, {"name": "a"}]}
    assert served.call("POST", "/label-groups", twice)[1]["error"]["code"] == "invalid_request"
    assert served.call_status("DELETE", path) == 204
    assert served.call("GET", path)[1]["error"]["code"] == "label_group_not_found"


@pytest.mark.parametrize("kind", ["sequence_labelling", "table"])
def test_kinds_without_online_annotation_say_so(served: Api, world: World, kind: str) -> None:
    more = {"tag_scheme": "IOB", "deduplicated": True} if kind == "sequence_labelling" else {}
    _key, version = version_of(world, kind=kind, **more)
    body = {"annotation": {}, "expected_revision": 1}
    refused = served.call("PUT", f"{version}/samples/5/annotation", body)
    assert refused[1]["error"]["code"] == "no_online_annotation"
    assert (
        served.call("POST", f"{version}/labels", {"name": "a"})[1]["error"]["code"] == "no_online_annotation"
    )


def test_each_route_asks_for_its_permission(
    served: Api, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, version = version_of(world)
    sample = f"{version}/samples/{planted(world, key, 1)[0].sample_id}"
    revision = {"expected_revision": 1}
    clear = {"action": {"kind": "clear_annotations"}}
    routes: list[tuple[str, str, Any, dict[str, str], str]] = [
        ("GET", f"{version}/samples", None, {}, "read"),
        ("GET", sample, None, {}, "read"),
        ("GET", f"{sample}/history", None, {}, "read"),
        ("GET", f"{version}/next-sample", None, {}, "read"),
        ("GET", f"{version}/labels", None, {}, "read"),
        ("GET", f"{version}/operations", None, {}, "read"),
        ("GET", "/label-groups", None, {}, "read"),
        ("PUT", f"{sample}/annotation", {"annotation": {}, **revision}, {}, "write"),
        ("POST", f"{sample}/annotation", {"annotation": {}}, {}, "write"),
        ("DELETE", f"{sample}/annotation", None, {"expected_revision": "1"}, "write"),
        ("POST", f"{sample}/history/1/restore", revision, {}, "write"),
        ("GET", f"{version}/next-sample", None, {"lease": "true"}, "write"),
        ("DELETE", f"{sample}/lease", None, {}, "write"),
        ("POST", f"{version}/labels", {"name": "a"}, {}, "write"),
        ("PATCH", f"{version}/labels/a", {"pinned": True}, {}, "write"),
        ("DELETE", f"{version}/labels/a", None, {}, "write"),
        ("POST", f"{version}/label-groups", {"group_id": 1}, {}, "write"),
        ("POST", "/label-groups", {"name": "a"}, {}, "write"),
        ("PATCH", "/label-groups/1", {"name": "a"}, {}, "write"),
        ("DELETE", "/label-groups/1", None, {}, "write"),
        ("POST", f"{version}/operations", clear, {}, "write"),
        ("POST", f"{version}/operations/1/cancel", None, {}, "write"),
        ("POST", f"{version}/operations", {"action": {"kind": "delete_samples"}}, {}, "manage"),
        ("DELETE", sample, None, {}, "manage"),
    ]
    levels = ["read", "write", "manage"]
    for method, path, body, query, level in routes:
        below = [f"datasets.{name}" for name in levels[: levels.index(level)]]
        weaker = FakeAuthorizer(world.scope, *below)
        monkeypatch.setattr(api_access, "authorizer", lambda weaker=weaker: weaker)
        assert served.call(method, path, body, **query)[0] == 403, (method, path)


def test_a_page_of_large_annotations_is_shorter_and_goes_on(served: Api, world: World) -> None:
    key, version = version_of(world, kind="object_detection")
    box = {"x1": 0.123456789, "y1": 0.123456789, "x2": 5.5, "y2": 9.987654321}
    large = Annotation.model_validate({"regions": [{"label": "a", "box": box}] * 4_000})
    samples = planted(world, key, 9, lambda _place: large)
    shown, cursor, pages = [], None, 0
    while pages == 0 or cursor:
        query = {"cursor": cursor} if cursor else {}
        page = served.ok("GET", f"{version}/samples", include="annotation", limit="200", **query)
        shown += [row["sample_id"] for row in page["items"]]
        cursor, pages = page["next_cursor"], pages + 1
    assert shown == [row.sample_id for row in samples]
    assert 1 < pages < 9


RING = [[10, 10], [50, 10], [50, 50], [10, 50]]
FORMS: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, int]]] = [
    ("image_classification_multi_label", {"labels": ["a", "b"]}, {"labels": ["a", "c d"]}, {"a": 1, "b": 1}),
    (
        "object_detection",
        {"regions": [{"label": "a", "box": {"x1": 1, "y1": 1, "x2": 9, "y2": 9}}] * 2},
        {"regions": [{"label": "a", "box": {"x1": 9, "y1": 9, "x2": 1, "y2": 1}}]},
        {"a": 2},
    ),
    (
        "instance_segmentation",
        {
            "regions": [
                {"label": "a", "polygons": [RING]},
                {"label": "b", "mask": {"width": 640, "height": 480, "counts": [0, 307200]}},
            ]
        },
        {"regions": [{"label": "a", "polygons": [[[1, 1], [2, 2]]]}]},
        {"a": 1, "b": 1},
    ),
    ("ocr", {"regions": [{"polygons": [RING], "text": "Straße"}]}, {"labels": ["a"]}, {}),
    ("short_text_matching", {"labels": ["1"]}, {"labels": ["2"]}, {"1": 1}),
    (
        "entity_extraction",
        {"spans": [{"label": "City", "start": 0, "end": 4, "text": "Rome"}]},
        {"spans": [{"label": "City", "start": 0, "end": 4, "text": "Roma"}]},
        {"City": 1},
    ),
    ("audio_classification", {"labels": ["a"]}, {"labels": ["a", "b"]}, {"a": 1}),
]


@pytest.mark.parametrize(("kind", "right", "wrong", "counts"), FORMS, ids=[form[0] for form in FORMS])
def test_each_form_of_annotation_is_taken_and_its_faults_are_told(
    served: Api,
    world: World,
    kind: str,
    right: dict[str, Any],
    wrong: dict[str, Any],
    counts: dict[str, int],
) -> None:
    texts = {"short_text_matching": ("Rome", "Roma"), "entity_extraction": ("Rome is old.",)}.get(kind, ())
    key, version = version_of(world, kind=kind, **({"deduplicated": True} if texts else {}))
    path = f"{version}/samples/{planted(world, key, 1, texts=texts)[0].sample_id}/annotation"
    refused = served.call("PUT", path, {"annotation": wrong, "expected_revision": 1})
    assert (refused[0], refused[1]["error"]["code"]) == (400, "invalid_annotation")
    done = served.ok("PUT", path, {"annotation": right, "expected_revision": 1})
    assert (done["label_counts"], done["annotation_revision"]) == (counts, 2)
    cleared = served.ok("DELETE", path, expected_revision="2")
    assert cleared["label_counts"] == {}
    again = served.ok("POST", path, {"annotation": right})
    assert (again["annotation"], again["annotation_revision"]) == (done["annotation"], 4)
    assert_counts_are_right(world, key, *(f"label/{name}" for name in counts))
