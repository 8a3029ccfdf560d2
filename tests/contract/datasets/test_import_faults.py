"""Each channel of an import under repeats, kills, cancellations and hostile input."""

import csv
import io
import urllib.request
from typing import Any

import pytest

from openbml.datasets.importing.data_imports import (
    DataImport,
    FailureReason,
    ImportState,
    ImportStateError,
)
from openbml.datasets.importing.inputs import SourceVersion, Take
from openbml.datasets.importing.reports import report_url
from openbml.datasets.importing.shards import ShardMessage
from openbml.datasets.stored_objects import blob_key
from openbml_formats.records import Problem, Severity
from openbml_formats.tag_schemes import TagScheme
from tests.contract.datasets.conftest import World
from tests.contract.datasets.test_faults import Dying, Killed
from tests.fakes.datasets_archives import archive, image_bytes, labelled_pairs, raw_named_archive, zip_of

TWO = ["one.txt", "two.txt"]
BODIES = (b"a\tx\nb\tx\nc\ty\n", b"a\ty\nd\n")


def texts(world: World) -> DataImport:
    key = world.dataset(kind="text_classification")
    return world.started(key, *BODIES, names=TWO, format_code="text_labels")


@pytest.mark.parametrize(
    ("collaborator", "method", "call", "afterwards"),
    [
        ("imports", "start", 1, True),
        ("events", "publish", 1, True),
        ("uploads", "complete", 1, True),
        ("uploads", "complete", 2, False),
        ("archives", "put", 1, False),
        ("archives", "put", 1, True),
    ],
)
def test_a_completion_killed_anywhere_is_healed_by_its_repeat(
    world: World, collaborator: str, method: str, call: int, afterwards: bool
) -> None:
    data_import = texts(world)
    parts = [world.sent(data_import, body, file=index) for index, body in enumerate(BODIES)]
    dying = Dying(getattr(world, collaborator), method, call, afterwards=afterwards)
    with pytest.raises(Killed):
        world.completed(data_import, *parts, **{collaborator: dying})

    assert world.completed(data_import, *parts).state is ImportState.PLANNING
    assert world.completed(data_import, *parts).state is ImportState.PLANNING
    assert world.ended(data_import).accepted == 4


@pytest.mark.parametrize(
    ("collaborator", "method", "call", "afterwards"),
    [
        ("archives", "put", 1, True),
        ("reports", "add", 1, True),
        ("imports", "reserve_chunks", 1, True),
        ("imports", "plan", 1, False),
        ("imports", "plan", 1, True),
        ("events", "publish", 1, True),
        ("shards", "send", 1, False),
    ],
)
def test_a_plan_killed_anywhere_ends_the_same_when_it_comes_again(
    world: World, collaborator: str, method: str, call: int, afterwards: bool
) -> None:
    data_import = texts(world)
    parts = [world.sent(data_import, body, file=index) for index, body in enumerate(BODIES)]
    world.completed(data_import, *parts)
    dying = Dying(getattr(world, collaborator), method, call, afterwards=afterwards)
    with pytest.raises(Killed):
        world.planned(data_import, **{collaborator: dying})

    ended = world.ended(data_import)
    assert (ended.state, ended.accepted, ended.duplicate) == (ImportState.FINISHED, 4, 1)
    assert ended.reserved == 0
    assert len(world.problems(ended)) == 1


