"""Pipe mode: plans, pipes and what a feeder writes."""

import gzip
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_local.inputs import recordio
from sagemaker_local.inputs.augmented_manifests import attribute_values, localised, read_lines
from sagemaker_local.inputs.channel_objects import ChannelError
from sagemaker_local.inputs.fifos import FifoFolder, PipeReplacedError, TreeGoneError
from sagemaker_local.inputs.file_systems import FileSystemError, FileSystems, parse_file_systems
from sagemaker_local.inputs.pipe_feeder import Feeder
from sagemaker_local.inputs.pipe_plans import PipePart, PipePlan, read_items, read_plan, write_plan
from sagemaker_local.storage.objects_s3 import ObjectInfo, ObjectStoreUnavailable, S3Objects, S3Uri


class FakeStore:
    """Breaks off each transfer once, in the middle."""

    def __init__(self, objects: dict[str, bytes]) -> None:
        self.objects = objects
        self._broken: set[str] = set()

    def head(self, uri: S3Uri) -> ObjectInfo:
        return ObjectInfo(uri.key, len(self.objects[uri.key]), "e")

    def read(self, uri: S3Uri) -> bytes:
        return self.objects[uri.key]

    def stream(self, uri: S3Uri, *, etag: str, offset: int = 0) -> Iterator[bytes]:
        content = self.objects[uri.key][offset:]
        if uri.key not in self._broken:
            self._broken.add(uri.key)
            yield content[: len(content) // 2]
            raise ObjectStoreUnavailable("gone for a moment")
        yield content


def make_tree(folder: Path) -> Path:
    root = folder / "ml"
    (root / "input" / "data").mkdir(parents=True)
    return root


def plan(root: Path, **changes: Any) -> PipePlan:
    common: dict[str, Any] = {
        "channel": "c",
        "root": str(root),
        "region": "r",
        "role_arn": "",
        "unzips": False,
    }
    common |= {"wraps_records": False, "seed": None, "node": 0, "nodes": 1}
    return PipePlan(**(common | changes))


def epochs(
    root: Path, plan: PipePlan, items: list[list[PipePart]], objects: dict[str, bytes], count: int
) -> list[bytes]:
    file = root.parent / "pipes" / "c.json"
    write_plan(file, plan, items)
    FifoFolder(root).make("c", 0)
    feeder = Feeder(read_plan(file), read_items(file), cast(S3Objects, FakeStore(objects)))
    ended: list[BaseException] = []

    def work() -> None:
        try:
            feeder.run()
        except TreeGoneError as error:
            ended.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    seen = [(root / "input" / "data" / f"c_{number}").read_bytes() for number in range(count)]
    root.rename(root.with_name("gone"))
    thread.join(timeout=20)
    assert len(ended) == 1
    return seen


def test_a_feeder_sends_epoch_after_epoch_until_the_tree_is_gone(tmp_path: Path) -> None:
    items = [[PipePart(bucket="b", key=key)] for key in ("x", "y")]
    root = make_tree(tmp_path)
    assert epochs(root, plan(root), items, {"x": b"1" * 10, "y": b"22"}, 3) == [b"1" * 10 + b"22"] * 3


def test_records_are_framed_also_after_unpacking_and_for_texts(tmp_path: Path) -> None:
    content = b"abc" * 1000
    items = [[PipePart(bucket="b", key="x"), PipePart(text="7")]]
    root = make_tree(tmp_path)
    packed = gzip.compress(content[:1000]) + gzip.compress(content[1000:])
    seen = epochs(root, plan(root, wraps_records=True, unzips=True), items, {"x": packed}, 1)
    assert seen == [recordio.frame(content) + recordio.frame(b"7")]


@given(st.integers(0, 2**31), st.integers(1, 5), st.lists(st.integers(), unique=True, max_size=30))
def test_shards_of_an_epoch_share_all_items_in_every_order(seed: int, nodes: int, items: list[int]) -> None:
    for epoch in range(2):
        shares = [
            plan(Path("/x"), seed=seed, node=node, nodes=nodes).epoch(items, epoch) for node in range(nodes)
        ]
        assert sorted(item for share in shares for item in share) == sorted(items)


def test_what_a_job_puts_in_the_place_of_a_pipe_is_never_written_to(tmp_path: Path) -> None:
    root, victim = make_tree(tmp_path), tmp_path / "victim"
    victim.write_text("safe")
    (root / "input/data/c_0").symlink_to(victim)
    with pytest.raises(PipeReplacedError):
        FifoFolder(root).open_for_writing("c", 0)
    (root / "input/data/d_0").write_text("a file")
    with pytest.raises(PipeReplacedError):
        FifoFolder(root).open_for_writing("d", 0)
    (root / "input/data").rename(root / "moved")
    (root / "input/data").symlink_to(tmp_path)
    with pytest.raises(PipeReplacedError):
        FifoFolder(root)
    assert victim.read_text() == "safe"


def test_a_new_attempts_tree_is_not_the_old_one(tmp_path: Path) -> None:
    root = make_tree(tmp_path)
    folder = FifoFolder(root)
    root.rename(tmp_path / "old")
    make_tree(tmp_path)
    with pytest.raises(TreeGoneError):
        folder.open_for_writing("c", 0)


def channel(**source: Any) -> dict[str, Any]:
    s3 = {"S3DataType": "AugmentedManifestFile", "S3Uri": "s3://b/m.jsonl", **source}
    return {"ChannelName": "c", "DataSource": {"S3DataSource": s3}}


def lines(*found: Any) -> list[Any]:
    text = "\n".join(json.dumps(one) for one in found).encode()
    return list(read_lines(channel(), cast(S3Objects, FakeStore({"m.jsonl": text}))))


def test_references_become_paths_and_each_object_comes_once() -> None:
    found = lines({"a-ref": "s3://b/x/1", "n": 1}, {"a-ref": "s3://b/x/1", "b-ref": "s3://b/2"})
    manifest = localised(channel(), found, "/data/c")
    assert [str(one.path) for one in manifest.objects] == ["x/1", "2"]
    assert [json.loads(line) for line in manifest.content.splitlines()] == [
        {"a-ref": "/data/c/x/1", "n": 1},
        {"a-ref": "/data/c/x/1", "b-ref": "/data/c/2"},
    ]


@pytest.mark.parametrize(
    "reference", ["no address", "s3://b/../../etc", "s3://b", 3, None, "s3://b/folder/", "s3://b/m.jsonl"]
)
def test_references_that_cannot_be_files_are_explained(reference: object) -> None:
    with pytest.raises(ChannelError):
        localised(channel(S3Uri="s3://other/m.jsonl"), [{"a-ref": reference}], "/data/c")


@pytest.mark.parametrize("text", [b"{", b"[1]", b"", b"\xff"])
def test_a_bad_augmented_manifest_is_explained(text: bytes) -> None:
    with pytest.raises(ChannelError, match="augmented manifest"):
        read_lines(channel(), cast(S3Objects, FakeStore({"m.jsonl": text})))


def test_attributes_come_in_the_order_asked_for() -> None:
    line = {"x-ref": "s3://b/k", "label": [1], "name": "n"}
    assert attribute_values(line, ["name", "x-ref", "label"]) == ["n", S3Uri("b", "k"), "[1]"]
    with pytest.raises(ChannelError, match="no attribute other"):
        attribute_values(line, ["other"])


def test_file_systems_are_read_from_the_setting(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    systems = FileSystems(parse_file_systems(f"fs-01={tmp_path}, fs-02=/nowhere"))
    source = {"FileSystemId": "fs-01", "DirectoryPath": "/in"}
    assert systems.folder(source) == tmp_path / "in"
    for change in ({"FileSystemId": "fs-03"}, {"DirectoryPath": "/.."}, {"DirectoryPath": "/none"}):
        with pytest.raises(FileSystemError):
            systems.folder(source | change)
    for bad in ("fs-01", "x=/a", "fs-01=relative"):
        with pytest.raises(ValueError, match="is not fs-id"):
            parse_file_systems(bad)
