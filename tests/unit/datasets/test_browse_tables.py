"""Pages of a table's first rows, and which columns and volumes an import may add."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbml.core.errors import InvalidRequestError
from openbml.datasets.tables.browse_tables import table_rows_page
from openbml.datasets.tables.table_settings import TableSettings, checked_table_settings, table_settings
from openbml.datasets.tables.table_versions import TableColumnsError, TableVolumeError, appended
from openbml_formats.tables.schemas import TableSchema
from openbml_formats.tables.table_imports import (
    DATASET_BYTES,
    ROWS_AT_MOST,
    BrowsePage,
    TableManifest,
    TablePart,
    TableResult,
    packed_rows,
    row_line,
)
from tests.fakes.datasets_memory import MemoryObjectStore

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
COLUMNS = TableSchema.from_lists([0, 1], ["a", "b"], ["a", "b"], ["bigint", "string"])


def result(
    rows: int, *, source_bytes: int = 10, columns: TableSchema = COLUMNS, pages: Any = ()
) -> TableResult:
    part = TablePart(key="part", rows=rows, size_bytes=5, sha256="0")
    return TableResult(
        import_id=1,
        columns=columns,
        rows=rows,
        source_bytes=source_bytes,
        size_bytes=5,
        parts=[part],
        pages=pages,
    )


def browsable(*sizes: int, total: int | None = None) -> tuple[TableManifest, MemoryObjectStore]:
    """Return a table whose row n is [n], in pages of these sizes."""
    data, pages, first = MemoryObjectStore(), [], 0
    for place, size in enumerate(sizes):
        lines = [row_line([number]) for number in range(first, first + size)]
        data.put(f"page{place}", packed_rows(lines), content_type="")
        pages.append(BrowsePage(key=f"page{place}", rows=size))
        first += size
    return appended(None, result(total or first, pages=pages)), data


@given(st.lists(st.integers(1, 9), max_size=5), st.integers(0, 50), st.integers(1, 20))
def test_any_stretch_of_rows_is_found_whatever_the_pages(sizes: list[int], offset: int, limit: int) -> None:
    manifest, data = browsable(*sizes)
    page = table_rows_page(manifest, offset=offset, limit=limit, data=data)
    wanted = [[number] for number in range(sum(sizes))][offset : offset + limit]

    assert page.rows == wanted
    end = offset + len(wanted)
    assert page.next_offset == (end if wanted and end < sum(sizes) else None)


def test_very_long_rows_come_in_smaller_pages() -> None:
    data = MemoryObjectStore()
    data.put("page0", packed_rows([row_line(["x" * 900_000])] * 4), content_type="")
    manifest = appended(None, result(4, pages=[BrowsePage(key="page0", rows=4)]))
    page = table_rows_page(manifest, offset=0, limit=100, data=data)

    assert (len(page.rows), page.next_offset) == (1, 1)


def test_pages_of_later_imports_follow_only_where_there_is_no_gap() -> None:
    whole, _ = browsable(5)
    cut, _ = browsable(5, total=50)
    more = [BrowsePage(key="more", rows=2)]

    assert [page.key for page in appended(whole, result(2, pages=more)).pages] == ["page0", "more"]
    assert [page.key for page in appended(cut, result(2, pages=more)).pages] == ["page0"]


def test_rows_of_other_names_or_types_are_not_added() -> None:
    before = appended(None, result(1))
    for names, types in ((["a", "c"], ["bigint", "string"]), (["a", "b"], ["int", "string"])):
        other = TableSchema.from_lists([0, 1], names, names, types)
        with pytest.raises(TableColumnsError):
            appended(before, result(1, columns=other))


def test_ten_million_rows_and_twenty_gigabytes_are_the_end() -> None:
    full = appended(None, result(ROWS_AT_MOST - 1, source_bytes=DATASET_BYTES - 10))

    assert appended(full, result(1)).rows == ROWS_AT_MOST
    with pytest.raises(TableVolumeError):
        appended(full, result(2))
    with pytest.raises(TableVolumeError):
        appended(full, result(1, source_bytes=11))


def test_settings_are_kept_as_they_were_given() -> None:
    settings = TableSettings.model_validate(
        {"header": "true", "column_error": "skip", "upload_type": "overwrite"}
    )

    assert table_settings(checked_table_settings(settings)) == settings
    assert table_settings({}) == TableSettings()


def test_a_list_of_columns_that_no_record_holds_is_refused() -> None:
    names = [f"c{place}" for place in range(100)]
    lists = {"columns": range(100), "raw_names": ["x" * 4096] * 100, "names": names, "types": ["int"] * 100}

    with pytest.raises(InvalidRequestError):
        checked_table_settings(TableSettings.model_validate({"columns": lists}))
