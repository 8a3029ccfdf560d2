"""The cache of objects that jobs read."""

import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sagemaker_local.inputs.channel_objects import ChannelError, ChannelObject, channel_objects
from sagemaker_local.inputs.channels import cached_copy, cached_link, fill_channel, fill_folder
from sagemaker_local.inputs.object_cache import ObjectCache, StoredObject
from sagemaker_local.storage.objects_s3 import (
    Cancelled,
    ObjectInfo,
    ObjectStoreError,
    ObjectStoreUnavailable,
    S3Objects,
    S3Uri,
)

NEVER = threading.Event()


class FakeStore:
    """Counts what it sends; an outage comes after so many bytes, once."""

    def __init__(self, objects: dict[str, bytes], *, outage_after: int | None = None) -> None:
        self.objects = objects
        self.requests: list[tuple[str, int]] = []
        self._outage_after = outage_after
        self._lock = threading.Lock()

    def list(self, prefix: S3Uri) -> list[ObjectInfo]:
        return [self._info(key) for key in sorted(self.objects) if key.startswith(prefix.key)]

    def head(self, uri: S3Uri) -> ObjectInfo:
        if uri.key not in self.objects:
            raise ObjectStoreError(f"cannot get {uri}: there is no such object")
        return self._info(uri.key)

    def stream(self, uri: S3Uri, *, etag: str, offset: int = 0) -> Iterator[bytes]:
        with self._lock:
            self.requests.append((uri.key, offset))
            outage, self._outage_after = self._outage_after, None
        content = self.objects[uri.key][offset:]
        if outage is not None:
            yield content[:outage]
            raise ObjectStoreUnavailable("gone")
        yield content

    def _info(self, key: str) -> ObjectInfo:
        return ObjectInfo(key, len(self.objects[key]), f"etag-of-{self.objects[key]!r}"[:50])


def as_store(fake: FakeStore) -> S3Objects:
    return cast(S3Objects, fake)


def stored(fake: FakeStore, key: str) -> StoredObject:
    info = fake.head(S3Uri("b", key))
    return StoredObject(S3Uri("b", key), info.etag, info.size_bytes)


def read(cache: ObjectCache, fake: FakeStore, key: str) -> bytes:
    with cache.held(stored(fake, key), as_store(fake), NEVER) as path:
        return path.read_bytes()


def test_an_object_is_fetched_once_and_anew_when_it_changed(tmp_path: Path) -> None:
    fake, cache = FakeStore({"a": b"one"}), ObjectCache(tmp_path / "c", 1000)
    assert [read(cache, fake, "a") for _ in range(3)] == [b"one"] * 3
    fake.objects["a"] = b"two"
    assert read(cache, fake, "a") == b"two"
    assert fake.requests == [("a", 0), ("a", 0)]
    assert read(ObjectCache(tmp_path / "c", 1000), fake, "a") == b"two"  # the next engine knows it too
    assert len(fake.requests) == 2


def test_ten_jobs_at_once_download_once(tmp_path: Path) -> None:
    fake = FakeStore({f"{number}": os.urandom(50_000) for number in range(5)})
    cache = ObjectCache(tmp_path / "c", 10**7)
    with ThreadPoolExecutor(10) as jobs:
        seen = list(jobs.map(lambda job: [read(cache, fake, key) for key in fake.objects], range(10)))
    assert seen == [list(fake.objects.values())] * 10
    assert sorted(key for key, _ in fake.requests) == sorted(fake.objects)


def test_a_transfer_that_broke_off_goes_on_where_it_was(tmp_path: Path) -> None:
    fake, cache = FakeStore({"a": b"0123456789"}, outage_after=4), ObjectCache(tmp_path / "c", 1000)
    with pytest.raises(ObjectStoreUnavailable):
        read(cache, fake, "a")
    assert read(cache, fake, "a") == b"0123456789"
    assert fake.requests == [("a", 0), ("a", 4)]


def test_a_cancelled_transfer_ends(tmp_path: Path) -> None:
    cancel = threading.Event()
    cancel.set()
    fake, cache = FakeStore({"a": b"x"}), ObjectCache(tmp_path / "c", 1000)
    with (
        pytest.raises(Cancelled),
        cache.held(stored(fake, "a"), as_store(fake), cancel),
    ):
        pytest.fail("nothing is given out")


