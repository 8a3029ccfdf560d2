"""Downloads go on where they broke, never leave half a file, and never mix two contents."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from openbml_client.downloads import Download, DownloadError

CONTENT = bytes(range(256)) * 8
Answer = Callable[[httpx.Request], httpx.Response]


class Storage:
    """One object; knows ranges, breaks off where it is told to."""

    def __init__(self, content: bytes = CONTENT) -> None:
        self.content = content
        self.breaks_at: list[int] = []
        self.expired: set[str] = set()
        self.ranges: list[str | None] = []
        self.knows_ranges = True

    def answer(self, request: httpx.Request) -> httpx.Response:
        wanted = request.headers.get("Range")
        self.ranges.append(wanted)
        if str(request.url) in self.expired:
            return httpx.Response(403)
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and self.knows_ranges else 0
        if start >= len(self.content):
            return httpx.Response(416)
        end = self.breaks_at.pop(0) if self.breaks_at else len(self.content)
        return httpx.Response(206 if start else 200, content=self.content[start:end])


def download(storage: Storage, target: Path, *, tag: int = 1, urls: list[str] | None = None) -> Download:
    left = urls or []
    return Download(
        lambda: left.pop(0) if left else "http://store.test/x",
        target,
        tag=tag,
        size_bytes=len(storage.content),
        http=httpx.Client(transport=httpx.MockTransport(storage.answer)),
        sleep=lambda _: None,
    )


def test_a_file_arrives_whole_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "out.zip"

    download(Storage(), target).run()

    assert target.read_bytes() == CONTENT
    assert [path.name for path in target.parent.iterdir()] == ["out.zip"]


def test_a_broken_download_goes_on_where_it_broke(tmp_path: Path) -> None:
    storage = Storage()
    storage.breaks_at = [100, 700]

    download(storage, tmp_path / "out.zip").run()

    assert (tmp_path / "out.zip").read_bytes() == CONTENT
    assert storage.ranges == [None, "bytes=100-", "bytes=700-"]


def test_one_that_breaks_too_often_keeps_what_came_for_the_next_run(tmp_path: Path) -> None:
    storage = Storage()
    storage.breaks_at = [10, 20, 30, 40, 50]
    target = tmp_path / "out.zip"
    with pytest.raises(DownloadError, match="50 bytes are here"):
        download(storage, target).run()
    assert not target.exists()

    storage.ranges.clear()
    download(storage, target).run()

    assert target.read_bytes() == CONTENT
    assert storage.ranges == ["bytes=50-"]


def test_rests_of_another_export_are_not_continued(tmp_path: Path) -> None:
    other = Storage(b"other" * 100)
    other.breaks_at = [7] * 5
    with pytest.raises(DownloadError):
        download(other, tmp_path / "out.zip", tag=1).run()

    download(Storage(), tmp_path / "out.zip", tag=2).run()

    assert (tmp_path / "out.zip").read_bytes() == CONTENT


def test_storage_that_knows_no_ranges_is_read_from_the_start(tmp_path: Path) -> None:
    storage = Storage()
    storage.knows_ranges, storage.breaks_at = False, [100]

    download(storage, tmp_path / "out.zip").run()

    assert (tmp_path / "out.zip").read_bytes() == CONTENT


def test_an_expired_address_is_asked_for_again(tmp_path: Path) -> None:
    storage = Storage()
    storage.expired = {"http://store.test/old"}

    download(storage, tmp_path / "out.zip", urls=["http://store.test/old"]).run()

    assert (tmp_path / "out.zip").read_bytes() == CONTENT
