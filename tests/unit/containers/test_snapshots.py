"""A training job reads its snapshot, or says what is wrong with it."""

import hashlib
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from openbml_kit.faults import PlatformFault
from openbml_kit.snapshots import read_images, read_manifest
from tests.fakes.snapshot_files import Pair, add, write_snapshot

PAIRS = [Pair(index, "cat" if index % 2 else "dog", bytes([index]) * 20) for index in range(1, 8)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_snapshot(tmp_path, PAIRS, shard_size=3)
    return tmp_path


def read(folder: Path) -> list[Any]:
    return list(read_images(folder, read_manifest(folder)))


def change_manifest(folder: Path, **changes: Any) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_every_pair_of_every_shard_is_read(folder: Path) -> None:
    samples = read(folder)
    assert [(sample.sample_id, sample.labels, sample.data) for sample in samples] == [
        (str(pair.sample_id), (pair.label,), pair.data) for pair in PAIRS
    ]


def test_an_image_can_be_read_again_by_its_extent(folder: Path) -> None:
    assert [sample.extent.read() for sample in read(folder)] == [pair.data for pair in PAIRS]


def test_a_missing_manifest_is_the_platforms_fault(tmp_path: Path) -> None:
    with pytest.raises(PlatformFault, match=r"manifest\.json"):
        read_manifest(tmp_path)


def test_another_format_is_refused(folder: Path) -> None:
    change_manifest(folder, format="openbml.snapshot/9")
    with pytest.raises(PlatformFault, match=r"openbml\.snapshot/9"):
        read_manifest(folder)


def test_a_damaged_shard_is_refused(folder: Path) -> None:
    path = folder / "shard-000001.tar"
    body = bytearray(path.read_bytes())
    body[600] ^= 1
    path.write_bytes(bytes(body))
    with pytest.raises(PlatformFault, match=r"shard-000001\.tar is damaged"):
        read(folder)


def test_a_missing_shard_is_refused(folder: Path) -> None:
    (folder / "shard-000002.tar").unlink()
    with pytest.raises(PlatformFault, match=r"shard-000002\.tar is missing"):
        read(folder)


def test_a_wrong_sample_count_is_refused(folder: Path) -> None:
    change_manifest(folder, sample_count=8)
    with pytest.raises(PlatformFault, match="holds 7 samples, its manifest says 8"):
        read(folder)


def test_an_image_without_its_annotation_is_refused(tmp_path: Path) -> None:
    write_snapshot(tmp_path, PAIRS)
    path = tmp_path / "shard-000000.tar"
    with tarfile.open(path, "w") as archive:
        add(archive, "5.png", b"x")
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    shard = manifest["shards"][0]
    shard.update(size_bytes=path.stat().st_size, sha256=hashlib.sha256(path.read_bytes()).hexdigest())
    change_manifest(tmp_path, shards=[shard])
    with pytest.raises(PlatformFault, match="5 has no partner"):
        read(tmp_path)
