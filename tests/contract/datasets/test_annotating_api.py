"""The routes of annotations, labels, search and bulk operations, as their function serves them."""

from typing import Any

from tests.contract.datasets.conftest import World
from tests.contract.datasets.planting import assert_counts_are_right, classes, planted
from tests.contract.datasets.test_api import Api, served

__all__ = ["served"]


def version_of(world: World, **options: Any) -> tuple[Any, str]:
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
