"""Steps from features to features: what feature engineering does to the matrix, in training and in serving.

A step names the features that it works on; its figures were taken from training rows. Missing numbers and
codes that training has not seen are NaN and stay NaN unless a step says otherwise.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field

from openbml_kit.tables.features import Feature, FeatureKind
from openbml_kit.tables.raw_values import LARGEST

Floats = npt.NDArray[np.float32]
Values = tuple[float, ...]


class UnknownFeatureError(ValueError):
    """A step works on a feature that is not there; a feature map that was fitted has none such."""


class _Step(BaseModel):
    """Attributes:
    names: the features that it works on.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    names: tuple[str, ...]

    def places(self, features: Sequence[Feature]) -> list[int]:
        places = {feature.name: place for place, feature in enumerate(features)}
        try:
            return [places[name] for name in self.names]
        except KeyError as error:
            raise UnknownFeatureError(f"there is no feature {error}") from error

    def features(self, before: Sequence[Feature]) -> Sequence[Feature]:
        """Return the features after the step."""
        return before

    def apply(self, x: Floats, places: Sequence[int]) -> Floats:
        """Return the matrix after the step, shape (n, len(features)); `x` is not changed."""
        raise NotImplementedError


class _InPlaceStep(_Step):
    """A step that turns each of its features into one other number."""

    def apply(self, x: Floats, places: Sequence[int]) -> Floats:
        result = x.copy()
        result[:, places] = in_float32(self.turned(x[:, places].astype(np.float64)))
        return result

    def turned(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return the new values of shape (n, len(names))."""
        raise NotImplementedError


def in_float32(values: npt.NDArray[np.float64]) -> Floats:
    """Return the values in 32 bits; what these cannot hold is NaN."""
    fits = np.abs(values) <= LARGEST
    return np.where(fits, values, np.nan).astype(np.float32)


class FillStep(_InPlaceStep):
    """Puts a value where a number is missing."""

    kind: Literal["fill"] = "fill"
    values: Values

    def turned(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.where(np.isnan(values), np.asarray(self.values), values)


class IndicateStep(_Step):
    """Adds, for each feature, 1 where it is missing and 0 where it is not."""

    kind: Literal["indicate"] = "indicate"

    def features(self, before: Sequence[Feature]) -> Sequence[Feature]:
        made_of = {feature.name: feature.column for feature in before}
        return [*before, *(_number(f"{name}.missing", made_of[name]) for name in self.names)]

    def apply(self, x: Floats, places: Sequence[int]) -> Floats:
        return np.hstack([x, np.isnan(x[:, places]).astype(np.float32)])


class ClipStep(_InPlaceStep):
    """Moves numbers beyond the limits onto them."""

    kind: Literal["clip"] = "clip"
    lowest: Values
    highest: Values

    def turned(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.clip(values, np.asarray(self.lowest), np.asarray(self.highest))


class ScaleStep(_InPlaceStep):
    """(x - shift) x scale."""

    kind: Literal["scale"] = "scale"
    shifts: Values
    scales: Values

    def turned(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return (values - np.asarray(self.shifts)) * np.asarray(self.scales)


class LogStep(_InPlaceStep):
    """sign(x) x log(1 + |x|), which negative numbers have, too."""

    kind: Literal["log"] = "log"

    def turned(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.sign(values) * np.log1p(np.abs(values))


class CurveStep(_InPlaceStep):
    """Reads each number off a curve through points, straight between them and level beyond their ends.

    Attributes:
        inputs: ascending, for each feature.
        outputs: of the inputs, for each feature.
    """

    kind: Literal["curve"] = "curve"
    inputs: tuple[Values, ...]
    outputs: tuple[Values, ...]

    def turned(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        curves = zip(values.T, self.inputs, self.outputs, strict=True)
        return np.column_stack([np.interp(column, inputs, outputs) for column, inputs, outputs in curves])


class BinStep(_Step):
    """Numbers become codes of the intervals that they lie in; an interval has its lower edge, not its upper.

    Attributes:
        edges: between intervals, ascending, for each feature.
        missing: training had missing values; they have the last code.
    """

    kind: Literal["bin"] = "bin"
    edges: tuple[Values, ...]
    missing: tuple[bool, ...]

    def features(self, before: Sequence[Feature]) -> Sequence[Feature]:
        bins = zip(self.edges, self.missing, strict=True)
        return _with_codes(
            before, dict(zip(self.names, (len(edges) + 1 + missing for edges, missing in bins), strict=True))
        )

    def apply(self, x: Floats, places: Sequence[int]) -> Floats:
        result = x.copy()
        for place, edges, missing in zip(places, self.edges, self.missing, strict=True):
            column = x[:, place]
            codes = np.searchsorted(np.asarray(edges), column.astype(np.float64), side="right")
            result[:, place] = np.where(np.isnan(column), len(edges) + 1 if missing else np.nan, codes)
        return result


class RegroupStep(_Step):
    """Codes become other, fewer codes.

    Attributes:
        codes: the new code of each old one, for each feature.
        unseen: the code of categories that training has not seen; None: they stay NaN.
    """

    kind: Literal["regroup"] = "regroup"
    codes: tuple[tuple[int, ...], ...]
    unseen: tuple[int | None, ...]

    def features(self, before: Sequence[Feature]) -> Sequence[Feature]:
        return _with_codes(
            before, {name: max(codes) + 1 for name, codes in zip(self.names, self.codes, strict=True)}
        )

    def apply(self, x: Floats, places: Sequence[int]) -> Floats:
        result = x.copy()
        for place, codes, unseen in zip(places, self.codes, self.unseen, strict=True):
            result[:, place] = _looked_up(x[:, place], codes, np.nan if unseen is None else unseen)
        return result


class ShareStep(_Step):
    """Adds, for each code, the share of training rows that had it; 0 for unseen ones."""

    kind: Literal["share"] = "share"
    shares: tuple[Values, ...]

    def features(self, before: Sequence[Feature]) -> Sequence[Feature]:
        made_of = {feature.name: feature.column for feature in before}
        return [*before, *(_number(f"{name}.share", made_of[name]) for name in self.names)]

    def apply(self, x: Floats, places: Sequence[int]) -> Floats:
        pairs = zip(places, self.shares, strict=True)
        return np.column_stack([x, *(_looked_up(x[:, place], shares, 0.0) for place, shares in pairs)])


class OneHotStep(_Step):
    """Puts in the place of each code a 0 or 1 for every one of its first codes; others are all 0.

    Attributes:
        counts: codes that have a column, for each feature.
    """

    kind: Literal["one_hot"] = "one_hot"
    counts: tuple[int, ...]

    def features(self, before: Sequence[Feature]) -> Sequence[Feature]:
        replaced = set(self.names)
        made_of = {feature.name: feature.column for feature in before}
        kept = [feature for feature in before if feature.name not in replaced]
        pairs = zip(self.names, self.counts, strict=True)
        added = [_number(f"{name}={code}", made_of[name]) for name, count in pairs for code in range(count)]
        return [*kept, *added]

    def apply(self, x: Floats, places: Sequence[int]) -> Floats:
        kept = np.delete(x, places, axis=1)
        pairs = zip(places, self.counts, strict=True)
        hot = [
            (x[:, [place]] == np.arange(count, dtype=np.float32)).astype(np.float32) for place, count in pairs
        ]
        return np.hstack([kept, *hot])


class CombineStep(_Step):
    """Adds a product, ratio, sum or difference of two numbers for each pair; a ratio by 0 is missing.

    Attributes:
        names: first and second of each pair, one after the other.
        operation: what is made of them.
    """

    kind: Literal["combine"] = "combine"
    operation: Literal["product", "ratio", "sum", "difference"]

    def features(self, before: Sequence[Feature]) -> Sequence[Feature]:
        made_of = {feature.name: feature.column for feature in before}
        sign = _SIGNS[self.operation]
        pairs = zip(self.names[::2], self.names[1::2], strict=True)
        return [*before, *(_number(f"{one} {sign} {other}", made_of[one]) for one, other in pairs)]

    def apply(self, x: Floats, places: Sequence[int]) -> Floats:
        one = x[:, places[::2]].astype(np.float64)
        other = x[:, places[1::2]].astype(np.float64)
        return np.hstack([x, in_float32(_combined(one, other, self.operation))])


class PowerStep(_Step):
    """Adds x², x³ … of each number."""

    kind: Literal["power"] = "power"
    degree: int = Field(ge=2, le=4)

    def features(self, before: Sequence[Feature]) -> Sequence[Feature]:
        made_of = {feature.name: feature.column for feature in before}
        powers = range(2, self.degree + 1)
        return [
            *before,
            *(_number(f"{name}^{power}", made_of[name]) for power in powers for name in self.names),
        ]

    def apply(self, x: Floats, places: Sequence[int]) -> Floats:
        base = x[:, places].astype(np.float64)
        return np.hstack([x, *(in_float32(base**power) for power in range(2, self.degree + 1))])


class KeepStep(_Step):
    """Keeps the named features and no others, in their order."""

    kind: Literal["keep"] = "keep"

    def features(self, before: Sequence[Feature]) -> Sequence[Feature]:
        return [before[place] for place in self.places(before)]

    def apply(self, x: Floats, places: Sequence[int]) -> Floats:
        return np.ascontiguousarray(x[:, places])


_SIGNS = {"product": "*", "ratio": "/", "sum": "+", "difference": "-"}


def _combined(one: npt.NDArray[Any], other: npt.NDArray[Any], operation: str) -> npt.NDArray[Any]:
    if operation == "product":
        return one * other
    if operation == "ratio":
        return np.divide(one, other, out=np.full_like(one, np.nan), where=other != 0)
    return one + other if operation == "sum" else one - other


def _number(name: str, column: str) -> Feature:
    return Feature(name=name, column=column, kind=FeatureKind.NUMBER)


def _with_codes(features: Sequence[Feature], cardinalities: Mapping[str, int]) -> Sequence[Feature]:
    changed = {"kind": FeatureKind.CODE}
    return [
        feature.model_copy(update={**changed, "cardinality": cardinalities[feature.name]})
        if feature.name in cardinalities
        else feature
        for feature in features
    ]


def _looked_up(codes: Floats, values: Sequence[float], unseen: float) -> Floats:
    seen = ~np.isnan(codes)
    result = np.full(len(codes), unseen, np.float32)
    result[seen] = np.asarray(values, np.float32)[codes[seen].astype(np.int64)]
    return result


FeatureStep = Annotated[
    FillStep
    | IndicateStep
    | ClipStep
    | ScaleStep
    | LogStep
    | CurveStep
    | BinStep
    | RegroupStep
    | ShareStep
    | OneHotStep
    | CombineStep
    | PowerStep
    | KeepStep,
    Field(discriminator="kind"),
]
