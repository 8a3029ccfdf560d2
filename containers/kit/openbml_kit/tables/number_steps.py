"""Steps that turn numbers into other numbers, one for one."""

from typing import Literal

import numpy as np
import numpy.typing as npt

from openbml_kit.tables.feature_step import InPlaceStep, Values


class FillStep(InPlaceStep):
    """Puts a value where a number is missing."""

    kind: Literal["fill"] = "fill"
    values: Values

    def turned(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.where(np.isnan(values), np.asarray(self.values), values)


class ClipStep(InPlaceStep):
    """Moves numbers beyond the limits onto them."""

    kind: Literal["clip"] = "clip"
    lowest: Values
    highest: Values

    def turned(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.clip(values, np.asarray(self.lowest), np.asarray(self.highest))


class ScaleStep(InPlaceStep):
    """(x - shift) x scale."""

    kind: Literal["scale"] = "scale"
    shifts: Values
    scales: Values

    def turned(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return (values - np.asarray(self.shifts)) * np.asarray(self.scales)


class LogStep(InPlaceStep):
    """sign(x) x log(1 + |x|), which negative numbers have, too."""

    kind: Literal["log"] = "log"

    def turned(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.sign(values) * np.log1p(np.abs(values))


class CurveStep(InPlaceStep):
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
