"""Sounds in folders, with json files, and loose ones."""

import zipfile
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbml_formats.annotations import Annotation
from openbml_formats.protocols import SidecarReader
from openbml_formats.readers import reader_of
from openbml_formats.records import ExportSample, NameMismatchError, Picture, Record, SourceFormatError
from openbml_formats.sound_headers import checked_sound
from openbml_formats.sources import FilesInMemory
from tests.fakes.format_files import ZipFileSource, read, read_settings, written
from tests.fakes.sample_data import SAMPLE_DATA
from tests.fakes.sound_files import wav

DATA = SAMPLE_DATA / "audio" / "spoken_digits"
SOUNDS = read_settings("audio_classification")


def labels_of(records: list[Record]) -> list[tuple[str, ...] | None]:
    return [record.annotation.labels if record.annotation else None for record in records]


def test_loose_sounds_are_samples_and_other_files_are_told() -> None:
    records, problems = read("sounds", {"a.wav": b"", "b/c.MP3": b"", "d.m4a": b"", "e.flac": b""}, SOUNDS)
    assert [(record.name, record.member, record.annotation) for record in records] == [
        (name, name, None) for name in ("a.wav", "b/c.MP3", "d.m4a")
    ]
    assert [problem.file for problem in problems] == ["e.flac"]


@pytest.mark.parametrize("around", ["", "train/", "my data/train/"])
def test_the_folder_of_a_sound_is_its_class(around: str) -> None:
    names = [f"{around}one/a.wav", f"{around}one/deeper/b.wav", f"{around}two/a.wav", f"{around}c.wav"]
    records, _ = read("sound_folder", dict.fromkeys(names, b""), SOUNDS)
    assert labels_of(records) == [("one",), ("one",), ("two",), ()]


def test_a_single_folder_is_a_class() -> None:
    records, _ = read("sound_folder", {"one/a.wav": b"", "one/b.wav": b""}, SOUNDS)
    assert labels_of(records) == [("one",), ("one",)]


def test_a_folder_name_that_is_no_label_is_adapted_and_told() -> None:
    records, problems = read(
        "sound_folder", {"dog bark/a.wav": b"", "dog bark/b.wav": b"", "狗/c.wav": b""}, SOUNDS
    )
    assert labels_of(records) == [("dog_bark",), ("dog_bark",)]
    assert [(problem.reason, problem.severity.value) for problem in problems] == [
        ("label_renamed", "changed"),
        ("label_name", "rejected"),
    ]


def test_an_unlabelled_import_of_folders_takes_the_sounds_alone() -> None:
    records, _ = read(
        "sound_folder", {"one/a.wav": b""}, read_settings("audio_classification", labelled=False)
    )
    assert labels_of(records) == [None]


def test_sounds_with_a_json_each_are_pairs_whose_json_is_read_later() -> None:
    files = {"x/a.wav": b"", "x/a.json": b'{"labels": [{"name": "one"}]}'}
    records, _ = read("sound_json", files, SOUNDS)
    assert [(record.member, record.sidecar) for record in records] == [("x/a.wav", "x/a.json")]
    reader = reader_of("sound_json")
    shared = reader.shared(FilesInMemory(files), SOUNDS)  # type: ignore[attr-defined]
    picture = Picture("a.wav", 0, 0)
    assert reader.annotation(files["x/a.json"], picture, shared) == Annotation(labels=("one",))  # type: ignore[attr-defined]


def test_a_sound_without_its_json_makes_the_import_fail_by_name() -> None:
    with pytest.raises(NameMismatchError, match=r"a\.wav"):
        read("sound_json", {"a.wav": b"", "b.json": b"{}"}, SOUNDS)
    with pytest.raises(SourceFormatError, match=r"notes\.txt"):
        read("sound_json", {"a.wav": b"", "a.json": b"{}", "notes.txt": b""}, SOUNDS)


@pytest.mark.parametrize("format_code", ["sound_folder", "sound_json"])
@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a.wav", "one/a.wav", "b.mp3", "../x.wav", "", "CON.wav", "a.b.wav"]),
            st.sampled_from([(), ("one",), ("two",), ("one",)]),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_sounds_survive_the_way_out_and_in(
    format_code: str, samples: list[tuple[str, tuple[str, ...]]]
) -> None:
    sounds = [wav(100 + number) for number in range(len(samples))]
    exported = [
        ExportSample(
            number, name, (), Annotation(labels=labels), "wav", 0, 0, 0, lambda number=number: sounds[number]
        )
        for number, (name, labels) in enumerate(samples)
    ]
    archive = written(format_code, SOUNDS, exported)
    source = archive.source()
    records, problems = read(format_code, source, SOUNDS)
    assert problems == []
    found = Counter()
    for record in records:
        annotation = record.annotation
        if record.sidecar:
            reader: SidecarReader = reader_of(format_code)  # type: ignore[assignment]
            data = archive.files[record.sidecar]
            annotation = reader.annotation(data, Picture("", 0, 0), reader.shared(source, SOUNDS))
        assert annotation is not None
        found[archive.files[record.member or ""], annotation.labels] += 1
    assert found == Counter((sounds[number], labels) for number, (_, labels) in enumerate(samples))


@pytest.mark.skipif(not DATA.is_dir(), reason="the sample sets are not on this machine")
@pytest.mark.parametrize(("name", "each"), [("train.zip", 72), ("test.zip", 12)])
def test_spoken_digits_are_read_by_folder_and_measured(name: str, each: int) -> None:
    source = ZipFileSource(DATA / name)
    records, problems = read("sound_folder", source, SOUNDS)
    counts = Counter(label for labels in labels_of(records) for label in labels or ())
    assert counts == {f"digit_{digit}": each for digit in range(10)}
    assert problems == []
    with zipfile.ZipFile(DATA / name) as archive:
        facts = [checked_sound(archive.read(record.name), limit_s=15) for record in records]
    assert {(fact.extension, fact.sample_rate, fact.channels) for fact in facts} == {("wav", 8000, 1)}
    assert all(100 < fact.duration_ms < 3000 for fact in facts)
