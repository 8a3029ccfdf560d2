"""How one raw column becomes features: the documents of a feature map, and the readers of single values."""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from openbml_formats.tables.written_dates import epoch_seconds, written_date
from openbml_formats.tables.written_numbers import DecimalMark, written_number
from openbml_kit.tables.date_parts import DatePart, part_values
from openbml_kit.tables.features import Feature, FeatureKind
from openbml_kit.tables.raw_values import (
    LARGEST,
    WrongTypeError,
    as_number,
    category_text,
    category_texts,
    described,
    finite,
)
from openbml_kit.tables.text_terms import terms_of, words_of

MOST_CATEGORIES = 10_000
_SHOWN_CHOICES = 100
_NAN = math.nan

# One value becomes as many floats as the column has features.
Reader = Callable[[Any], Sequence[float]]
NumberReader = Callable[[Any], float]


class _Column(BaseModel):
    """Attributes:
    example: a value of training rows, for forms.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    example: int | float | str | None = None

    @property
    def required(self) -> bool:
        return True

    @property
    def choices(self) -> Sequence[str]:
        """Values to choose from in a form; empty where any may be typed."""
        return ()


class NumberColumn(_Column):
    """Attributes:
    mark: what training's texts wrote before the fraction.
    missing_words: texts that training counted as missing, in lower case.
    minimum, maximum: of training rows, for forms; a value may lie outside.
    """

    kind: Literal["number"] = "number"
    mark: DecimalMark = DecimalMark.POINT
    missing_words: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None

    @property
    def features(self) -> Sequence[Feature]:
        return (Feature(name=self.name, column=self.name, kind=FeatureKind.NUMBER),)

    def number_reader(self) -> NumberReader:
        """Return what reads one value. It raises WrongTypeError."""

        def read(value: Any) -> float:
            if type(value) is float or type(value) is int:
                return float(value) if -LARGEST <= value <= LARGEST else _NAN
            return _NAN if value is None else self._odd(value)

        return read

    def _odd(self, value: Any) -> float:
        number = self._of_text(value) if isinstance(value, str) else as_number(value)
        if number is None:
            raise WrongTypeError(f"is {described(value)}; a number is expected")
        return number

    def _of_text(self, text: str) -> float | None:
        number = written_number(text, self.mark)
        if number is None:
            return _NAN if text.strip().lower() in self.missing_words else None
        return finite(number)


class CategoryColumn(_Column):
    """Attributes:
    values: the categories by falling frequency in training; a category's code is its place.
    other: training had more than these; the code behind them stands for all others, unseen ones, too.
    missing: training had missing values; they have the last code.
    """

    kind: Literal["category"] = "category"
    values: tuple[str, ...] = Field(max_length=MOST_CATEGORIES)
    other: bool = False
    missing: bool = False

    @property
    def cardinality(self) -> int:
        return len(self.values) + self.other + self.missing

    @property
    def labels(self) -> Sequence[str | None]:
        """What each code stands for; None is a missing value."""
        return (*self.values, *(["(other)"] if self.other else []), *([None] if self.missing else []))

    @property
    def choices(self) -> Sequence[str]:
        return self.values[:_SHOWN_CHOICES] if len(self.values) <= _SHOWN_CHOICES else ()

    @property
    def features(self) -> Sequence[Feature]:
        kind = FeatureKind.CODE
        return (Feature(name=self.name, column=self.name, kind=kind, cardinality=self.cardinality),)

    def number_reader(self) -> NumberReader:
        """Return what reads one value. It raises WrongTypeError."""
        codes = {text: float(code) for code, text in enumerate(self.values)}
        missing = float(self.cardinality - 1) if self.missing else _NAN
        unseen = float(len(self.values)) if self.other else _NAN

        def read(value: Any) -> float:
            code = codes.get(value) if type(value) is str else None
            if code is not None:
                return code
            texts = category_texts(value)
            return next((codes[text] for text in texts if text in codes), unseen) if texts else missing

        return read


class DateColumn(_Column):
    """Attributes:
    parts: the numbers that are made of a date, in the features' order.
    day_first: how 03/04/2026 is read.
    missing_words: texts that training counted as missing, in lower case.
    """

    kind: Literal["date"] = "date"
    parts: tuple[DatePart, ...] = Field(min_length=1)
    day_first: bool = True
    missing_words: tuple[str, ...] = ()

    @property
    def features(self) -> Sequence[Feature]:
        return [
            Feature(name=f"{self.name}.{part}", column=self.name, kind=FeatureKind.NUMBER)
            for part in self.parts
        ]

    def reader(self) -> Reader:
        """Return what reads one value. It raises WrongTypeError."""
        nothing = [_NAN] * len(self.parts)

        def read(value: Any) -> Sequence[float]:
            seconds = None if value is None else self.seconds(value)
            return nothing if seconds is None else part_values(seconds, self.parts)

        return read

    def seconds(self, value: Any) -> float | None:
        """Return a value's seconds since 1970, None for a missing one. Raises WrongTypeError."""
        if isinstance(value, date):
            return epoch_seconds(value)
        if isinstance(value, float) and math.isnan(value):
            return None
        text = str(value).strip() if isinstance(value, str | int) else ""
        if isinstance(value, str) and (not text or text.lower() in self.missing_words):
            return None
        seconds = written_date(text, day_first=self.day_first) if text else None
        if seconds is None:
            raise WrongTypeError(f"is {described(value)}; a date is expected, such as {self.example!r}")
        return seconds


