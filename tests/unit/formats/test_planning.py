"""Plans: shards of bounded weight, texts once, what is over the volume told."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbml_catalog.datasets import dataset_kinds
from openbml_formats.annotations import Annotation
from openbml_formats.planned import PlannedSample, StoredFile, packed_plan, unpacked_plan
from openbml_formats.planning import (
    SHARD_BYTES,
    SHARD_SAMPLES,
    LocatedSource,
    PlanLimits,
    plan_upload,
    weight_of,
    write_plan,
)
from openbml_formats.protocols import ReadSettings, Shared
from openbml_formats.records import Problem, Severity, SourceFormatError
from openbml_formats.sources import FilesInMemory
from openbml_formats.tag_schemes import TagScheme

MIB = 1024 * 1024


class Kept:
    """A plan's output in memory."""

    def __init__(self) -> None:
        self.shards: list[Sequence[PlannedSample]] = []
        self.problems: list[Problem] = []
        self.known: Shared | None = None

    def shard(self, index: int, samples: Sequence[PlannedSample]) -> None:
        assert index == len(self.shards)
        self.shards.append(unpacked_plan(packed_plan(samples)))

    def shared(self, shared: Shared) -> None:
        self.known = shared

    def problem(self, problem: Problem) -> None:
        self.problems.append(problem)


class LocatedFiles(FilesInMemory):
    def content(self, name: str) -> StoredFile:
        return StoredFile(key=name, size=1)


def text(number: int, *texts: str) -> PlannedSample:
    return PlannedSample(name=f"a.txt:{number}", file="a.txt", line=number, texts=texts)


@given(st.lists(st.integers(0, 4 * MIB), max_size=60))
def test_shards_keep_the_order_and_their_bounds(sizes: list[int]) -> None:
    samples = [
        PlannedSample(name=str(place), content=StoredFile(key=str(place), size=size))
        for place, size in enumerate(sizes)
    ]
    output = Kept()
    summary = write_plan(lambda: iter(samples), PlanLimits(room=10**6), output)
    assert [sample for shard in output.shards for sample in shard] == samples
    assert (summary.entries, summary.shards) == (len(samples), len(output.shards))
    for shard in output.shards:
        assert len(shard) <= SHARD_SAMPLES
        assert len(shard) == 1 or sum(map(weight_of, shard)) <= SHARD_BYTES


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz")), max_size=30))
def test_of_equal_texts_the_last_is_taken(pairs: list[tuple[str, str]]) -> None:
    samples = [text(number, *pair) for number, pair in enumerate(pairs, start=1)]
    output = Kept()
    summary = write_plan(lambda: iter(samples), PlanLimits(room=100, unique_texts=True), output)
    last = {pair: number for number, pair in enumerate(pairs, start=1)}
    assert summary.entries == len(last)
    assert sorted(sample.line or 0 for shard in output.shards for sample in shard) == sorted(last.values())
    assert all(problem.severity is Severity.DUPLICATE for problem in output.problems)
    assert len(output.problems) == len(pairs) - len(last)


def test_texts_joined_differently_are_different() -> None:
    samples = [text(1, "a", "bc"), text(2, "ab", "c"), text(3, "abc", "")]
    summary = write_plan(lambda: iter(samples), PlanLimits(room=9, unique_texts=True), Kept())
    assert summary.entries == 3


def test_what_is_over_the_room_is_told_one_by_one() -> None:
    output = Kept()
    summary = write_plan(
        lambda: iter([text(number, f"{number}") for number in range(1, 6)]), PlanLimits(room=3), output
    )
    assert (summary.entries, summary.shards) == (3, 1)
    assert [(row.line, row.severity) for row in output.problems] == [
        (4, Severity.IGNORED),
        (5, Severity.IGNORED),
    ]


def settings_of(kind: str, **more: object) -> ReadSettings:
    return ReadSettings.model_validate({"kind": dataset_kinds()[kind], **more})


def test_a_format_without_a_label_map_gets_one_of_its_tags() -> None:
    source: LocatedSource = LocatedFiles({"a.txt": b"Bo B-PER\nis O\n\nin O\nRome B-LOC\n"})
    settings = settings_of("sequence_labelling", tag_scheme=TagScheme.IOB)
    summary = plan_upload("conll", source, settings, PlanLimits(room=9), Kept())
    assert dict(summary.label_map) == {"B-PER": 0, "B-LOC": 1, "O": 2}
    again = settings.model_copy(update={"label_map": summary.label_map})
    assert not plan_upload("conll", source, again, PlanLimits(room=9), Kept()).label_map


def test_sidecars_share_what_the_reader_found() -> None:
    output = Kept()
    source = LocatedFiles({"a.jpg": b"x", "a.json": b"{}"})
    plan_upload("json", source, settings_of("object_detection"), PlanLimits(room=9), output)
    assert output.known is not None
    ((sample,),) = output.shards
    assert (sample.content, sample.sidecar) == (
        StoredFile(key="a.jpg", size=1),
        StoredFile(key="a.json", size=1),
    )


@pytest.mark.parametrize(
    ("files", "reason"),
    [({"a.txt": "价格".encode("gbk")}, "encoding"), ({"a.pdf": b"x"}, "archive_format")],
)
def test_an_unfit_source_says_what_kind_of_fault_it_has(files: dict[str, bytes], reason: str) -> None:
    with pytest.raises(SourceFormatError) as caught:
        plan_upload(
            "text_lines", LocatedFiles(files), settings_of("text_classification"), PlanLimits(room=9), Kept()
        )
    assert caught.value.reason == reason


def test_a_heavy_annotation_weighs() -> None:
    light = PlannedSample(name="a", annotation=Annotation(labels=("x",)))
    heavy = PlannedSample(name="a", annotation=Annotation(tags=("O",) * 10_000))
    assert weight_of(heavy) > weight_of(light) + 100_000
