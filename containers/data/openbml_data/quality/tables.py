"""Profiles of a table's columns, read lazily: no more than a few columns are in memory at once."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import polars as pl

from openbml_data.quality.distributions import even_edges
from openbml_formats.quality import (
    LISTED_COLUMNS,
    LISTED_VALUES,
    ColumnProfile,
    Finding,
    FindingSeverity,
    TableQuality,
    TopValue,
)

_EXACT_ROWS = 1_000_000
_COLUMNS_AT_ONCE = 8
_TEXT_CHARACTERS = 100
_MISSING_SHARE = 0.3
_OUTLIER_SHARE = 0.05
_IDENTIFIER_SHARE = 0.95
_IDENTIFIER_ROWS = 100
_REACH = 1.5
_QUANTILES = {"p5": 0.05, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p95": 0.95}


def profiled(table: pl.LazyFrame) -> TableQuality:
    """Return the profile of a table.

    Of more than a million rows, distinct values are estimated, quantiles and top values are those of every
    second, third … row, and rows are not compared with each other.
    """
    schema = table.collect_schema()
    rows = int(table.select(pl.len()).collect(engine="streaming").item())
    names = schema.names()[:LISTED_COLUMNS]
    step = max(1, -(-rows // _EXACT_ROWS))
    columns: list[ColumnProfile] = []
    for start in range(0, len(names), _COLUMNS_AT_ONCE):
        part = names[start : start + _COLUMNS_AT_ONCE]
        figures = _figures(table, {name: schema[name] for name in part}, step)
        columns += [_profile(table, name, schema[name], figures, rows, step) for name in part]
    return TableQuality(
        rows=rows,
        column_count=len(schema),
        duplicate_rows=_duplicate_rows(table, rows) if step == 1 and rows and names else None,
        columns=_with_twins(table, columns, rows),
    )


def table_findings(quality: TableQuality) -> list[Finding]:
    found = []
    columns, rows = quality.columns, max(1, quality.rows)
    missing = [column for column in columns if column.missing > _MISSING_SHARE * rows]
    found += _named("columns_missing", "of their values missing", missing, f"more than {_MISSING_SHARE:.0%} ",
                    "Leave them out, or fill the gaps.")  # fmt: skip
    constant = [column for column in columns if column.constant]
    found += _named("columns_constant", "one value only", constant, "", "They tell a model nothing.")
    twins = [column for column in columns if column.same_as is not None]
    found += _named("columns_duplicate", "the values of another column", twins, "", "One of each is enough.")
    wild = [column for column in columns if (column.outliers or 0) > _OUTLIER_SHARE * rows]
    found += _named("columns_outliers", f"more than {_OUTLIER_SHARE:.0%} outliers", wild, "",
                    "Check the values; consider a logarithm.")  # fmt: skip
    identifiers = [column for column in columns if _is_identifier(column, quality.rows)]
    found += _named("columns_identifiers", "nearly as many values as rows", identifiers, "",
                    "Identifiers let a model learn rows by heart; leave them out.")  # fmt: skip
    if quality.duplicate_rows:
        found.append(
            Finding(
                severity=FindingSeverity.WARNING,
                code="rows_duplicate",
                message=f"{quality.duplicate_rows} rows repeat another one",
                advice="Repeats in training and test make results look better than they are.",
                count=quality.duplicate_rows,
            )
        )
    return found


def _named(code: str, what: str, columns: Sequence[ColumnProfile], how: str, advice: str) -> list[Finding]:
    if not columns:
        return []
    names = ", ".join(column.name[:60] for column in columns[:10])
    more = f" and {len(columns) - 10} more" if len(columns) > 10 else ""
    return [
        Finding(
            severity=FindingSeverity.WARNING,
            code=code,
            message=f"{'1 column has' if len(columns) == 1 else f'{len(columns)} columns have'} {how}{what}: "
            f"{names}{more}",
            advice=advice,
            count=len(columns),
        )
    ]


def _is_identifier(column: ColumnProfile, rows: int) -> bool:
    whole = column.type.startswith(("Int", "UInt", "String"))
    return whole and rows >= _IDENTIFIER_ROWS and column.distinct >= _IDENTIFIER_SHARE * rows


def _figures(table: pl.LazyFrame, schema: dict[str, Any], step: int) -> dict[str, Any]:
    """Return one row of figures of some columns, in one pass; keys are `{place}/{figure}`."""
    wanted = []
    for place, (name, kind) in enumerate(schema.items()):
        column = pl.col(name)
        count = column.n_unique() if step == 1 else column.approx_n_unique()
        figures = {"missing": column.null_count(), "distinct": count}
        if kind.is_numeric():
            number = column.cast(pl.Float64)
            finite = number.filter(number.is_finite())
            figures |= {
                "unusual": number.is_nan().sum() + number.is_infinite().sum(),
                "zeros": (number == 0).sum(),
            }
            figures |= {"min": finite.min(), "max": finite.max(), "mean": finite.mean(), "std": finite.std()}
            figures |= {
                key: finite.gather_every(step).quantile(share, "linear") for key, share in _QUANTILES.items()
            }
        elif kind.is_temporal():
            figures |= {"min": column.min(), "max": column.max()}
        else:
            length = column.cast(pl.String).str.len_chars()
            figures |= {"min": length.min(), "max": length.max(), "mean": length.mean(), "std": length.std()}
        wanted += [figure.alias(f"{place}/{key}") for key, figure in figures.items()]
    row = table.select(wanted).collect(engine="streaming").row(0, named=True)
    names = list(schema)
    found: dict[str, Any] = {name: {} for name in names}
    for key, value in row.items():
        number, figure = key.split("/")
        found[names[int(number)]][figure] = value
    return found


def _profile(
    table: pl.LazyFrame, name: str, kind: Any, figures: dict[str, Any], rows: int, step: int
) -> ColumnProfile:
    row = figures[name]
    missing, distinct = int(row["missing"]), int(row["distinct"])
    numeric = kind.is_numeric()
    values = {key: row.get(key) for key in ("mean", "std", *_QUANTILES)}
    edges: Sequence[float] = ()
    counts: Sequence[int] = ()
    outliers = None
    if numeric and row["min"] is not None:
        edges = even_edges(row["min"], row["max"])
        counts, outliers = _spread(table, name, edges, row)
    return ColumnProfile(
        name=name[:200],
        type=str(kind),
        missing=missing + int(row.get("unusual") or 0),
        distinct=distinct - (1 if missing and step == 1 else 0),
        sampled=step > 1,
        min=_shown(row["min"], text=not numeric and not kind.is_temporal()),
        max=_shown(row["max"], text=not numeric and not kind.is_temporal()),
        **values,
        outliers=outliers,
        zeros=row.get("zeros"),
        edges=edges,
        counts=counts,
        top=_top(table, name, step),
        constant=rows > 0 and distinct <= 1,
    )


def _spread(
    table: pl.LazyFrame, name: str, edges: Sequence[float], row: dict[str, Any]
) -> tuple[Sequence[int], int]:
    reach = _REACH * (row["p75"] - row["p25"])
    low, high = row["p25"] - reach, row["p75"] + reach
    value = pl.col(name).cast(pl.Float64)
    finite = value.filter(value.is_finite())
    below = [(finite < edge).sum().alias(str(place)) for place, edge in enumerate(edges[1:-1])]
    outside = ((finite < low) | (finite > high)).sum().alias("outside")
    counted = table.select(*below, outside, finite.count().alias("all")).collect(engine="streaming").row(0)
    borders = [0, *counted[:-2], counted[-1]]
    counts = [after - before for before, after in pairwise(borders)]
    return counts, int(counted[-2])


def _top(table: pl.LazyFrame, name: str, step: int) -> Sequence[TopValue]:
    groups = (
        table.select(pl.col(name).gather_every(step).drop_nulls().alias("value"))
        .group_by("value")
        .len("count")
    )
    found = groups.sort("count", "value", descending=[True, False]).head(LISTED_VALUES)
    rows = found.collect(engine="streaming").rows()
    return [TopValue(value=str(value)[:_TEXT_CHARACTERS], count=count * step) for value, count in rows]


def _shown(value: Any, *, text: bool) -> str | None:
    if value is None:
        return None
    return f"{value} characters" if text else f"{value:.12g}" if isinstance(value, float) else str(value)


def _duplicate_rows(table: pl.LazyFrame, rows: int) -> int:
    return rows - int(table.select(pl.struct(pl.all()).hash().n_unique()).collect(engine="streaming").item())


def _with_twins(table: pl.LazyFrame, columns: list[ColumnProfile], rows: int) -> list[ColumnProfile]:
    """Tell which columns repeat an earlier one; those with the same figures are compared value by value."""
    seen: dict[tuple[Any, ...], list[str]] = {}
    told = []
    for column in columns:
        key = (column.type, column.missing, column.distinct, column.min, column.max, column.mean, column.top)
        others = seen.setdefault(_hashable(key), [])
        twin = next((name for name in others if rows and _same(table, name, column.name)), None)
        if twin is None:
            others.append(column.name)
        told.append(column.model_copy(update={"same_as": twin}) if twin else column)
    return told


def _hashable(key: tuple[Any, ...]) -> tuple[Any, ...]:
    return (*key[:-1], tuple((value.value, value.count) for value in key[-1]))


def _same(table: pl.LazyFrame, first: str, second: str) -> bool:
    equal = pl.col(first).eq_missing(pl.col(second)).all()
    return bool(table.select(equal).collect(engine="streaming").item())
