"""Excel files: what is read of them, and that hostile ones cost little."""

import contextlib
import time
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbml_formats.annotations import Annotation
from openbml_formats.records import SourceFormatError
from openbml_formats.workbooks import WorkbookError, sheet_rows
from tests.fakes.format_files import read, read_settings
from tests.fakes.workbook_files import shared_strings, workbook, workbook_parts, zipped

ENTITIES = read_settings("entity_extraction")
SINGLE = read_settings("text_classification")
SEVERAL = read_settings("text_classification_multi_label")
PAIRS = read_settings("short_text_matching")
HEADER = ["text", "label"]


@pytest.mark.parametrize("shared", [True, False])
def test_the_first_row_is_the_header_and_further_columns_are_passed_over(shared: bool) -> None:
    data = workbook(
        [["text", "remark"], ["Ms Chen <joined>", "x"], ["", "only a remark"], ["第二"]], shared=shared
    )
    records, problems = read("excel", {"a.xlsx": data}, ENTITIES)
    assert [(record.name, record.texts) for record in records] == [
        ("a.xlsx:2", ("Ms Chen <joined>",)),
        ("a.xlsx:4", ("第二",)),
    ]
    assert [problem.reason for problem in problems] == ["text_missing"]


def test_labels_stand_behind_the_text() -> None:
    rows = [HEADER, ["a", "x", "a remark"], ["b"]]
    records, _ = read("excel_labels", {"a.xlsx": workbook(rows)}, SINGLE)
    assert [record.annotation for record in records] == [Annotation(labels=("x",)), Annotation()]
    rows = [HEADER, ["a", "x/y"], ["b", "x", "y"]]
    records, _ = read("excel_labels", {"a.xlsx": workbook(rows)}, SEVERAL)
    assert [record.annotation for record in records] == [Annotation(labels=("x", "y"))] * 2
    records, problems = read(
        "excel_labels", {"a.xlsx": workbook([HEADER, ["a", "b", "1"], ["a", "b"], ["a"]])}, PAIRS
    )
    assert [record.annotation for record in records] == [Annotation(labels=("1",)), Annotation()]
    assert [problem.reason for problem in problems] == ["column_count"]


def test_pairs_take_two_columns_without_labels() -> None:
    records, _ = read("excel", {"a.xlsx": workbook([["a", "b", "c"], ["one", "two", "1"]])}, PAIRS)
    assert [(record.texts, record.annotation) for record in records] == [(("one", "two"), None)]


def test_a_long_cell_is_cut_and_taken() -> None:
    records, problems = read("excel", {"a.xlsx": workbook([["text"], ["x" * 10_001]])}, ENTITIES)
    assert (len(records[0].texts[0]), problems[0].reason) == (10_000, "text_cut")


def test_texts_in_pieces_numbers_truth_values_and_escapes_are_read() -> None:
    parts = workbook_parts([["text"], ["1"], ["2"], ["3"], ["4"]])
    parts["xl/sharedStrings.xml"] = shared_strings(
        [
            "<t>text</t>",
            "<r><t>ri</t></r><r><t>ch</t></r><rPh><t>reading</t></rPh>",
            "<t>a_x000A_b_xD83D__xDE00_</t>",
        ]
    )
    parts["xl/worksheets/s.xml"] = (
        '<x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><x:sheetData>'
        '<x:row><x:c t="s"><x:v>0</x:v></x:c></x:row><x:row><x:c t="s"><x:v>1</x:v></x:c></x:row>'
        '<x:row><x:c t="s"><x:v>2</x:v></x:c></x:row><x:row><x:c><x:f>1+1</x:f><x:v>2.5</x:v></x:c></x:row>'
        '<x:row><x:c t="b"><x:v>1</x:v></x:c></x:row></x:sheetData></x:worksheet>'
    )
    assert [row.cells[0] for row in sheet_rows(zipped(parts))] == ["text", "rich", "a\nb😀", "2.5", "TRUE"]


