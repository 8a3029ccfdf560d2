"""What a writer takes, the reader of the same format gives back; what it cannot carry, it refuses by name."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openbml_catalog.datasets import data_formats
from openbml_formats.annotations import Annotation
from openbml_formats.protocols import ExportInfo, ReadSettings
from openbml_formats.records import Severity
from openbml_formats.unwritable import UnwritableSampleError
from openbml_formats.writers.tagged import TaggedWriter
from tests.fakes.format_files import ArchiveInMemory, export_samples, read, read_settings, written
from tests.unit.formats.text_strategies import SAMPLES, TextSample

TEXT_KINDS = frozenset(SAMPLES)
PAIRS = [
    (found.code, kind)
    for found in data_formats().values()
    for kind in found.writes
    if kind in TEXT_KINDS and found.code not in ("parquet", "text_lines")
]


def settings_of(kind: str) -> ReadSettings:
    return read_settings(kind, scheme="IOB" if kind == "sequence_labelling" else None)


def writable(format_code: str, kind: str, samples: list[TextSample]) -> list[TextSample]:
    """Return the samples that the writer takes; the refused ones name a format that takes them."""
    taken = []
    for sample in samples:
        try:
            written(format_code, settings_of(kind), export_samples([sample]))
            taken.append(sample)
        except UnwritableSampleError as error:
            for carrier in error.carriers:
                written(carrier, settings_of(kind), export_samples([sample]))
    return taken


def test_every_text_kind_has_a_format_that_carries_everything() -> None:
    assert {kind for code, kind in PAIRS if code == "json_lines"} == TEXT_KINDS


@pytest.mark.parametrize(("format_code", "kind"), PAIRS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_what_is_written_is_read_again_without_loss(format_code: str, kind: str, data: st.DataObject) -> None:
    samples = writable(format_code, kind, data.draw(st.lists(SAMPLES[kind], min_size=1, max_size=5)))
    if format_code == "json_lines":
        assert samples, "json_lines carries everything"
    if not samples:
        return
    archive = written(format_code, settings_of(kind), export_samples(samples))
    records, problems = read(format_code, archive.source(), settings_of(kind))
    assert [(record.texts, record.annotation) for record in records] == [
        (tuple(texts), annotation) for texts, annotation in samples
    ]
    assert all(problem.severity is Severity.SKIPPED for problem in problems)


@settings(max_examples=60, deadline=None)
@given(st.lists(SAMPLES["entity_extraction"], min_size=1, max_size=5))
def test_text_lines_give_back_the_texts_of_entity_extraction(samples: list[TextSample]) -> None:
    samples = writable("text_lines", "entity_extraction", samples)
    if samples:
        archive = written("text_lines", settings_of("entity_extraction"), export_samples(samples))
        records, _ = read("text_lines", archive.source(), settings_of("entity_extraction"))
        assert [record.texts for record in records] == [tuple(texts) for texts, _ in samples]


@pytest.mark.parametrize(
    ("format_code", "kind", "texts", "annotation"),
    [
        ("text_labels", "text_classification", ["two\nlines"], Annotation(labels=("a",))),
        ("text_labels", "text_classification", ["a\ttab"], Annotation(labels=("a",))),
        ("text_labels", "text_classification_multi_label", ["text"], Annotation(labels=("a/b", "c"))),
        ("text_labels", "short_text_matching", ["a\ttab", "b"], Annotation(labels=("1",))),
        ("text_lines", "entity_extraction", ["two\nlines"], Annotation()),
        ("tagged", "sequence_labelling", ["New York"], Annotation(tags=("LOC-B",))),
        ("tagged", "sequence_labelling", ["York"], Annotation()),
        ("conll", "sequence_labelling", ["-DOCSTART-"], Annotation(tags=("O",))),
        ("csv", "text_classification_multi_label", ["text"], Annotation(labels=("a/b",))),
    ],
)
def test_a_refusal_names_the_sample_and_the_format_that_carries_it(
    format_code: str, kind: str, texts: list[str], annotation: Annotation
) -> None:
    with pytest.raises(UnwritableSampleError, match=r"sample 1 .* json_lines"):
        written(format_code, settings_of(kind), export_samples([(texts, annotation)]))


def test_an_exported_label_map_has_the_datasets_numbers_and_what_was_missing() -> None:
    info = read_settings("sequence_labelling", scheme="IOB", label_map={"PER-B": 0, "PER-I": 1, "O": 2})
    archive = written("tagged", info, export_samples([(["a", "b"], Annotation(tags=("LOC-B", "O")))]))
    assert archive.files["label_map.json"] == b'{"PER-B": 0, "PER-I": 1, "O": 2, "LOC-B": 3}'


def test_long_exports_of_sentences_are_cut_into_files_that_an_import_takes() -> None:
    settings_ = settings_of("sequence_labelling")
    samples = export_samples([([f"word{n}", "x"], Annotation(tags=("O", "O"))) for n in range(20)])
    archive = ArchiveInMemory()
    info = ExportInfo(dataset_name="set", version_number=1, kind=settings_.kind, labels=())
    TaggedWriter(part_bytes=40).write(info, samples, archive)
    assert len(archive.files) == 5
    records, _ = read("tagged", archive.source(), settings_)
    assert [record.texts[0] for record in records] == [f"word{n}" for n in range(20)]
