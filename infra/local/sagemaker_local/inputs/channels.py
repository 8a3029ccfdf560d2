"""Filling the input channels of a node (contract section 3.3)."""

import gzip
import json
import random
import shutil
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from sagemaker_local.storage.objects_s3 import (
    Cancelled,
    ObjectStoreError,
    S3Objects,
    S3Uri,
    parse_s3_uri,
)


class ChannelError(Exception):
    """The channel's data cannot be used; the message is for the user."""


@dataclass(frozen=True)
class ChannelObject:
    """One object and where it lies below the channel's folder."""

    uri: S3Uri
    path: PurePosixPath


def channel_objects(channel: Mapping[str, Any], store: S3Objects) -> list[ChannelObject]:
    """Resolve a channel to its objects, in key order or shuffled by its seed."""
    source = channel["DataSource"]["S3DataSource"]
    uri = parse_s3_uri(source["S3Uri"])
    found = _manifest(uri, store) if source["S3DataType"] == "ManifestFile" else _prefix(uri, store)
    if not found:
        raise ChannelError(
            f'No S3 objects found under S3 URL "{uri}" given in input data source of channel '
            f"{channel['ChannelName']}"
        )
    for one in found:
        if ".." in one.path.parts or one.path.is_absolute() or not one.path.parts:
            raise ChannelError(f"the key of {one.uri} leads outside of the channel's folder")
    seed = channel.get("ShuffleConfig", {}).get("Seed")
    if seed is not None:
        random.Random(seed).shuffle(found)
    return found


def share_of_node(
    channel: Mapping[str, Any], found: list[ChannelObject], *, node: int, nodes: int
) -> list[ChannelObject]:
    source = channel["DataSource"]["S3DataSource"]
    sharded = source.get("S3DataDistributionType", "FullyReplicated") == "ShardedByS3Key"
    return found[node::nodes] if sharded else found


def fill_channel(
    channel: Mapping[str, Any],
    found: list[ChannelObject],
    folder: Path,
    store: S3Objects,
    cancel: threading.Event,
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    unzip = channel.get("CompressionType", "None") == "Gzip"
    for one in found:
        if cancel.is_set():
            raise Cancelled
        target = folder / one.path
        try:
            store.download(one.uri.bucket, one.uri.key, target)
        except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
            raise ChannelError(f"{one.uri} is both an object and a prefix of others") from error
        if unzip:
            _decompress(one.uri, target)


def _prefix(uri: S3Uri, store: S3Objects) -> list[ChannelObject]:
    """All keys that start with the prefix, relative to it; an exact key is one file."""
    found = []
    for info in store.list(uri):
        if info.key.endswith("/") and info.size_bytes == 0:
            continue  # a folder mark of a console
        if info.key == uri.key:
            relative = info.key.rpartition("/")[2]
        elif uri.key.endswith("/") or not uri.key:
            relative = info.key[len(uri.key) :]
        elif info.key.startswith(uri.key + "/"):
            relative = info.key[len(uri.key) + 1 :]
        else:  # the prefix ends inside a name: keep the whole name
            relative = info.key[uri.key.rfind("/") + 1 :]
        found.append(ChannelObject(S3Uri(uri.bucket, info.key), PurePosixPath(relative)))
    return found


def _manifest(uri: S3Uri, store: S3Objects) -> list[ChannelObject]:
    try:
        document = json.loads(store.read(uri))
    except ValueError as error:
        raise ChannelError(f"the manifest {uri} is not JSON") from error
    if not isinstance(document, list) or not document or not isinstance(document[0], dict):
        raise ChannelError(f'the manifest {uri} must be a list that starts with {{"prefix": "s3://..."}}')
    prefix = document[0].get("prefix")
    if not isinstance(prefix, str) or not all(isinstance(key, str) for key in document[1:]):
        raise ChannelError(f"the manifest {uri} must name a prefix first and keys after it")
    try:
        base = parse_s3_uri(prefix)
    except ObjectStoreError as error:
        raise ChannelError(f"the manifest {uri} has a prefix that is no S3 address") from error
    return [ChannelObject(S3Uri(base.bucket, base.key + key), PurePosixPath(key)) for key in document[1:]]


def _decompress(uri: S3Uri, path: Path) -> None:
    target = path.with_suffix("") if path.suffix == ".gz" else path
    temporary = path.with_name(path.name + ".unzipped")
    try:
        with gzip.open(path, "rb") as packed, temporary.open("wb") as plain:
            shutil.copyfileobj(packed, plain)
    except (gzip.BadGzipFile, EOFError) as error:
        raise ChannelError(f"{uri} is not gzip data") from error
    path.unlink()
    temporary.rename(target)