def test_the_first_sheet_that_people_see_is_read_and_charts_are_not() -> None:
    parts = workbook_parts([["text"], ["seen"]])
    parts["xl/workbook.xml"] = (
        '<workbook xmlns:r="r"><sheets><sheet r:id="c"/><sheet r:id="h" state="hidden"/>'
        '<sheet r:id="rId7"/></sheets></workbook>'
    )
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    parts["xl/_rels/workbook.xml.rels"] = (
        f'<Relationships><Relationship Id="c" Type="{kind}/chartsheet" Target="chartsheets/sheet1.xml"/>'
        f'<Relationship Id="h" Type="{kind}/worksheet" Target="worksheets/hidden.xml"/>'
        f'<Relationship Id="rId7" Type="{kind}/worksheet" Target="/xl/worksheets/s.xml"/></Relationships>'
    )
    parts["xl/chartsheets/sheet1.xml"] = "<chartsheet/>"
    parts["xl/worksheets/hidden.xml"] = "<worksheet/>"
    assert [row.cells for row in sheet_rows(zipped(parts))] == [["text"], ["seen"]]


def test_a_101st_workbook_in_one_upload_is_refused() -> None:
    data = workbook([["text"], ["a"]])
    assert len(read("excel", {f"{n}.xlsx": data for n in range(100)}, ENTITIES)[0]) == 100
    with pytest.raises(SourceFormatError, match="101"):
        read("excel", {f"{n}.xlsx": data for n in range(101)}, ENTITIES)


GOOD = workbook_parts([["text"], ["a"]])
BOMB = (
    "<!DOCTYPE x ["
    + "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 9 if n else "lol"}">' for n in range(9))
    + "]><x>&e8;</x>"
)


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (b"", "no .xlsx"),
        (b"text", "no .xlsx"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "old or an encrypted"),
        (zipped({}), "no workbook"),
        (zipped({"a.txt": b"a"}), "no workbook"),
        (zipped(GOOD | {"xl/workbook.xml": "<workbook"}), "not XML"),
        (zipped(GOOD | {"xl/worksheets/s.xml": BOMB}), "document type"),
        (zipped(GOOD | {"xl/sharedStrings.xml": BOMB}), "document type"),
        (zipped(GOOD | {"xl/worksheets/s.xml": "<a>" * 5000}), "nested"),
        (zipped(GOOD | {"xl/sharedStrings.xml": b" " * (65 * 1024 * 1024)}), "at most"),
        (zipped(GOOD | {"xl/sharedStrings.xml": shared_strings([])}), "not there"),
        (
            zipped(GOOD | {"xl/sharedStrings.xml": shared_strings(["<t>" + "x" * 1_100_000 + "</t>"] * 2)}),
            "a cell of",
        ),
        (zipped({f"{n}.xml": b"" for n in range(6000)} | GOOD), "5000 parts"),
        (zipped(GOOD)[:-30], "no .xlsx|damaged"),
        (zipped({name: data for name, data in GOOD.items() if "worksheets" not in name}), "no sheet"),
    ],
)
def test_what_is_no_workbook_is_refused_fast_and_small(data: bytes, named: str) -> None:
    began = time.monotonic()
    tracemalloc.start()
    with pytest.raises(SourceFormatError, match=named) as refused:
        read("excel", {"a.xlsx": data}, ENTITIES)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert str(refused.value).startswith("a.xlsx")
    assert peak < 32 * 1024 * 1024
    assert time.monotonic() - began < 10


def test_a_part_that_lies_before_the_file_is_damage() -> None:
    data = bytearray(workbook([["text"], ["a"]]))
    for place in range(len(data) - 22, len(data)):
        for value in (0, 1, 127, 255):
            broken = data[:place] + bytes([value]) + data[place + 1 :]
            with contextlib.suppress(WorkbookError):
                list(sheet_rows(bytes(broken)))


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_damaged_workbook_gives_rows_or_one_error(data: st.DataObject) -> None:
    broken = bytearray(workbook([["text", "b"], ["a", "天气"], ["c"]]))
    for _ in range(data.draw(st.integers(1, 8))):
        broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))
    for size in (len(broken), data.draw(st.integers(0, len(broken)))):
        with contextlib.suppress(WorkbookError):
            list(sheet_rows(bytes(broken[:size])))


@settings(max_examples=150, deadline=None)
@given(st.text(st.characters(codec="utf-8"), max_size=80), st.sampled_from(sorted(GOOD)), st.integers(0, 400))
def test_a_workbook_with_anything_in_a_part_gives_rows_or_one_error(text: str, part: str, place: int) -> None:
    whole = str(GOOD[part])
    try:
        list(sheet_rows(zipped(GOOD | {part: whole[:place] + text + whole[place:]})))
    except WorkbookError:
        return
