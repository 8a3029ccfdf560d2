"""What one hyper-parameter is and how its text form is checked."""

import json
import math
from collections.abc import Sequence
from enum import StrEnum
from typing import TypeVar

from pydantic import BaseModel, ConfigDict

N = TypeVar("N", int, float)
Value = int | float | str | list[str]


class HyperParameterError(ValueError):
    """A hyper-parameter is wrong; the text names it and says what is allowed."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"hyper-parameter {name} {reason}")
        self.name = name
        self.reason = reason


class ParameterType(StrEnum):
    INTEGER = "integer"
    NUMBER = "number"
    CHOICE = "choice"
    TEXT = "text"
    JSON = "json"  # a JSON list of texts


class HyperParameter(BaseModel):
    """A declared hyper-parameter. Values travel as text, because SageMaker's map holds texts only.

    Attributes:
        tasks: the tasks of the file that have it; empty = all.
        anchors: only networks that start from anchors have it.
        adapters: only networks of these adapters have it; empty = all.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    type: ParameterType
    minimum: float | None = None
    maximum: float | None = None
    choices: Sequence[str] = ()
    default: int | float | str | None
    required: bool = False
    advanced: bool = False
    platform: bool = False
    tasks: Sequence[str] = ()
    anchors: bool = False
    adapters: Sequence[str] = ()
    label_en: str
    label_zh: str
    help_en: str
    help_zh: str

    def parse(self, text: str) -> Value:
        """Return the typed value.

        Raises:
            HyperParameterError: not of the type, or out of range.
        """
        match self.type:
            case ParameterType.INTEGER:
                return self._in_range(self._integer(text))
            case ParameterType.NUMBER:
                return self._in_range(self._number(text))
            case ParameterType.CHOICE:
                if text not in self.choices:
                    raise HyperParameterError(
                        self.name, f"must be one of {', '.join(self.choices)}, not {text!r}"
                    )
                return text
            case ParameterType.JSON:
                return self._texts(text)
            case ParameterType.TEXT:
                return text

    def default_or(self, recommended: int | float | None) -> Value:
        """Return the value where none was given.

        Raises:
            HyperParameterError: there is neither a default nor a recommendation.
        """
        value = self.default if self.default is not None else recommended
        if value is None:
            raise HyperParameterError(self.name, "is missing")
        return value

    def _integer(self, text: str) -> int:
        try:
            return int(text)
        except ValueError:
            raise HyperParameterError(self.name, f"must be a whole number, not {text!r}") from None

    def _number(self, text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            raise HyperParameterError(self.name, f"must be a number, not {text!r}") from None
        if not math.isfinite(value):
            raise HyperParameterError(self.name, f"must be a finite number, not {text!r}")
        return value

    def _in_range(self, value: N) -> N:
        low, high = self.minimum, self.maximum
        if (low is not None and value < low) or (high is not None and value > high):
            raise HyperParameterError(self.name, f"must be between {low:g} and {high:g}, not {value:g}")
        return value

    def _texts(self, text: str) -> list[str]:
        try:
            values = json.loads(text)
        except ValueError:
            raise HyperParameterError(self.name, "must be a JSON list of texts") from None
        if not isinstance(values, list) or not all(isinstance(value, str) and value for value in values):
            raise HyperParameterError(self.name, "must be a JSON list of texts")
        if len(set(values)) != len(values):
            raise HyperParameterError(self.name, "names a label twice")
        return values
