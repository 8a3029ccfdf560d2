"""Which objects a channel has (contract section 3.3)."""

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, TypeVar

from sagemaker_local.storage.objects_s3 import ObjectInfo, ObjectStoreError, S3Objects, S3Uri, parse_s3_uri

Item = TypeVar("Item")


class ChannelError(Exception):
    """The channel's data cannot be used; the message is for the user."""


@dataclass(frozen=True)
class ChannelObject:
    """One object and where it lies below the channel's folder."""

    uri: S3Uri
    path: PurePosixPath
    info: ObjectInfo | None = None  # as it was listed; a manifest does not tell


def channel_objects(channel: Mapping[str, Any], store: S3Objects) -> list[ChannelObject]:
    """Resolve a channel to its objects, in key order or shuffled by its seed, as a folder can hold them."""
    found = listed_objects(channel, store)
    check_places(found)
    return shuffled(found, shuffle_seed(channel))


def listed_objects(channel: Mapping[str, Any], store: S3Objects) -> list[ChannelObject]:
    """Return the objects of a channel in the order of keys or manifest; they need not fit into a folder."""
    source = channel["DataSource"]["S3DataSource"]
    uri = parse_s3_uri(source["S3Uri"])
    found = _manifest(uri, store) if source["S3DataType"] == "ManifestFile" else _prefix(uri, store)
    if not found:
        raise ChannelError(
            f'No S3 objects found under S3 URL "{uri}" given in input data source of channel '
            f"{channel['ChannelName']}"
        )
    _check_names(found)
    return found


def _check_names(found: Sequence[ChannelObject]) -> None:
    for one in found:
        if ".." in one.path.parts or one.path.is_absolute() or not one.path.parts:
            raise ChannelError(f"the key of {one.uri} leads outside of the channel's folder")


def check_places(found: Sequence[ChannelObject]) -> None:
    """Raises ChannelError when objects lie outside of the channel's folder or in each other's place."""
    _check_names(found)
    owners: dict[PurePosixPath, S3Uri] = {}
    for one in found:
        other = owners.setdefault(one.path, one.uri)
        if other != one.uri:
            raise ChannelError(f"{one.uri} and {other} have the same name {one.path} in the channel")
    for one in found:
        for parent in one.path.parents[:-1]:
            if parent in owners:
                raise ChannelError(
                    f"{owners[parent]} is both an object and a prefix of others (of {one.uri}), "
                    "which no folder can hold"
                )


def shuffle_seed(channel: Mapping[str, Any]) -> int | None:
    seed = channel.get("ShuffleConfig", {}).get("Seed")
    return None if seed is None else int(seed)


def shuffled(items: Sequence[Item], seed: int | None) -> list[Item]:
    found = list(items)
    if seed is not None:
        random.Random(seed).shuffle(found)
    return found


def is_sharded(channel: Mapping[str, Any]) -> bool:
    source = channel["DataSource"]["S3DataSource"]
    return bool(source.get("S3DataDistributionType", "FullyReplicated") == "ShardedByS3Key")


def share_of_node(channel: Mapping[str, Any], found: list[Item], *, node: int, nodes: int) -> list[Item]:
    return found[node::nodes] if is_sharded(channel) else found


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
        found.append(ChannelObject(S3Uri(uri.bucket, info.key), PurePosixPath(relative), info))
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
    keys = dict.fromkeys(document[1:])  # a key may be named twice, but it is one file
    return [ChannelObject(S3Uri(base.bucket, base.key + key), PurePosixPath(key)) for key in keys]
