"""Saved states of MiniStack: complete and verified, or passed over."""

import json
from pathlib import Path

import pytest

from openbml_local.checkpoints import BlobStore, NoUsableCheckpointError, generations, newest_usable, write


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "generations"


def test_nothing_saved_yet_is_a_fresh_start(root: Path) -> None:
    assert newest_usable(root, say=pytest.fail) is None


def test_the_newest_generation_is_used(root: Path) -> None:
    write(root, {"s3.json": b"old"})
    write(root, {"s3.json": b"new"})
    found = newest_usable(root, say=pytest.fail)
    assert found is not None
    assert (found.path / "s3.json").read_bytes() == b"new"


@pytest.mark.parametrize("damage", ["truncated", "missing file", "missing manifest", "half a manifest"])
def test_a_damaged_generation_gives_way_to_the_one_before_with_a_message(root: Path, damage: str) -> None:
    write(root, {"s3.json": b"old"})
    newest = write(root, {"s3.json": b"new and longer"}).path
    match damage:
        case "truncated":
            (newest / "s3.json").write_bytes(b"new and")
        case "missing file":
            (newest / "s3.json").unlink()
        case "missing manifest":
            (newest / "MANIFEST.json").unlink()
        case _:
            (newest / "MANIFEST.json").write_text('{"files": {"s3.json"')
    said: list[str] = []
    found = newest_usable(root, say=said.append)
    assert found is not None
    assert (found.path / "s3.json").read_bytes() == b"old"
    assert "2" in said[0]


def test_an_unfinished_generation_is_never_seen(root: Path) -> None:
    write(root, {"s3.json": b"old"})
    half = root / ".2.4711"
    half.mkdir()
    (half / "s3.json").write_bytes(b"half")
    found = newest_usable(root, say=pytest.fail)
    assert found is not None
    assert found.number == 1


def test_when_every_generation_is_damaged_the_message_says_what_to_do(root: Path) -> None:
    (write(root, {"s3.json": b"only"}).path / "s3.json").write_bytes(b"x")
    with pytest.raises(NoUsableCheckpointError, match="bml reset"):
        newest_usable(root, say=lambda _: None)


def test_an_unchanged_state_is_not_written_again(root: Path) -> None:
    first = write(root, {"s3.json": b"same"})
    assert write(root, {"s3.json": b"same"}).number == first.number


def test_a_damaged_newest_generation_is_written_again_even_if_nothing_changed(root: Path) -> None:
    first = write(root, {"s3.json": b"same"})
    (first.path / "s3.json").write_bytes(b"rot")
    second = write(root, {"s3.json": b"same"})
    assert second.number == first.number + 1
    assert (second.path / "s3.json").read_bytes() == b"same"


def test_unchanged_files_share_their_bytes_with_the_generation_before(root: Path) -> None:
    first = write(root, {"s3.json": b"same", "sqs.json": b"1"})
    second = write(root, {"s3.json": b"same", "sqs.json": b"2"})
    assert (first.path / "s3.json").stat().st_ino == (second.path / "s3.json").stat().st_ino


def test_three_generations_are_kept(root: Path) -> None:
    for number in range(6):
        write(root, {"s3.json": str(number).encode()})
    assert [folder.name for folder in generations(root)] == ["6", "5", "4"]


def test_code_that_any_kept_generation_names_survives_pruning(root: Path, tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path / "blobs")
    digests = [blobs.put(str(number).encode()) for number in range(5)]
    for digest in digests:
        write(root, {"lambda.json": json.dumps({"__openbml_blob__": digest}).encode()})
    blobs.prune(root)
    assert [blobs.get(digest) for digest in digests[2:]] == [b"2", b"3", b"4"]
    with pytest.raises(FileNotFoundError):
        blobs.get(digests[0])
