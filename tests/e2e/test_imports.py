"""Imports of several kinds in a deployed installation: upload, plan, shards, report, copy."""

import csv
import io
from collections.abc import Mapping
from typing import Any

import httpx

from openbml_client.client import ProjectClient
from tests.e2e.conftest import Cloud, until


class Routes:
    """The datasets API of a project, called by its paths."""

    def __init__(self, cloud: Cloud, project: ProjectClient) -> None:
        client = cloud.client()
        self._call = client.transport.call
        self._base = f"/v1/datasets/projects/{project.project_id}"

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        return self._call("POST", f"{self._base}{path}", body=dict(body))

    def get(self, path: str) -> Any:
        return self._call("GET", f"{self._base}{path}")

    def ended(self, path: str) -> Mapping[str, Any]:
        return until(
            lambda: self.get(path),
            lambda row: row["state"] in {"finished", "failed", "cancelled"},
            what="the import",
        )


def text_dataset(routes: Routes, name: str) -> str:
    made = routes.post(
        "/datasets",
        {
            "name": name,
            "data_type": "text",
            "annotation_type": "text_classification",
            "template": "single_label",
        },
    )
    return f"/datasets/{made['dataset_id']}/versions/1"


def uploaded(routes: Routes, version: str, format_code: str, files: Mapping[str, bytes]) -> str:
    announced = [{"name": name, "size_bytes": len(body)} for name, body in files.items()]
    document = routes.post(f"{version}/imports", {"format": format_code, "files": announced})
    completed = []
    for row, body in zip(document["files"], files.values(), strict=True):
        (part,) = row["upload"]["parts"]
        etag = httpx.put(part["url"], content=body).raise_for_status().headers["ETag"]
        completed.append({"file": row["file"], "parts": [{"part_number": 1, "etag": etag}]})
    path = f"{version}/imports/{document['import_id']}"
    routes.post(f"{path}/complete", {"files": completed})
    return path


def test_texts_are_imported_replaced_reported_and_copied(cloud: Cloud, project: ProjectClient) -> None:
    routes = Routes(cloud, project)
    version = text_dataset(routes, "letters of customers")
    files = {
        "march.txt": b"good\tpraise\nbad\tcomplaint\n\n",
        "april.txt": b"good\tpraise\nlate\tcomplaint\n",
    }
    first = routes.ended(uploaded(routes, version, "text_labels", files))
    assert first["state"] == "finished", first
    counts = {name: count for name, count in first["counts"].items() if count}
    assert counts == {"accepted": 3, "duplicate": 1, "skipped": 1}

    path = uploaded(routes, version, "text_labels", {"may.txt": b"good\tcomplaint\nbad\n"})
    second = routes.ended(path)
    assert second["counts"]["replaced"] == 2, second
    labels = {row["name"]: row["sample_count"] for row in routes.get(f"{version}/labels")["items"]}
    assert labels["complaint"] == 2
    report = httpx.get(routes.get(f"{path}/report")["download_url"]).raise_for_status()
    rows = list(csv.DictReader(io.StringIO(report.content.decode("utf-8-sig"))))
    assert [row["reason"] for row in rows] == ["replaced", "replaced"]

    copy = routes.post(f"{version.rsplit('/', 1)[0]}", {"source": {"version_number": 1}})
    made = f"{version.rsplit('/', 1)[0]}/2/imports/{copy['active_import_id']}"
    assert routes.ended(made)["counts"]["accepted"] == 3


def test_an_archive_announced_as_before_is_imported(
    cloud: Cloud, project: ProjectClient, digits: int
) -> None:
    routes = Routes(cloud, project)
    version = f"/datasets/{digits}/versions/1"
    (done,) = routes.get(f"{version}/imports")["items"]
    assert (done["format"], done["annotation_format"], done["counts"]["accepted"]) == ("json", "json", 400)
    assert routes.get(version)["sample_count"] == 400
