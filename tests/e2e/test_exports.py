"""Exports in a deployed installation, with its permissions: followed, downloaded, imported again."""

import urllib.request
import zipfile
from pathlib import Path

import pytest

from openbml_client.client import ProjectClient
from tests.e2e.conftest import Cloud, create_dataset, import_archive, until

pytestmark = pytest.mark.e2e


def test_an_export_is_downloaded_and_imports_again(
    cloud: Cloud, project: ProjectClient, digits: int, tmp_path: Path
) -> None:
    transport = cloud.opened[0]
    exports = f"/v1/datasets/projects/{project.project_id}/datasets/{digits}/versions/1/exports"
    made = transport.call("POST", exports, body={"format": "json"})
    ended = until(
        lambda: transport.call("GET", f"{exports}/{made['export_id']}"),
        lambda row: row["state"] in {"finished", "failed", "cancelled"},
        what="the export",
    )
    assert ended["state"] == "finished", ended
    assert ended["progress"]["done"] == ended["sample_count"] > 0
    path = tmp_path / "again.zip"
    with urllib.request.urlopen(ended["download_url"]) as reply:
        path.write_bytes(reply.read())
    assert zipfile.ZipFile(path).testzip() is None
    again = create_dataset(project, "digits-again")
    assert import_archive(project, again, path)["state"] == "finished"
    labels = [
        transport.call("GET", f"/v1/datasets/projects/{project.project_id}/datasets/{one}/versions/1/labels")
        for one in (digits, again)
    ]
    assert labels[0]["items"] == labels[1]["items"]
