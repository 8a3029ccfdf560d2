"""The feature map: raw rows become the matrix that models see, the same in training and in serving.

A document (`features.json` of a model folder), numpy only. docs/guides/tabular-data.md describes it.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from itertools import chain
from operator import itemgetter
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

from openbml_kit.tables.column_maps import CategoryColumn, ColumnMap, IgnoredColumn, NumberColumn
from openbml_kit.tables.feature_steps import FeatureStep
from openbml_kit.tables.features import Feature
from openbml_kit.tables.raw_values import LARGEST, WrongTypeError

Floats = npt.NDArray[np.float32]

_ABSENT = object()
_PLAIN = frozenset({float, int, type(None)})


class RowError(ValueError):
    """A row that a model cannot take.

    Attributes:
        row: its place, from 0.
        column: the feature that is wrong.
        reason: what is wrong with it, in English.
    """

    def __init__(self, row: int, column: str, reason: str) -> None:
        super().__init__(f"row {row}: feature {column!r} {reason}")
        self.row = row
        self.column = column
        self.reason = reason


class _Reading(NamedTuple):
    name: str
    add: Callable[[list[float], Any], object]


class FeatureMap(BaseModel):
    """Attributes:
    columns: all columns of the training table, those that are no features, too.
    steps: what is done to the features of the columns, one after the other.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["openbml.features/1"] = "openbml.features/1"
    columns: tuple[ColumnMap, ...]
    steps: tuple[FeatureStep, ...] = ()

    @cached_property
    def column_features(self) -> Sequence[Feature]:
        """The features before the steps."""
        return [feature for column in self.columns for feature in column.features]

    @cached_property
    def features(self) -> Sequence[Feature]:
        """The matrix's columns."""
        features = self.column_features
        for step in self.steps:
            features = step.features(features)
        return features

    @cached_property
    def feature_columns(self) -> Sequence[ColumnMap]:
        """The columns that a row must have."""
        return [column for column in self.columns if not isinstance(column, IgnoredColumn)]

    def encode_rows(self, rows: Sequence[Mapping[str, Any]]) -> Floats:
        """Return the features of rows, shape (len(rows), len(features)).

        A value may be null where it is missing. Columns of the training table that are no features may be
        there; they are not looked at.

        Raises:
            RowError: a feature is missing, one is too many, or one has a type that its column does not take.
        """
        matrix = self._plain_numbers(rows)
        if matrix is None:
            encoded = [self._encoded(number, row) for number, row in enumerate(rows)]
            matrix = np.array(encoded, np.float32).reshape(len(rows), len(self.column_features))
        return self.stepped(matrix)

    def _plain_numbers(self, rows: Sequence[Mapping[str, Any]]) -> Floats | None:
        """Return the matrix of rows that hold a number or nothing for every feature, None for all others.

        It is what reading value by value gives, in a quarter of the time.
        """
        take, width = self._take_numbers, len(self._readings)
        if take is None or any(len(row) != width for row in rows):
            return None
        try:
            values = [take(row) for row in rows]
            if not _PLAIN.issuperset(map(type, chain.from_iterable(values))):
                return None
            matrix = np.array(values, np.float64).reshape(len(rows), width)
        except (KeyError, OverflowError):
            return None
        matrix[np.abs(matrix) > LARGEST] = np.nan
        return matrix.astype(np.float32)

    def encode_columns(self, columns: Mapping[str, Sequence[Any]]) -> Floats:
        """Return the features of a table that is given by columns, all of one length.

        Raises:
            RowError: as for `encode_rows`; the row is 0 where a whole column is missing or too many.
        """
        self._refuse_others(0, columns)
        parts = [
            self.encode_column(column.name, _column(columns, column.name)) for column in self.feature_columns
        ]
        return self.stepped(np.hstack(parts) if parts else np.zeros((0, 0), np.float32))

    def encode_column(self, name: str, values: Sequence[Any], *, strict: bool = True) -> Floats:
        """Return one column's features before the steps, shape (len(values), its features).

        Args:
            strict: without, a value of a type that the column does not take counts as missing.

        Raises:
            RowError: strictly, such a value is there.
        """
        reading = next(reading for reading in self._readings if reading.name == name)
        encoded = [
            self._of_value(number, reading, value, strict=strict) for number, value in enumerate(values)
        ]
        width = sum(feature.column == name for feature in self.column_features)
        return np.array(encoded, np.float32).reshape(len(values), width)

    def stepped(self, matrix: Floats) -> Floats:
        """Return the matrix after all steps."""
        for step, places in self._placed_steps:
            matrix = step.apply(matrix, places)
        return matrix

    @cached_property
    def _placed_steps(self) -> Sequence[tuple[FeatureStep, Sequence[int]]]:
        placed, features = [], self.column_features
        for step in self.steps:
            placed.append((step, step.places(features)))
            features = step.features(features)
        return placed

    @cached_property
    def _readings(self) -> Sequence[_Reading]:
        return [_Reading(column.name, _adding(column)) for column in self.feature_columns]

    @cached_property
    def _take_numbers(self) -> Callable[[Mapping[str, Any]], tuple[Any, ...]] | None:
        """Take a row's values in the features' order, where all of them are numbers."""
        columns = self.feature_columns
        if len(columns) < 2 or not all(isinstance(column, NumberColumn) for column in columns):
            return None
        return itemgetter(*(column.name for column in columns))

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset(column.name for column in self.columns)

    def _encoded(self, number: int, row: Mapping[str, Any]) -> list[float]:
        encoded: list[float] = []
        name = ""
        try:
            for name, add in self._readings:
                add(encoded, row[name])
        except KeyError as error:
            raise _missing(number, name) from error
        except WrongTypeError as error:
            raise RowError(number, name, str(error)) from error
        if len(row) > len(self._readings):
            self._refuse_others(number, row)
        return encoded

    def _of_value(self, number: int, reading: _Reading, value: Any, *, strict: bool) -> list[float]:
        encoded: list[float] = []
        try:
            reading.add(encoded, value)
        except WrongTypeError as error:
            if strict:
                raise RowError(number, reading.name, str(error)) from error
            reading.add(encoded, None)
        return encoded

    def _refuse_others(self, number: int, row: Mapping[str, Any]) -> None:
        for name in row:
            if name not in self._names:
                raise RowError(number, str(name)[:128], "is not one of the model's; leave it out")


def _missing(number: int, name: str) -> RowError:
    return RowError(number, name, "is missing; send null where its value is not known")


def _column(columns: Mapping[str, Sequence[Any]], name: str) -> Sequence[Any]:
    if name not in columns:
        raise _missing(0, name)
    return columns[name]


def _adding(column: ColumnMap) -> Callable[[list[float], Any], object]:
    """Return what appends the features of one value to a row's."""
    if isinstance(column, NumberColumn | CategoryColumn):
        read_number = column.number_reader()
        return lambda encoded, value: encoded.append(read_number(value))
    read = column.reader()
    return lambda encoded, value: encoded.extend(read(value))
