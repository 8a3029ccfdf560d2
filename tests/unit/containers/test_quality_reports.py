"""Quality reports: figures that can be counted by hand, findings that name their samples."""

import io
import math
import struct
import wave

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbml_data import quality_reports
from openbml_data.quality.distributions import Quantity
from openbml_formats.annotations import Annotation, Box, Region, Span
from openbml_formats.data_jobs import DataJobKind
from openbml_formats.operators.near_duplicates import LookIndex
from openbml_formats.quality import QualityReport
from openbml_formats.tag_schemes import TagScheme
from tests.fakes.derivation_workspace import (
    MemoryWorkspace,
    image_sample,
    image_workspace,
    order_of,
    text_workspace,
)
from tests.unit.containers.test_cleanings import jpeg, picture


def reported(workspace: MemoryWorkspace, kind: str, scheme: TagScheme | None = None) -> QualityReport:
    return quality_reports.run(order_of(DataJobKind.QUALITY_REPORT, kind, {}, tag_scheme=scheme), workspace)


def codes(report: QualityReport) -> set[str]:
    return {finding.code for finding in report.findings}


def test_images_are_measured_and_broken_ones_are_named() -> None:
    images = [(jpeg(picture(seed)), Annotation(labels=("a" if seed else "b",))) for seed in range(6)]
    report = reported(image_workspace([*images, (b"broken", None)]), "image_classification")
    assert report.images is not None
    assert report.images.measured == 6
    assert report.images.broken == 1
    assert report.images.width is not None
    assert report.images.width.p50 == 160
    broken = next(finding for finding in report.findings if finding.code == "images_broken")
    assert [sample.name for sample in broken.samples] == ["7.jpg"]
    assert {"unlabelled", "labels_with_few_samples", "images_broken"} <= codes(report)
    assert "b has only 1, a has only 5" in " ".join(finding.message for finding in report.findings)


def test_similar_images_are_grouped_and_contradicting_labels_are_serious() -> None:
    image = picture()
    rows = [
        (jpeg(image), "a"),
        (jpeg(image, 50), "b"),
        (jpeg(image.resize((240, 180))), "a"),
        (jpeg(picture(5)), "a"),
    ]
    report = reported(
        image_workspace([(data, Annotation(labels=(label,))) for data, label in rows]), "image_classification"
    )
    assert report.images is not None
    assert report.images.identical.extra + report.images.similar.extra == 2
    assert "similar_images_differ_in_labels" in codes(report)


def test_odd_boxes_are_counted_and_their_images_named() -> None:
    def box(x1: float, y1: float, x2: float, y2: float, label: str = "a") -> Region:
        return Region(label=label, box=Box(x1=x1, y1=y1, x2=x2, y2=y2))

    regions = (
        box(10, 10, 60, 60),
        box(10, 10, 60, 61),  # nearly the same
        box(10, 10, 60, 60, "b"),  # the same place, another label
        box(1, 1, 4, 4),  # tiny
        box(100, 100, 170, 118),  # outside
        box(0, 0, 160, 120),  # huge
        box(5, 5, 5, 9),  # flat
    )
    report = reported(image_workspace([(jpeg(picture()), Annotation(regions=regions))]), "object_detection")
    assert report.regions is not None
    found = report.regions
    assert (found.overlapping, found.tiny, found.outside, found.huge, found.flat) == (1, 1, 1, 1, 1)
    assert found.per_sample is not None
    assert found.per_sample.max == 7


def test_texts_are_measured_and_repeats_with_other_labels_are_serious() -> None:
    rows = [
        (("我爱 Python",), Annotation(labels=("a",))),
        (("我爱python。",), Annotation(labels=("b",))),
        (("<p>hi</p> me@x.de",), Annotation(labels=("a",))),
        (("  ",), Annotation()),
    ]
    report = reported(text_workspace(rows), "text_classification")
    assert report.texts is not None
    assert report.texts.duplicates.extra == 1
    assert report.texts.empty == 1
    assert report.texts.noise["strip_markup"] == 1
    assert report.texts.noise["remove_emails"] == 1
    assert set(report.texts.scripts) == {"han", "latin"}
    assert {"same_texts_differ_in_labels", "texts_repeated", "texts_empty"} <= codes(report)


def test_pairs_of_twice_the_same_text_are_told() -> None:
    rows = [(("a b", "a b"), Annotation(labels=("1",))), (("a", "c"), Annotation(labels=("0",)))]
    report = reported(text_workspace(rows), "short_text_matching")
    assert report.texts is not None
    assert (report.texts.texts, report.texts.same_pairs) == (4, 1)


