"""Steps from features to features: what feature engineering does to the matrix, in training and in serving.

A step names the features that it works on; its figures were taken from training rows. Missing numbers and
codes that training has not seen are NaN and stay NaN unless a step says otherwise.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from openbml_kit.tables.feature_step import Floats, Step, Values, in_float32
from openbml_kit.tables.features import Feature, FeatureKind
from openbml_kit.tables.number_steps import ClipStep, CurveStep, FillStep, LogStep, ScaleStep


class IndicateStep(Step):
    """Adds, for each feature, 1 where it is missing and 0 where it is not."""

    kind: Literal["indicate"] = "indicate"

    def features(self, before: Sequence[Feature]) -> Sequence[Feature]:
        made_of = {feature.name: feature.column for feature in before}
        return [*before, *(_number(f"{name}.missing", made_of[name]) for name in self.names)]

    def apply(self, x: Floats, places: Sequence[int]) -> Floats:
        return np.hstack([x, np.isnan(x[:, places]).astype(np.float32)])


class BinStep(Step):
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


class RegroupStep(Step):
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


class ShareStep(Step):
    """Adds, for each code, the share of training rows that had it; 0 for unseen ones."""

    kind: Literal["share"] = "share"
    shares: tuple[Values, ...]

    def features(self, before: Sequence[Feature]) -> Sequence[Feature]:
        made_of = {feature.name: feature.column for feature in before}
        return [*before, *(_number(f"{name}.share", made_of[name]) for name in self.names)]

    def apply(self, x: Floats, places: Sequence[int]) -> Floats:
        pairs = zip(places, self.shares, strict=True)
        return np.column_stack([x, *(_looked_up(x[:, place], shares, 0.0) for place, shares in pairs)])


class OneHotStep(Step):
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


class CombineStep(Step):
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


class PowerStep(Step):
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


class KeepStep(Step):
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