@pytest.mark.parametrize(
    ("collaborator", "method", "call", "afterwards"),
    [
        ("samples", "claim", 1, True),
        ("annotations", "apply_edits", 1, False),
        ("annotations", "apply_edits", 1, True),
        ("samples", "add_samples", 1, True),
        ("samples", "add_index", 1, True),
        ("reports", "add", 1, True),
        ("imports", "finish_shard", 1, False),
        ("imports", "finish_shard", 1, True),
        ("data", "put", 1, True),
    ],
)
def test_replaced_texts_are_replaced_once_wherever_a_worker_is_killed(
    world: World, collaborator: str, method: str, call: int, afterwards: bool
) -> None:
    key = world.dataset(kind="text_classification")
    world.imported(key, b"a\tx\nb\tx\nc\n", names=["a.txt"], format_code="text_labels")
    body = b"a\ty\nb\nc\tx\nd\tx\n"
    data_import = world.uploaded(key, body, names=["a.txt"], format_code="text_labels")
    world.planned(data_import)
    (message,) = world.shards.taken()
    assert isinstance(message, ShardMessage)
    with pytest.raises(Killed):
        world.worked(
            message,
            **{collaborator: Dying(getattr(world, collaborator), method, call, afterwards=afterwards)},
        )
    for _ in range(2):
        ended = world.worked(message)

    assert ended is not None
    assert (ended.state, ended.accepted, ended.duplicate, ended.replaced) == (ImportState.FINISHED, 1, 3, 3)
    version = world.datasets.version(key)
    assert (version.sample_count, version.labelled_count) == (4, 3)
    labels, _ = world.datasets.labels(key, limit=9, position=None)
    assert {label.name: label.sample_count for label in labels} == {"x": 2, "y": 1}
    revisions = {sample.texts[0]: sample.annotation_revision for sample in world.all_samples(key)}
    assert revisions == {"a": 2, "b": 2, "c": 2, "d": 1}


CHANNELS: list[tuple[str, str, str, dict[str, Any]]] = [
    ("object_detection", "voc", "a.zip", {}),
    ("object_detection", "coco", "a.zip", {}),
    ("object_detection", "yolo", "a.zip", {}),
    ("instance_segmentation", "labelme", "a.zip", {}),
    ("object_detection", "cvat", "a.zip", {}),
    ("text_classification", "label_studio", "a.zip", {}),
    ("image_classification", "image_folder", "a.zip", {}),
    ("image_classification", "images", "a.zip", {}),
    ("text_classification", "text_files", "a.zip", {}),
    ("text_classification", "text_json", "a.zip", {}),
    ("text_classification", "json_lines", "a.zip", {}),
    ("sequence_labelling", "tagged", "a.zip", {"tag_scheme": TagScheme.IOB}),
    ("sequence_labelling", "conll", "a.zip", {"tag_scheme": TagScheme.IOB}),
    ("audio_classification", "sound_folder", "a.zip", {}),
    ("audio_classification", "sound_json", "a.zip", {}),
    ("audio_classification", "sounds", "a.zip", {}),
    ("ocr", "text_line_images", "a.zip", {}),
]
HOSTILE = {
    "no zip": b"this is no zip" * 1000,
    "outside": archive([("../../a.jpg", b"x")]),
    "empty": archive([]),
    "nested": archive([("inner.zip", b"PK")]),
    "foreign": archive([("readme.md", b"x")]),
    "bomb": zip_of("a.bmp", b"x", file_size=3 * 1024**3),
    "encrypted": zip_of("a.txt", b"x", flag_bits=1),
    "truncated": archive(labelled_pairs(5))[:-200],
    "twice": raw_named_archive([b"a.jpg", b"a.jpg"]),
}


@pytest.mark.parametrize(("kind", "format_code", "name", "options"), CHANNELS)
def test_hostile_archives_fail_every_channel_with_a_reason(
    world: World, kind: str, format_code: str, name: str, options: dict[str, Any]
) -> None:
    key = world.dataset(kind=kind, **options)
    for what, body in HOSTILE.items():
        ended = world.imported(key, body, names=[name], format_code=format_code)
        assert ended.state is ImportState.FAILED, what
        assert ended.failure is not None
        assert ended.failure.reason is not FailureReason.INTERNAL, what
        assert world.shards.taken() == []
    assert world.datasets.version(key).sample_count == 0


