"""Any bytes under any format give samples, problems or one typed error, soon and in little memory."""

import contextlib
import time
import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openbml_catalog.datasets import data_formats, dataset_kinds
from openbml_formats.protocols import ReadSettings
from openbml_formats.readers import reader_of
from openbml_formats.records import Problem, Record, SourceFormatError
from openbml_formats.sources import FilesInMemory
from openbml_formats.unwritable import UnwritableSampleError
from tests.fakes.format_files import export_samples, read, read_settings, written
from tests.fakes.workbook_files import workbook
from tests.unit.formats.text_strategies import SAMPLES

READ = [
    (found.code, kind)
    for found in data_formats().values()
    for kind in found.reads
    if kind in SAMPLES and found.code not in ("parquet", "label_studio")
]
SUFFIXES = {
    "tagged": ".txt",
    "text_files": ".txt",
    "text_json": ".txt",
    "excel": ".xlsx",
    "excel_labels": ".xlsx",
}
PIECES = st.one_of(
    st.binary(max_size=30),
    st.sampled_from(
        [
            b"\n",
            b"\r\n",
            b"\t",
            b"a\tb",
            b"x y\tO P-B\n",
            b'{"text": "a", "labels": ["x"]}\n',
            b"[",
            b'"',
            b"\xef\xbb\xbf",
            b"\0",
            b",",
            b"\xff\xfe",
        ]
    ),
    st.text(max_size=10).map(lambda text: text.encode("utf-8", "surrogatepass")),
)


def settings_of(kind: str) -> ReadSettings:
    return read_settings(kind, scheme="IOB" if kind == "sequence_labelling" else None)


def file_name(format_code: str) -> str:
    found = data_formats()[format_code]
    return "a" + (SUFFIXES.get(format_code) or found.suffixes[0])


def check(records: list[Record], problems: list[Problem], kind: str) -> None:
    found = dataset_kinds()[kind]
    names = [record.name for record in records]
    assert len(set(names)) == len(names)
    for record in records:
        assert all(text for text in record.texts)
        "".join(record.texts).encode()
        if found.text_limit:
            assert all(len(text) <= found.text_limit for text in record.texts)
        if record.annotation:
            assert len(record.annotation.labels) <= 1 or found.several
            assert len(record.annotation.tags) in (0, len(record.texts))
    assert all(problem.message for problem in problems)


@pytest.mark.parametrize(("format_code", "kind"), READ)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(pieces=st.lists(PIECES, max_size=12), extra=st.binary(max_size=40))
def test_any_bytes_give_samples_problems_or_one_error(
    format_code: str, kind: str, pieces: list[bytes], extra: bytes
) -> None:
    files = {file_name(format_code): b"".join(pieces)}
    if format_code == "tagged":
        files["label_map.json"] = extra if len(extra) % 2 else b'{"P-B": 0, "O": 1}'
    if format_code == "text_json":
        files["a.json"] = extra if len(extra) % 2 else b'{"labels": []}'
    with contextlib.suppress(SourceFormatError):
        check(*read(format_code, files, settings_of(kind)), kind)


@pytest.mark.parametrize(
    ("format_code", "kind"), [pair for pair in READ if pair[1] in data_formats()[pair[0]].writes]
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_damaged_export_gives_samples_problems_or_one_error(
    format_code: str, kind: str, data: st.DataObject
) -> None:
    samples = export_samples(data.draw(st.lists(SAMPLES[kind], min_size=1, max_size=4)))
    try:
        files = written(format_code, settings_of(kind), samples).files
    except UnwritableSampleError:
        return
    name = data.draw(st.sampled_from(sorted(files)))
    content = bytearray(files[name])
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content)))
        content[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    with contextlib.suppress(SourceFormatError):
        check(*read(format_code, files | {name: bytes(content)}, settings_of(kind)), kind)


MIB = 1024 * 1024
BOMBS = {
    "tabs": b"\t" * (3 * MIB),
    "one line": b"x" * (3 * MIB),
    "lines": b"\n" * (MIB // 2),
    "short lines": b"a\n" * 20_000,
    "brackets": b"[" * (3 * MIB),
    "quotes": b'"' * (3 * MIB),
    "commas": b"a,b\n" + b"," * MIB,
    "combining": ("e" + "\u0301" * MIB).encode(),
    "wide": "天".encode() * MIB,
    "digits": b'{"text": ' + b"9" * (MIB // 2) + b"}",
}


@pytest.mark.parametrize("bomb", BOMBS)
@pytest.mark.parametrize(("format_code", "kind"), dict(reversed(READ)).items())
def test_a_bomb_costs_little_time_and_memory(format_code: str, kind: str, bomb: str) -> None:
    files = {file_name(format_code): BOMBS[bomb]}
    if format_code == "tagged":
        files["label_map.json"] = b'{"P-B": 0, "O": 1}'
    if format_code == "text_json":
        files["a.json"] = b'{"labels": []}'
    began = time.monotonic()
    tracemalloc.start()
    with contextlib.suppress(SourceFormatError):
        for _ in reader_of(format_code).records(FilesInMemory(files), settings_of(kind)):
            pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 64 * MIB
    assert time.monotonic() - began < 20


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(st.text(max_size=5), max_size=4), max_size=6))
def test_any_cells_of_a_workbook_give_samples_or_problems(rows: list[list[str]]) -> None:
    clean = [[text.encode("utf-8", "ignore").decode() for text in row] for row in rows]
    allowed = [["".join(c for c in text if c.isprintable()) for text in row] for row in clean]
    check(
        *read("excel_labels", {"a.xlsx": workbook(allowed)}, settings_of("text_classification")),
        "text_classification",
    )