class TextColumn(_Column):
    """A text's length, its number of words, and its place among training's texts (latent semantic analysis).

    Attributes:
        longest: words of the longest term.
        terms: those that are looked for.
        weights: of each term: its inverse document frequency.
        directions: for each term, its share of each component; shape (len(terms), components).

    Source: Deerwester et al. 1990, "Indexing by latent semantic analysis", JASIS 41(6); the weights are of
    Salton and Buckley 1988, doi:10.1016/0306-4573(88)90021-0.
    """

    kind: Literal["text"] = "text"
    longest: int = Field(default=1, ge=1, le=3)
    terms: tuple[str, ...] = ()
    weights: tuple[float, ...] = ()
    directions: tuple[tuple[float, ...], ...] = ()

    @property
    def components(self) -> int:
        return len(self.directions[0]) if self.directions else 0

    @property
    def features(self) -> Sequence[Feature]:
        names = ["characters", "words", *(f"topic_{place}" for place in range(1, self.components + 1))]
        return [
            Feature(name=f"{self.name}.{name}", column=self.name, kind=FeatureKind.NUMBER) for name in names
        ]

    def reader(self) -> Reader:
        """Return what reads one value. It raises WrongTypeError."""
        places = {term: place for place, term in enumerate(self.terms)}
        weights = np.asarray(self.weights)
        directions = np.asarray(self.directions)
        nothing = [_NAN] * (2 + self.components)

        def read(value: Any) -> Sequence[float]:
            text = category_text(value)
            if not text:
                return nothing
            words = words_of(text)
            if not self.components:
                return [float(len(text)), float(len(words))]
            found = Counter(places[term] for term in terms_of(words, self.longest) if term in places)
            return [float(len(text)), float(len(words)), *_topics(found, weights, directions)]

        return read


def _topics(found: Mapping[int, int], weights: Any, directions: Any) -> Sequence[float]:
    """Return a text's components: its unit vector of term weights, turned into the directions."""
    if not found:
        return [0.0] * directions.shape[1]
    places = np.fromiter(found.keys(), np.int64, len(found))
    vector = np.fromiter(found.values(), np.float64, len(found)) * weights[places]
    topics: list[float] = (vector / np.linalg.norm(vector) @ directions[places]).tolist()
    return topics


class IgnoredColumn(_Column):
    """A column of the table that is no feature; rows may have it, it is not looked at.

    Attributes:
        because: target, weight, group, excluded, constant, empty, identifier, duplicate or selected.
    """

    kind: Literal["ignored"] = "ignored"
    because: str

    @property
    def required(self) -> bool:
        return False

    @property
    def features(self) -> Sequence[Feature]:
        return ()


ColumnMap = Annotated[
    NumberColumn | CategoryColumn | DateColumn | TextColumn | IgnoredColumn, Field(discriminator="kind")
]