def test_entities_are_counted_by_their_chunks() -> None:
    rows = [
        (("Anna", "Lee", "sees", "Bonn"), Annotation(tags=("B-PER", "I-PER", "O", "B-LOC"))),
        (("x", "y"), Annotation(tags=("S-PER", "O"))),
    ]
    report = reported(text_workspace(rows), "sequence_labelling", TagScheme.IOB)
    assert report.sequences is not None
    assert {(row.label, row.chunks, row.mean_length) for row in report.sequences.types} >= {("LOC", 1, 1.0)}
    assert report.sequences.illegal == 1
    assert report.sequences.outside_share == pytest.approx(2 / 6)


def test_entities_that_overlap_or_begin_with_a_blank_are_told() -> None:
    spans = (Span(label="A", start=0, end=4, text="abc "), Span(label="B", start=2, end=5, text="c d"))
    report = reported(text_workspace([(("abc de",), Annotation(spans=spans))]), "entity_extraction")
    assert {"spans_overlapping", "spans_blank_edges"} <= codes(report)


def sound(level: float, *, rate: int = 8000, width: int = 2, seconds: float = 0.5) -> bytes:
    out = io.BytesIO()
    top = 2 ** (8 * width - 1) - 1
    values = [max(-top, min(top, round(top * level * math.sin(n / 5)))) for n in range(int(rate * seconds))]
    packed = b"".join(struct.pack("<i", value)[:width] for value in values)
    with wave.open(out, "wb") as target:
        target.setnchannels(1)
        target.setsampwidth(width)
        target.setframerate(rate)
        target.writeframes(packed)
    return out.getvalue()


def test_sounds_are_judged_by_level_clipping_and_rate() -> None:
    files = [sound(0.5), sound(0.0001), sound(9), sound(0.5, rate=16000, width=3), b"RIFF", sound(0.5)[:40]]
    samples = [image_sample(n, data, name=f"{n}.wav", extension="wav") for n, data in enumerate(files)]
    packed = image_sample(9, b"x", name="9.mp3", extension="mp3", duration_ms=1500)
    blobs = {sample.sha256: data for sample, data in zip(samples, files, strict=True)} | {packed.sha256: b"x"}
    report = reported(MemoryWorkspace([*samples, packed], blobs), "audio_classification")
    found = report.sounds
    assert found is not None
    assert (found.sounds, found.silent, found.clipped, found.broken, found.unmeasured) == (7, 1, 1, 2, 1)
    assert dict(found.sample_rates) == {"8000": 3, "16000": 1}


def test_an_empty_version_has_a_report_without_figures() -> None:
    for kind in ("image_classification", "object_detection", "text_classification", "sequence_labelling"):
        report = reported(MemoryWorkspace([], {}), kind)
        assert report.samples == 0
        assert QualityReport.model_validate_json(report.model_dump_json()) == report


@settings(deadline=None)
@given(st.lists(st.floats(-1e6, 1e6, allow_nan=False), min_size=1, max_size=60))
def test_a_distribution_has_every_value_in_a_bin_and_the_right_mean(values: list[float]) -> None:
    quantity = Quantity()
    for value in values:
        quantity.add(value)
    found = quantity.distribution()
    assert found is not None
    assert sum(found.counts) == len(values)
    assert found.mean == pytest.approx(sum(values) / len(values), abs=1e-3)
    assert found.min <= found.p5 <= found.p50 <= found.p95 <= found.max
    assert found.edges[0] <= found.min
    assert found.max <= found.edges[-1] or found.min == found.max


def test_of_many_values_a_bounded_even_choice_is_kept() -> None:
    quantity = Quantity(kept=1000)
    for value in range(50_000):
        quantity.add(value)
    found = quantity.distribution()
    assert found is not None
    assert found.sampled
    assert (found.count, found.max) == (50_000, 49_999)
    assert found.p50 == pytest.approx(25_000, rel=0.1)


TONES = bytes(range(256))


@settings(deadline=None)
@given(st.integers(0, 2**64 - 1), st.lists(st.integers(0, 63), max_size=7, unique=True))
def test_every_hash_within_the_distance_is_found(look: int, flipped: list[int]) -> None:
    index = LookIndex(7)
    index.keep(1, look, TONES)
    other = look
    for bit in flipped:
        other ^= 1 << bit
    found = index.find(other, TONES)
    assert found is not None
    assert found.distance == len(flipped)


def test_pictures_that_all_share_a_band_cost_a_bounded_number_of_comparisons() -> None:
    index = LookIndex(7)
    for number in range(1_200):
        index.find(number << 40, TONES)
        index.keep(number, number << 40, TONES[::-1])
    assert index.capped > 0
