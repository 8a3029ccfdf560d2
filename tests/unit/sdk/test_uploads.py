"""Uploads send every part of every file once, resume where they broke, and say how to go on."""

import hashlib
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from openbml_client.uploads import Upload, UploadError

PART = 4


class Store:
    """The API's side of an import and the storage behind it, in memory."""

    def __init__(self, stored: Mapping[tuple[int, int], bytes] | None = None) -> None:
        self.stored = dict(stored or {})
        self.completed: Mapping[int, Sequence[dict[str, Any]]] | None = None
        self.puts: list[tuple[int, int]] = []
        self.failing: set[tuple[int, int]] = set()
        self.expired: set[str] = set()
        self.asked_for_urls = 0
        self._lock = threading.Lock()

    def uploaded_parts(self, import_id: int, *, file: int) -> Sequence[dict[str, Any]]:
        return [
            {"part_number": number, "etag": f'"{etag(content)}"', "size_bytes": len(content)}
            for (place, number), content in self.stored.items()
            if place == file
        ]

    def part_urls(self, import_id: int, part_numbers: Sequence[int], *, file: int) -> Mapping[int, str]:
        with self._lock:
            self.asked_for_urls += 1
            call = self.asked_for_urls
        return {number: f"http://store.test/{file}/{number}?call={call}" for number in part_numbers}

    def complete(self, import_id: int, parts: Mapping[int, Sequence[dict[str, Any]]]) -> dict[str, Any]:
        self.completed = parts
        return {"import_id": import_id, "state": "planning"}

    def answer(self, request: httpx.Request) -> httpx.Response:
        file, number = (int(part) for part in request.url.path[1:].split("/"))
        with self._lock:
            self.puts.append((file, number))
        if str(request.url) in self.expired:
            return httpx.Response(403)
        if (file, number) in self.failing:
            return httpx.Response(500)
        self.stored[file, number] = request.content
        return httpx.Response(200, headers={"ETag": etag(request.content)})

    def content(self, file: int) -> bytes:
        return b"".join(self.stored[key] for key in sorted(self.stored) if key[0] == file)


def etag(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


def announced(*paths: Path) -> dict[str, Any]:
    files = [
        {
            "file": place,
            "name": path.name,
            "size_bytes": path.stat().st_size,
            "upload": {"part_size_bytes": PART, "parts": []},
        }
        for place, path in enumerate(paths)
    ]
    return {"import_id": 9, "state": "uploading", "files": files}


def upload(store: Store, *paths: Path, **settings: Any) -> Upload:
    return Upload(
        store,
        settings.pop("document", announced(*paths)),
        paths,
        http=httpx.Client(transport=httpx.MockTransport(store.answer)),
        sleep=lambda _: None,
        **settings,
    )


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "a.zip"
    path.write_bytes(b"0123456789")
    return path


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "b.txt"
    path.write_bytes(b"abcde")
    return path


def test_all_bytes_of_all_files_arrive_in_order(archive: Path, text: Path) -> None:
    store = Store()
    sizes: list[int] = []

    upload(store, archive, text, progress=sizes.append).run()

    assert (store.content(0), store.content(1)) == (b"0123456789", b"abcde")
    assert sum(sizes) == 15
    assert store.completed is not None
    assert {file: [part["part_number"] for part in parts] for file, parts in store.completed.items()} == {
        0: [1, 2, 3],
        1: [1, 2],
    }


def test_parts_that_are_stored_already_are_not_sent_again(archive: Path, text: Path) -> None:
    store = Store({(0, 1): b"0123", (1, 2): b"e"})

    upload(store, archive, text).run()

    assert sorted(store.puts) == [(0, 2), (0, 3), (1, 1)]
    assert store.content(0) == b"0123456789"


@pytest.mark.parametrize("stored", [b"01", b"9999"], ids=["another size", "other content"])
def test_a_part_that_differs_is_sent_again(archive: Path, stored: bytes) -> None:
    store = Store({(0, 1): stored})

    upload(store, archive).run()

    assert store.stored[0, 1] == b"0123"


def test_of_a_new_import_nobody_is_asked_what_is_stored_and_given_addresses_are_used(archive: Path) -> None:
    document = announced(archive)
    document["files"][0]["upload"]["parts"] = [
        {"part_number": number, "url": f"http://store.test/0/{number}"} for number in (1, 2, 3)
    ]
    store = Store({(0, 1): b"0123"})

    upload(store, archive, document=document, is_new=True).run()

    assert sorted(store.puts) == [(0, 1), (0, 2), (0, 3)]
    assert store.asked_for_urls == 0


def test_an_address_that_has_expired_is_renewed(archive: Path) -> None:
    store = Store()
    store.expired = {"http://store.test/0/2?call=1"}

    upload(store, archive).run()

    assert store.content(0) == b"0123456789"


def test_a_part_that_never_arrives_names_the_way_to_resume(archive: Path) -> None:
    store = Store()
    store.failing = {(0, 2)}

    with pytest.raises(UploadError, match="--resume 9"):
        upload(store, archive).run()

    assert store.completed is None


def test_what_an_interrupted_upload_stored_is_not_sent_by_the_next_one(archive: Path) -> None:
    store = Store()
    store.failing = {(0, 3)}
    with pytest.raises(UploadError):
        upload(store, archive).run()

    store.failing, store.puts = set(), []
    upload(store, archive).run()

    assert store.puts == [(0, 3)]


def test_other_files_than_those_of_the_import_are_refused(archive: Path, text: Path) -> None:
    document = announced(archive)
    archive.write_bytes(b"longer than it was")

    with pytest.raises(UploadError, match="same files"):
        upload(Store(), archive, text, document=document)


def test_an_import_that_is_not_uploading_has_nothing_to_resume(archive: Path) -> None:
    document = announced(archive)
    document["state"], document["files"][0]["upload"] = "finished", None

    with pytest.raises(UploadError, match="is finished"):
        upload(Store(), archive, document=document)
