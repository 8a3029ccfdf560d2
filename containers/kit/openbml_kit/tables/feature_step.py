"""What a step from features to features is."""

from abc import abstractmethod
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

from openbml_kit.tables.features import Feature
from openbml_kit.tables.raw_values import LARGEST

Floats = npt.NDArray[np.float32]
Values = tuple[float, ...]


class UnknownFeatureError(ValueError):
    """A step works on a feature that is not there; a feature map that was fitted has none such."""


class Step(BaseModel):
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

    @abstractmethod
    def apply(self, x: Floats, places: Sequence[int]) -> Floats:
        """Return the matrix after the step, shape (n, len(features)); `x` is not changed."""


class InPlaceStep(Step):
    """A step that turns each of its features into one other number."""

    def apply(self, x: Floats, places: Sequence[int]) -> Floats:
        result = x.copy()
        result[:, places] = in_float32(self.turned(x[:, places].astype(np.float64)))
        return result

    @abstractmethod
    def turned(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return the new values of shape (n, len(names))."""


def in_float32(values: npt.NDArray[np.float64]) -> Floats:
    """Return the values in 32 bits; what these cannot hold is NaN."""
    fits = np.abs(values) <= LARGEST
    return np.where(fits, values, np.nan).astype(np.float32)
