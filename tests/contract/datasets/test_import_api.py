"""Imports and versions through the routes of the control API, as clients use them."""

import urllib.request
from typing import Any

from openbml.datasets.importing.shards import ShardMessage
from openbml_catalog.datasets import dataset_kinds
from tests.contract.datasets.conftest import World
from tests.contract.datasets.test_api import NEW, Api, served
from tests.fakes.datasets_archives import archive, image_bytes, labelled_pairs

__all__ = ["served"]

VOC = b"""<annotation><object><name>bolt</name><bndbox><xmin>2</xmin><ymin>4</ymin><xmax>20</xmax>
<ymax>30</ymax></bndbox></object></annotation>"""


def made(served: Api, kind: str, name: str = "one", **options: Any) -> str:
    chosen = dataset_kinds()[kind]
    body = {
        "name": name,
        "data_type": chosen.data_type,
        "annotation_type": chosen.annotation_type,
        "template": chosen.template,
        **options,
    }
    return f"/datasets/{served.ok('POST', '/datasets', body)['dataset_id']}/versions/1"


def uploaded(served: Api, version: str, format_code: str, files: dict[str, bytes]) -> str:
    """Announce, send and complete files; return the import's path."""
    announced = [{"name": name, "size_bytes": len(body)} for name, body in files.items()]
    document = served.ok("POST", f"{version}/imports", {"format": format_code, "files": announced})
    path = f"{version}/imports/{document['import_id']}"
    assert document["upload"] == document["files"][0]["upload"]
    completed = []
    for row, body in zip(document["files"], files.values(), strict=True):
        parts = []
        for part in row["upload"]["parts"]:
            request = urllib.request.Request(part["url"], data=body, method="PUT")
            with urllib.request.urlopen(request) as reply:
                parts.append({"part_number": part["part_number"], "etag": reply.headers["ETag"]})
        stored = served.ok("GET", f"{path}/parts", file=str(row["file"]))["items"]
        assert [part["size_bytes"] for part in stored] == [len(body)]
        again = served.ok("POST", f"{path}/part-urls", {"file": row["file"], "part_numbers": [1]})
        assert again["items"][0]["url"]
        completed.append({"file": row["file"], "parts": parts})
    assert served.ok("POST", f"{path}/complete", {"files": completed})["state"] == "planning"
    return path


def carried_out(served: Api, world: World, path: str) -> Any:
    data_import = world.imports.find(world.scope.project_id, int(path.rsplit("/", 1)[1]))
    assert data_import is not None
    world.ended(data_import)
    return served.ok("GET", path)


def test_a_detection_archive_and_texts_go_through_the_routes(served: Api, world: World) -> None:
    version = made(served, "object_detection")
    body = archive([("a.jpg", image_bytes(seed=1)), ("a.xml", VOC)])
    done = carried_out(served, world, uploaded(served, version, "voc", {"a.zip": body}))
    assert (done["state"], done["format"], done["counts"]["accepted"]) == ("finished", "voc", 1)
    assert done["annotation_format"] is None
    assert served.ok("GET", f"{version}/labels")["items"][0]["name"] == "bolt"

    version = made(served, "text_classification", name="two")
    files = {"one.txt": b"good\tpraise\nbad\tcomplaint\n", "two.txt": b"\n" + b"x" * 600 + b"\tpraise\n"}
    path = uploaded(served, version, "text_labels", files)
    assert served.call("GET", f"{path}/report")[1]["error"]["code"] == "import_state"
    done = carried_out(served, world, path)
    assert [row["upload"] for row in done["files"]] == [None, None]
    counts = {name: count for name, count in done["counts"].items() if count}
    assert counts == {"accepted": 3, "skipped": 1, "cut": 1}
    rows = served.ok("GET", f"{path}/problems", severity="cut")["items"]
    assert [(row["file"], row["line"], row["reason"]) for row in rows] == [("two.txt", 2, "text_cut")]
    with urllib.request.urlopen(served.ok("GET", f"{path}/report")["download_url"]) as reply:
        assert len(reply.read().decode("utf-8-sig").splitlines()) == 3


