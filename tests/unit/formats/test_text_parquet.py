"""Texts as Parquet, and that no format of the catalogue lacks its module."""

import io

import pyarrow.parquet
import pytest

from openbml_catalog.datasets import data_formats
from openbml_formats.annotations import Annotation, Span
from openbml_formats.readers import reader_of
from openbml_formats.writers import writer_of
from tests.fakes.format_files import export_samples, read_settings, written
from tests.unit.formats.text_strategies import TextSample

TABLES = {"table", "time_series"}


@pytest.mark.parametrize(
    "code", [found.code for found in data_formats().values() if set(found.reads) - TABLES]
)
def test_every_format_that_samples_are_read_from_has_a_reader(code: str) -> None:
    assert callable(reader_of(code).records)


@pytest.mark.parametrize(
    "code", [found.code for found in data_formats().values() if set(found.writes) - TABLES]
)
def test_every_format_that_samples_are_written_to_has_a_writer(code: str) -> None:
    assert callable(writer_of(code).write)


@pytest.mark.parametrize(
    ("kind", "samples", "rows"),
    [
        (
            "text_classification",
            [(["a\nb"], Annotation(labels=("x",))), (["c"], Annotation())],
            [{"text": "a\nb", "label": "x"}, {"text": "c", "label": None}],
        ),
        (
            "text_classification_multi_label",
            [(["a"], Annotation(labels=("x", "y/z"))), (["b"], Annotation())],
            [{"text": "a", "labels": ["x", "y/z"]}, {"text": "b", "labels": []}],
        ),
        (
            "short_text_matching",
            [(["a", "天气"], Annotation(labels=("1",)))],
            [{"text1": "a", "text2": "天气", "label": 1}],
        ),
        (
            "entity_extraction",
            [(["Ada"], Annotation(spans=(Span(label="PER", start=0, end=3, text="Ada"),)))],
            [{"text": "Ada", "spans": [{"label": "PER", "start": 0, "end": 3, "text": "Ada"}]}],
        ),
        (
            "sequence_labelling",
            [(["New York", "x"], Annotation(tags=("LOC-B", "O")))],
            [{"tokens": ["New York", "x"], "tags": ["LOC-B", "O"]}],
        ),
    ],
)
def test_samples_are_rows_of_parquet(
    kind: str, samples: list[TextSample], rows: list[dict[str, object]]
) -> None:
    archive = written("parquet", read_settings(kind), export_samples(samples))
    assert pyarrow.parquet.read_table(io.BytesIO(archive.files["data.parquet"])).to_pylist() == rows


def test_many_samples_are_written_group_by_group() -> None:
    samples = export_samples([(["text"], Annotation())] * 25_000)
    data = written("parquet", read_settings("text_classification"), samples).files["data.parquet"]
    found = pyarrow.parquet.ParquetFile(io.BytesIO(data))
    assert (found.metadata.num_rows, found.num_row_groups) == (25_000, 3)


def test_no_sample_is_an_empty_table() -> None:
    data = written("parquet", read_settings("text_classification"), []).files["data.parquet"]
    assert pyarrow.parquet.read_table(io.BytesIO(data)).num_rows == 0
