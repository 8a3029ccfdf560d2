"""Bringing a channel's objects into a folder: side by side, through the cache, or not at all."""

import gzip
import shutil
import threading
import zlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from sagemaker_local.inputs.channel_objects import (
    ChannelError,
    ChannelObject,
    channel_objects,
    check_places,
    share_of_node,
)
from sagemaker_local.inputs.file_copies import copy_file, link_file
from sagemaker_local.inputs.object_cache import ObjectCache, StoredObject
from sagemaker_local.storage.objects_s3 import Cancelled, S3Objects

__all__ = ["ChannelError", "channel_objects", "fill_channel", "fill_folder", "share_of_node"]

_AT_ONCE = 8
_SUBMITTED = 1000

#: Puts one object at a path whose folder exists.
Fetch = Callable[[ChannelObject, Path, threading.Event], None]


def fill_channel(
    channel: Mapping[str, Any],
    found: Sequence[ChannelObject],
    folder: Path,
    store: S3Objects,
    cancel: threading.Event,
    cache: ObjectCache | None = None,
) -> None:
    """Copy objects into a folder (``InputMode`` File), unpacked if the channel is compressed."""
    fetch = direct(store) if cache is None else cached_copy(store, cache)
    fill_folder(found, folder, fetch, cancel, unzips=channel.get("CompressionType", "None") == "Gzip")


def fill_folder(
    found: Sequence[ChannelObject], folder: Path, fetch: Fetch, cancel: threading.Event, *, unzips: bool
) -> None:
    """Raises ChannelError with the object's name; the first error ends the others' transfers."""
    targets = [replace(one, path=_without_gz(one.path)) for one in found] if unzips else found
    check_places(targets)
    folder.mkdir(parents=True, exist_ok=True)
    for parent in {one.path.parent for one in targets}:
        (folder / parent).mkdir(parents=True, exist_ok=True)
    given_up = _Either(cancel)

    def work(one: ChannelObject) -> None:
        if given_up.is_set():
            raise Cancelled
        target = folder / one.path
        fetch(one, target, given_up)
        if unzips:
            _unzip(one, target)

    with ThreadPoolExecutor(max_workers=_AT_ONCE, thread_name_prefix="channel") as threads:
        for first in range(0, len(targets), _SUBMITTED):
            tasks = [threads.submit(work, one) for one in targets[first : first + _SUBMITTED]]
            done, rest = wait(tasks, return_when=FIRST_EXCEPTION)
            if rest or any(task.exception() for task in done):
                given_up.set()
                _raise_first(tasks)


def _raise_first(tasks: Sequence["Future[None]"]) -> None:
    errors = [error for task in tasks if (error := task.exception()) is not None]
    raise next((error for error in errors if not isinstance(error, Cancelled)), errors[0])


class _Either(threading.Event):
    """Set when the outer event is, or by itself."""

    def __init__(self, outer: threading.Event) -> None:
        super().__init__()
        self._outer = outer

    def is_set(self) -> bool:
        return super().is_set() or self._outer.is_set()


def direct(store: S3Objects) -> Fetch:
    def fetch(one: ChannelObject, target: Path, _: threading.Event) -> None:
        store.download(one.uri.bucket, one.uri.key, target)

    return fetch


def cached_copy(store: S3Objects, cache: ObjectCache, *, mode: int = 0o644) -> Fetch:
    def fetch(one: ChannelObject, target: Path, cancel: threading.Event) -> None:
        with cache.held(stored_object(one, store), store, cancel) as source:
            copy_file(source, target, mode=mode)

    return fetch


def cached_link(store: S3Objects, cache: ObjectCache) -> Fetch:
    """For folders that jobs see through a read-only mount: the file is the cache's own."""

    def fetch(one: ChannelObject, target: Path, cancel: threading.Event) -> None:
        with cache.held(stored_object(one, store), store, cancel) as source:
            link_file(source, target)

    return fetch


def stored_object(one: ChannelObject, store: S3Objects) -> StoredObject:
    info = one.info or store.head(one.uri)
    return StoredObject(one.uri, info.etag, info.size_bytes)


def _without_gz(path: PurePosixPath) -> PurePosixPath:
    return path.with_suffix("") if path.suffix == ".gz" else path


def _unzip(one: ChannelObject, path: Path) -> None:
    """The packed file may be a link to the cache, so the plain one takes its place."""
    plain = path.with_name(path.name + ".unzipped")
    try:
        with gzip.open(path, "rb") as packed, plain.open("wb") as file:
            shutil.copyfileobj(packed, file, 1024 * 1024)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        plain.unlink(missing_ok=True)
        raise ChannelError(f"{one.uri} is not gzip data") from error
    plain.replace(path)