def test_a_version_is_added_copied_described_and_deleted(served: Api, world: World) -> None:
    version = made(served, "image_classification")
    carried_out(served, world, uploaded(served, version, "json", {"a.zip": archive(labelled_pairs(3))}))
    dataset = version.rsplit("/", 2)[0]
    empty = served.ok("POST", f"{dataset}/versions", {"description": "fresh"})
    assert (empty["version_number"], empty["sample_count"], empty["state"]) == (2, 0, "empty")
    copy = served.ok("POST", f"{dataset}/versions", {"source": {"version_number": 1}})
    assert (copy["version_number"], copy["state"]) == (3, "importing")
    done = carried_out(served, world, f"{dataset}/versions/3/imports/{copy['active_import_id']}")
    assert (done["counts"]["accepted"], done["source"]["take"]) == (3, "all")
    labels = served.ok("GET", f"{dataset}/versions/3/labels")["items"]
    assert labels == served.ok("GET", f"{version}/labels")["items"]
    assert served.ok("PATCH", f"{dataset}/versions/2", {"description": "kept"})["version_number"] == 2
    assert served.ok("DELETE", f"{dataset}/versions/2")["state"] == "deleting"
    assert served.ok("POST", f"{dataset}/versions", {"source": {"version_number": 3}})["state"] == "importing"


def test_bodies_that_say_two_things_are_refused(served: Api) -> None:
    version = f"/datasets/{served.ok('POST', '/datasets', NEW)['dataset_id']}/versions/1"
    file = {"name": "a.zip", "size_bytes": 1}
    source = {"dataset_id": 1, "version_number": 1, "take": "all"}
    for body in (
        {},
        {"files": [file]},
        {"filename": "a.zip"},
        {"filename": "a.zip", "size_bytes": 1, "source": source},
        {"format": "json", "files": [file], "source": source},
        {"format": "json", "files": [file] * 2},
        {"format": "voc", "files": [file]},
        {"source": {**source, "take": "half"}},
    ):
        status, reply = served.call("POST", f"{version}/imports", body)
        assert (status, reply["error"]["code"]) == (400, "invalid_request"), body


def test_loose_images_are_listed_for_upload_one_by_one_and_cancelled_together(
    served: Api, world: World
) -> None:
    version = made(served, "image_classification")
    files = [{"name": f"{number}.png", "size_bytes": 10} for number in range(100)]
    document = served.ok("POST", f"{version}/imports", {"format": "images", "files": files})
    assert [len(row["upload"]["parts"]) for row in document["files"]] == [1] * 100
    path = f"{version}/imports/{document['import_id']}"
    assert served.call("GET", f"{path}/parts", file="100")[0] == 400
    assert served.call("POST", f"{path}/complete", {"parts": []})[1]["error"]["code"] == "upload_incomplete"
    assert served.ok("POST", f"{path}/cancel")["state"] == "cancelled"
    assert served.call("GET", f"{path}/parts", file="7")[1]["error"]["code"] == "import_state"


def test_a_copy_is_asked_for_by_a_source(served: Api, world: World) -> None:
    version = made(served, "image_classification")
    carried_out(served, world, uploaded(served, version, "json", {"a.zip": archive(labelled_pairs(3))}))
    dataset_id = int(version.split("/")[2])
    target = made(served, "object_detection", name="boxes")
    source = {"dataset_id": dataset_id, "version_number": 1, "take": "without_annotations"}
    started = served.ok("POST", f"{target}/imports", {"source": source})
    assert (started["state"], started["files"], started["source"]["take"]) == (
        "planning",
        [],
        "without_annotations",
    )
    done = carried_out(served, world, f"{target}/imports/{started['import_id']}")
    assert (done["state"], done["counts"]["accepted"], done["counts"]["unlabelled"]) == ("finished", 3, 3)
    assert all(not isinstance(message, ShardMessage) for message in world.shards.taken())
