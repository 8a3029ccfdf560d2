"""Uploads send every part once, resume where they broke, and say how to go on."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from openbml_client.client import Datasets
from openbml_client.uploads import ArchiveUpload, UploadError

PART = 4


class Store(Datasets):
    """The API's side of an import, in memory."""

    def __init__(self, stored: dict[int, bytes] | None = None) -> None:
        self.stored = stored or {}
        self.completed: list[dict[str, Any]] | None = None
        self.puts: list[int] = []
        self.failing: set[int] = set()

    def uploaded_parts(self, dataset_id: int, version_number: int, import_id: int) -> dict[str, Any]:
        items = [
            {"part_number": number, "etag": f"e{number}", "size_bytes": len(content)}
            for number, content in self.stored.items()
        ]
        return {"items": items}

    def part_urls(self, dataset_id: int, version_number: int, import_id: int, part_numbers: Any) -> Any:
        return {"items": [{"part_number": n, "url": f"http://store.test/{n}"} for n in part_numbers]}

    def complete_import(self, dataset_id: int, version_number: int, import_id: int, parts: Any) -> Any:
        self.completed = list(parts)
        return {"import_id": import_id, "state": "planning"}

    def answer(self, request: httpx.Request) -> httpx.Response:
        number = int(request.url.path[1:])
        self.puts.append(number)
        if number in self.failing:
            return httpx.Response(500)
        self.stored[number] = request.content
        return httpx.Response(200, headers={"ETag": f"e{number}"})


def upload(store: Store, path: Path) -> ArchiveUpload:
    return ArchiveUpload(
        store,
        dataset_id=1,
        version_number=1,
        document={"import_id": 9, "upload": {"part_size_bytes": PART}},
        path=path,
        http=httpx.Client(transport=httpx.MockTransport(store.answer)),
        sleep=lambda _: None,
    )


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "a.zip"
    path.write_bytes(b"0123456789")
    return path


def test_all_bytes_arrive_in_order(archive: Path) -> None:
    store = Store()

    upload(store, archive).run()

    assert b"".join(store.stored[n] for n in sorted(store.stored)) == b"0123456789"
    assert store.completed == [{"part_number": n, "etag": f"e{n}"} for n in (1, 2, 3)]


def test_parts_that_are_stored_already_are_not_sent_again(archive: Path) -> None:
    store = Store({1: b"0123"})

    upload(store, archive).run()

    assert sorted(store.puts) == [2, 3]


def test_a_part_of_the_wrong_size_is_sent_again(archive: Path) -> None:
    store = Store({1: b"01"})

    upload(store, archive).run()

    assert store.stored[1] == b"0123"


def test_a_part_that_never_arrives_names_the_way_to_resume(archive: Path) -> None:
    store = Store()
    store.failing = {2}

    with pytest.raises(UploadError, match="--resume 9"):
        upload(store, archive).run()

    assert store.completed is None