@settings(max_examples=30, deadline=None)
@given(reads=st.lists(st.integers(0, 9), max_size=40), limit=st.integers(0, 60))
def test_the_cache_stays_within_its_limit_and_drops_the_longest_unused(
    tmp_path_factory: pytest.TempPathFactory, reads: list[int], limit: int
) -> None:
    folder = tmp_path_factory.mktemp("cache")
    fake, cache = FakeStore({str(number): b"x" * 10 for number in range(10)}), ObjectCache(folder, limit)
    recent: list[int] = []
    for number in reads:
        assert read(cache, fake, str(number)) == b"x" * 10
        recent = [one for one in recent if one != number] + [number]
        recent = recent[max(0, len(recent) - limit // 10) :]
        assert {path.name for path in folder.glob("??/*")} == {
            stored(fake, str(one)).digest for one in recent
        }


def test_an_entry_in_use_is_not_dropped(tmp_path: Path) -> None:
    fake, cache = FakeStore({"a": b"x" * 10, "b": b"y" * 10}), ObjectCache(tmp_path / "c", 10)
    with cache.held(stored(fake, "a"), as_store(fake), NEVER) as path:
        assert read(cache, fake, "b") == b"y" * 10
        assert path.read_bytes() == b"x" * 10


def test_after_a_restart_of_the_machine_nothing_of_the_cache_is_trusted(tmp_path: Path) -> None:
    fake = FakeStore({"a": b"x"})
    read(ObjectCache(tmp_path / "c", 1000), fake, "a")
    (tmp_path / "c" / "boot-id").write_text("an earlier boot")
    read(ObjectCache(tmp_path / "c", 1000), fake, "a")
    assert len(fake.requests) == 2


def test_a_cut_entry_is_fetched_again(tmp_path: Path) -> None:
    fake, cache = FakeStore({"a": b"whole"}), ObjectCache(tmp_path / "c", 1000)
    read(cache, fake, "a")
    entry = next((tmp_path / "c").glob("??/*"))
    entry.chmod(0o600)
    entry.write_bytes(b"who")
    assert read(cache, fake, "a") == b"whole"


def channel(**options: str) -> dict[str, object]:
    source = {"S3DataType": "S3Prefix", "S3Uri": "s3://b/"}
    return {"ChannelName": "c", "DataSource": {"S3DataSource": source}, **options}


def test_a_copy_is_the_jobs_own_and_a_link_is_the_caches(tmp_path: Path) -> None:
    fake, cache = FakeStore({"a": b"one"}), ObjectCache(tmp_path / "c", 1000)
    found = channel_objects(channel(), as_store(fake))
    fill_channel(channel(), found, tmp_path / "copy", as_store(fake), NEVER, cache)
    fill_folder(found, tmp_path / "link", cached_link(as_store(fake), cache), NEVER, unzips=False)
    entry = next((tmp_path / "c").glob("??/*"))
    (tmp_path / "copy" / "a").write_bytes(b"evil")
    assert entry.read_bytes() == b"one"
    assert (tmp_path / "link" / "a").stat().st_ino == entry.stat().st_ino
    assert (tmp_path / "link" / "a").stat().st_mode & 0o222 == 0


def test_the_first_error_names_its_object_and_ends_the_others(tmp_path: Path) -> None:
    fake, cache = (
        FakeStore({f"{number:04}": b"x" for number in range(3000)}),
        ObjectCache(tmp_path / "c", 10**6),
    )
    found = channel_objects(channel(), as_store(fake))
    del fake.objects["0003"]
    fetch = cached_copy(as_store(fake), cache)
    unlisted = [ChannelObject(one.uri, one.path) for one in found]  # as a manifest names them
    with pytest.raises(ObjectStoreError, match="s3://b/0003"):
        fill_folder(unlisted, tmp_path / "t", fetch, NEVER, unzips=False)
    assert len(fake.requests) < 3000


@pytest.mark.parametrize("keys", [("x", "x/y"), ("a/b", "a"), ("a/b/c", "a")])
def test_an_object_that_is_also_a_prefix_is_explained(keys: tuple[str, ...]) -> None:
    fake = FakeStore(dict.fromkeys(keys, b"x"))
    with pytest.raises(ChannelError, match=r"both an object and a prefix of others"):
        channel_objects(channel(), as_store(fake))