def test_a_cancelled_copy_leaves_nothing_and_the_next_one_takes_all(world: World) -> None:
    source, key = world.dataset("source"), world.dataset("target")
    world.imported(source, archive(labelled_pairs(5)))
    wanted = SourceVersion(dataset_id=source.dataset_id, version_number=1, take=Take.ALL)
    data_import = world.copying(key, wanted)
    world.planned(data_import)
    (message,) = world.shards.taken()
    assert isinstance(message, ShardMessage)
    world.cancelled(data_import)
    ended = world.worked(message)
    assert ended is not None
    assert (ended.state, ended.reserved) == (ImportState.CANCELLED, 0)
    assert world.datasets.version(key).sample_count == 0
    assert world.copied(key, wanted).accepted == 5


def test_a_copy_whose_original_was_swept_is_told_and_not_taken(world: World) -> None:
    source, key = world.dataset("source"), world.dataset("target")
    world.imported(source, archive(labelled_pairs(3)))
    lost = world.all_samples(source)[1]
    wanted = SourceVersion(dataset_id=source.dataset_id, version_number=1, take=Take.ALL)
    data_import = world.copying(key, wanted)
    world.planned(data_import)
    world.data.delete(blob_key(key.scope, lost.sha256))
    for message in world.shards.taken():
        assert isinstance(message, ShardMessage)
        world.worked(message)

    ended = world.current(data_import)
    assert (ended.state, ended.accepted, ended.rejected) == (ImportState.FINISHED, 2, 1)
    (row,) = world.problems(ended)
    assert (row.file, row.reason) == (lost.name, "content_gone")
    again = world.imported(key, archive(labelled_pairs(3)))
    assert (again.accepted, again.duplicate) == (1, 2)


def test_annotations_of_all_sorts_are_copied_with_a_version(world: World) -> None:
    source = world.dataset("source", kind="object_detection")
    target = world.dataset("target", kind="object_detection")
    box = b'{"labels": [{"name": "nut", "x1": 1, "y1": 2, "x2": 30.5, "y2": 40}]}'
    world.imported(source, archive([("a.jpg", image_bytes(seed=1)), ("a.json", box)]))
    world.copied(target, SourceVersion(dataset_id=source.dataset_id, version_number=1, take=Take.ALL))
    (mine,), (original,) = world.all_samples(target), world.all_samples(source)
    assert mine.annotation == original.annotation
    assert (mine.sha256, mine.width, mine.height) == (original.sha256, 64, 48)


def test_the_report_holds_every_row_and_can_be_filtered_and_downloaded(world: World) -> None:
    key = world.dataset(kind="text_classification")
    lines = [f"text {number}\tx" for number in range(1200)] + ["=1+1\tx", "", "x\0y\tx"] + ["text 1\ty"] * 2
    data_import = world.uploaded(
        key, "\n".join(lines).encode(), names=["=cmd.txt"], format_code="text_labels"
    )
    with pytest.raises(ImportStateError):
        report_url(world.current(data_import), reports=world.reports, data=world.data)
    ended = world.ended(data_import)

    assert (ended.accepted, ended.duplicate, ended.rejected, ended.skipped) == (1201, 2, 1, 1)
    assert len(world.problems(ended, severity=Severity.DUPLICATE, limit=1)) == 2
    assert [row.line for row in world.problems(ended, severity=Severity.REJECTED)] == [1203]
    with urllib.request.urlopen(report_url(ended, reports=world.reports, data=world.data)) as reply:
        rows = list(csv.DictReader(io.StringIO(reply.read().decode("utf-8-sig"))))
    assert len(rows) == len(world.problems(ended)) == 4
    assert rows[0]["file"] == "'=cmd.txt"
    assert set(rows[0]) == {"file", "line", "severity", "reason", "message"}


def test_a_hundred_thousand_problems_are_kept_and_read_page_by_page(world: World) -> None:
    data_import = texts(world)
    for place in range(200):
        part = [
            Problem(file=f"{place}.jpg", line=line, reason="image_type", message="is no image " * 3)
            for line in range(500)
        ]
        world.reports.add(data_import, -1, place, part)
    page, position = world.reports.page(data_import, severity=None, limit=100, position=None)
    assert len(page) == 100
    page, position = world.reports.page(data_import, severity=None, limit=100, position=position)
    assert page[0].line == 100
    assert sum(len(part) for part in world.reports.parts(data_import)) == 100_000
    assert world.reports.page(data_import, severity=Severity.CUT, limit=9, position=None) == ([], None)


