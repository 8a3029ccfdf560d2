"""Archives with good and bad content: what is taken, what is told, what fails as a whole."""

import io

import pytest
from PIL import Image

from openbml.datasets.datasets import VersionState
from openbml.datasets.importing.data_imports import FailureReason, ImportState
from openbml.datasets.samples import AnnotationState, Facet
from tests.contract.datasets.conftest import World
from tests.fakes.datasets_archives import annotation, archive, image_bytes, labelled_pairs, zip_of


def test_each_bad_sample_is_told_and_the_good_ones_are_taken(world: World) -> None:
    key = world.dataset()
    gif = io.BytesIO()
    Image.new("RGB", (64, 64)).save(gif, "GIF")
    entries = [
        *labelled_pairs(4),
        ("truncated.jpg", image_bytes(seed=50, size=(300, 200))[:900]),
        ("truncated.json", annotation("cat")),
        ("gif.png", gif.getvalue()),
        ("gif.json", annotation("cat")),
        ("wide.png", image_bytes("PNG", size=(400, 100), seed=51)),
        ("wide.json", annotation("cat")),
        ("huge.png", image_bytes("PNG", size=(4097, 2000), seed=52)),
        ("huge.json", annotation("cat")),
        ("two.jpg", image_bytes(seed=53)),
        ("two.json", annotation("cat", "dog")),
        ("chinese.jpg", image_bytes(seed=54)),
        ("chinese.json", annotation("裂纹")),
        ("shape.jpg", image_bytes(seed=55)),
        ("shape.json", b"[1, 2]"),
        ("large.jpg", image_bytes(seed=56)),
        ("large.json", b" " * (12 * 1024 * 1024 + 1)),
        ("heavy.bmp", image_bytes("BMP", seed=57) + b"\0" * 4 * 1024 * 1024),
        ("heavy.json", annotation("cat")),
        ("none.jpg", image_bytes(seed=58)),
        ("none.json", annotation()),
        ("misnamed.png", image_bytes("JPEG", seed=59)),
        ("misnamed.json", annotation("dog")),
        ("readme.txt", b"hello"),
        ("__MACOSX/._none.jpg", b"x"),
    ]
    ended = world.imported(key, archive(entries, deflated=True))

    assert ended.state is ImportState.FINISHED
    assert ended.counts.model_dump() == {
        "accepted": 6,
        "duplicate": 0,
        "replaced": 0,
        "rejected": 9,
        "skipped": 2,
        "cut": 0,
        "changed": 0,
        "ignored": 0,
        "unlabelled": 1,
    }
    told = {problem.file: problem.reason for problem in world.problems(ended)}
    assert told == {
        "truncated.jpg": "image_damaged",
        "gif.png": "image_type",
        "wide.png": "image_ratio",
        "huge.png": "image_sides",
        "two.json": "several_labels",
        "chinese.json": "label_name",
        "shape.json": "annotation_shape",
        "large.json": "annotation_size",
        "heavy.bmp": "image_size",
        "readme.txt": "ignored_file",
        "__MACOSX/._none.jpg": "ignored_system_file",
    }
    unlabelled, _ = world.samples.page(key, Facet.state(AnnotationState.UNLABELLED), limit=9, position=None)
    assert [sample.name for sample in unlabelled] == ["none.jpg"]
    assert len(world.problems(ended, limit=3)) == 11


def test_a_partner_missing_fails_the_import_with_the_manuals_reason(world: World) -> None:
    key = world.dataset()
    ended = world.imported(key, archive([*labelled_pairs(3), ("lonely.jpg", image_bytes(seed=9))]))

    assert ended.state is ImportState.FAILED
    assert ended.failure is not None
    assert ended.failure.reason is FailureReason.NAME_MISMATCH
    assert "lonely.jpg" in ended.failure.message
    assert [problem.file for problem in world.problems(ended)] == ["lonely.jpg"]
    version = world.datasets.version(key)
    assert (version.state, version.failure_reason, version.sample_count) == (
        VersionState.IMPORT_FAILED,
        "name_mismatch",
        0,
    )
    assert world.imported(key, archive(labelled_pairs(3))).state is ImportState.FINISHED
    assert world.datasets.version(key).failure_reason is None


@pytest.mark.parametrize(
    "body",
    [
        b"this is no zip" * 1000,
        archive([("../../a.jpg", b"x")]),
        archive([]),
        archive([("inner.zip", b"PK")]),
        archive([("readme.txt", b"x")]),
        zip_of("a.bmp", b"x", file_size=3 * 1024**3),
        archive(labelled_pairs(5))[:-200],
    ],
)
def test_an_archive_of_the_wrong_kind_fails_the_import(world: World, body: bytes) -> None:
    ended = world.imported(world.dataset(), body)
    assert ended.state is ImportState.FAILED
    assert ended.failure is not None
    assert ended.failure.reason is FailureReason.ARCHIVE_FORMAT
    assert world.shards.taken() == []


def test_an_unlabelled_archive_is_imported_without_json(world: World) -> None:
    key = world.dataset()
    body = archive([(f"{seed}.jpg", image_bytes(seed=seed)) for seed in range(5)])
    ended = world.imported(key, body, format_code="images")
    assert (ended.state, ended.accepted, ended.unlabelled) == (ImportState.FINISHED, 5, 5)


def test_identical_content_is_taken_once_in_a_dataset_and_again_in_another(world: World) -> None:
    key, other = world.dataset(), world.dataset("other")
    entries = labelled_pairs(6)
    copies = [(f"copies/{name}", data) for name, data in entries]
    first = world.imported(key, archive([*entries, *copies]))
    again = world.imported(key, archive(entries))
    elsewhere = world.imported(other, archive(entries))

    assert (first.accepted, first.duplicate) == (6, 6)
    assert (again.accepted, again.duplicate) == (0, 6)
    assert elsewhere.accepted == 6
    assert world.datasets.version(key).sample_count == 6
    assert {problem.reason for problem in world.problems(again)} == {"duplicate"}
    assert len(world.keys("data", f"{key.scope.prefix}blobs/")) == 6


def test_what_is_over_the_limit_is_ignored_and_with_no_room_the_import_fails(world: World) -> None:
    world.limited(images_per_dataset=8)
    key = world.dataset()
    first = world.imported(key, archive(labelled_pairs(5)))
    second = world.imported(key, archive(labelled_pairs(5, first=20)))
    third = world.imported(key, archive(labelled_pairs(5, first=40)))

    assert (first.accepted, second.accepted, second.ignored) == (5, 3, 2)
    assert third.failure is not None
    assert third.failure.reason is FailureReason.VOLUME_LIMIT
    assert world.datasets.version(key).sample_count == 8


def test_rejected_samples_do_not_use_up_the_allowance(world: World) -> None:
    world.limited(images_per_user=10)
    key = world.dataset()
    bad = [
        entry for seed in range(8) for entry in ((f"{seed}.jpg", b"bad"), (f"{seed}.json", annotation("a")))
    ]
    assert world.imported(key, archive(bad)).rejected == 8
    assert world.imported(key, archive(labelled_pairs(10))).accepted == 10
    full = world.imported(world.dataset("other"), archive(labelled_pairs(2, first=50)))
    assert full.failure is not None
    assert full.failure.reason is FailureReason.VOLUME_LIMIT
