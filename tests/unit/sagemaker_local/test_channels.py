"""From a channel's definition to files."""

import json
import threading
from pathlib import Path
from typing import Any, cast

import pytest

from sagemaker_local.inputs.channels import ChannelError, channel_objects, fill_channel, share_of_node
from sagemaker_local.storage.objects_s3 import Cancelled, ObjectInfo, S3Objects, S3Uri


class FakeStore:
    def __init__(self, objects: dict[str, bytes]) -> None:
        self.objects = objects

    def list(self, prefix: S3Uri) -> list[ObjectInfo]:
        return [
            ObjectInfo(k, len(v), "e") for k, v in sorted(self.objects.items()) if k.startswith(prefix.key)
        ]

    def read(self, uri: S3Uri) -> bytes:
        return self.objects[uri.key]

    def download(self, bucket: str, key: str, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(self.objects[key])


def store(**objects: bytes) -> S3Objects:
    return cast(S3Objects, FakeStore({name.replace("__", "/"): body for name, body in objects.items()}))


def channel(uri: str, **source: Any) -> dict[str, Any]:
    return {
        "ChannelName": "c",
        "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri, **source}},
    }


@pytest.mark.parametrize(
    ("uri", "paths"),
    [
        ("s3://b/data/", ["a", "x/b"]),
        ("s3://b/data", ["a", "x/b"]),
        ("s3://b/data/a", ["a"]),
        ("s3://b/dat", ["data/a", "data/x/b"]),
    ],
)
def test_a_prefix_gives_the_keys_relative_to_it(uri: str, paths: list[str]) -> None:
    found = channel_objects(channel(uri), store(data__a=b"1", data__x__b=b"2", other=b"3"))
    assert [str(one.path) for one in found] == paths


def test_conversations_are_a_prefix() -> None:
    found = channel_objects(channel("s3://b/data/", S3DataType="Converse"), store(data__a=b"1"))
    assert [str(one.path) for one in found] == ["a"]


def test_an_empty_prefix_is_the_clients_error() -> None:
    with pytest.raises(ChannelError, match="No S3 objects found"):
        channel_objects(channel("s3://b/none/"), store(data__a=b"1"))


def test_a_manifest_names_its_objects() -> None:
    manifest = json.dumps([{"prefix": "s3://b/data/"}, "a", "x/b"]).encode()
    found = channel_objects(channel("s3://b/m", S3DataType="ManifestFile"), store(m=manifest))
    assert [(one.uri.key, str(one.path)) for one in found] == [("data/a", "a"), ("data/x/b", "x/b")]


@pytest.mark.parametrize(
    "manifest",
    [b"{", b"[]", b'["a"]', b'[{"prefix": 3}, "a"]', b'[{"prefix": "s3://b/"}, 5]', b'[{"prefix": "x"}, "a"]',
     b'[{"prefix": "s3://b/"}, "../../evil"]', b'[{"prefix": "s3://b/"}, "/etc/passwd"]', b'[{"prefix": "s3://b/"}]'],
)  # fmt: skip
def test_a_bad_manifest_is_the_clients_error(manifest: bytes) -> None:
    with pytest.raises(ChannelError):
        channel_objects(channel("s3://b/m", S3DataType="ManifestFile"), store(m=manifest))


def test_shards_cover_all_objects_once() -> None:
    one = channel("s3://b/", S3DataDistributionType="ShardedByS3Key")
    found = channel_objects(one, store(a=b"", b=b"1", c=b"2", d=b"3", e=b"4"))
    shares = [share_of_node(one, found, node=node, nodes=2) for node in range(2)]
    assert sorted(str(item.path) for share in shares for item in share) == [str(item.path) for item in found]


def test_a_cancelled_transfer_ends_between_objects(tmp_path: Path) -> None:
    cancel = threading.Event()
    cancel.set()
    objects = store(a=b"1")
    found = channel_objects(channel("s3://b/"), objects)
    with pytest.raises(Cancelled):
        fill_channel(channel("s3://b/"), found, tmp_path, objects, cancel)


def test_damaged_gzip_is_the_clients_error(tmp_path: Path) -> None:
    objects = store(a=b"no gzip")
    one = channel("s3://b/") | {"CompressionType": "Gzip"}
    with pytest.raises(ChannelError, match="not gzip"):
        fill_channel(one, channel_objects(one, objects), tmp_path, objects, threading.Event())