def test_a_large_part_of_a_report_lies_among_the_objects(world: World) -> None:
    data_import = texts(world)
    part = [
        Problem(file="".join(chr(0x4E00 + (line * 7919 + i * 104729) % 20000) for i in range(380)),
                line=line, reason="name", message="is long")
        for line in range(500)
    ]  # fmt: skip
    world.reports.add(data_import, 3, 0, part)
    assert any("/reports/" in name for name in world.keys("data"))
    assert world.problems(data_import) == part
    world.reports.remove(data_import)
    assert not any("/reports/" in name for name in world.keys("data"))


def test_the_label_map_of_the_first_import_filters_the_second(world: World) -> None:
    key = world.dataset(kind="sequence_labelling", tag_scheme=TagScheme.IOB)
    first = archive([("part.txt", b"a b\tP-B P-I\n"), ("label_map.json", b'{"P-B": 0, "P-I": 1, "O": 2}')])
    second = archive(
        [("part.txt", b"c d\tP-B O\ne f\tQ-B O\n"), ("label_map.json", b'{"Q-B": 0, "O": 1, "P-B": 2}')]
    )
    assert world.imported(key, first, format_code="tagged").accepted == 1
    assert dict(world.datasets.get(key.scope, key.dataset_id).label_map) == {"P-B": 0, "P-I": 1, "O": 2}
    ended = world.imported(key, second, format_code="tagged")
    assert (ended.accepted, ended.rejected) == (1, 1)
    assert world.problems(ended)[0].reason == "unknown_label"

    other = world.dataset("other", kind="sequence_labelling", tag_scheme=TagScheme.IOB)
    world.copied(other, SourceVersion(dataset_id=key.dataset_id, version_number=1, take=Take.ALL))
    assert dict(world.datasets.get(other.scope, other.dataset_id).label_map) == {"P-B": 0, "P-I": 1, "O": 2}


def test_a_tag_of_another_scheme_fails_the_first_import(world: World) -> None:
    key = world.dataset(kind="sequence_labelling", tag_scheme=TagScheme.IOB)
    body = archive([("a.txt", b"a b\tP-B P-E\n"), ("label_map.json", b'{"P-B": 0, "P-E": 1, "O": 2}')])
    ended = world.imported(key, body, format_code="tagged")
    assert ended.failure is not None
    assert ended.failure.reason is FailureReason.TAG_SCHEME


@pytest.mark.parametrize(
    ("limits", "kind", "options"),
    [
        ({"texts_per_user": 5}, "text_classification", {}),
        ({"texts_per_dataset": 5}, "text_classification", {}),
    ],
)
def test_texts_over_the_quota_are_ignored_and_told(
    world: World, limits: dict[str, int], kind: str, options: dict[str, Any]
) -> None:
    world.limited(**limits)
    key = world.dataset(kind=kind, **options)
    body = "".join(f"text {number}\n" for number in range(8)).encode()
    ended = world.imported(key, body, names=["a.txt"], format_code="text_lines")
    assert (ended.state, ended.accepted, ended.ignored) == (ImportState.FINISHED, 5, 3)
    assert {row.reason for row in world.problems(ended, severity=Severity.IGNORED)} == {"ignored_volume"}
    full = world.imported(key, b"more\n", names=["a.txt"], format_code="text_lines")
    assert full.failure is not None
    assert full.failure.reason is FailureReason.VOLUME_LIMIT


def test_sequences_have_a_quota_of_their_account(world: World) -> None:
    world.limited(sequences_per_account=2, texts_per_user=1)
    key = world.dataset(kind="sequence_labelling", tag_scheme=TagScheme.IO)
    body = b"a O\n\nb O\n\nc O\n"
    ended = world.imported(key, body, names=["a.txt"], format_code="conll")
    assert (ended.accepted, ended.ignored) == (2, 1)
