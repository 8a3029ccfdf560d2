"""The `augmentation` setting of a run: one typed form for the API, the training job and the console."""

import json
import math
from enum import StrEnum
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictInt,
    StrictStr,
    ValidationError,
    model_validator,
)

from openbml_catalog.augmentation import (
    Operator,
    augmentation_operators,
    default_policies,
    mixing_methods,
    operators_of,
)

MOST_OPERATORS = 30
MOST_SEARCH_MINUTES = 24 * 60
DEFAULT_SEARCH_MINUTES = 15
# SageMaker's limit of a hyper-parameter's value; settings of `MOST_OPERATORS` operators keep it.
MOST_CHARACTERS = 2500
_DECIMALS = 4

Number = Annotated[float, Field(strict=True)]  # whole numbers too, texts not


class AugmentationError(ValueError):
    """A setting is wrong; `field` names what, the reason says what is allowed."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class AugmentationMode(StrEnum):
    NONE = "none"
    DEFAULT = "default"
    MANUAL = "manual"
    AUTO = "auto"


class Flip(StrEnum):
    """Mirroring of whole images with probability 0.5 each way; `auto` is what the task does by default."""

    AUTO = "auto"
    NONE = "none"
    HORIZONTAL = "horizontal"
    VERTICAL = "vertical"
    BOTH = "both"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ChosenOperator(_Part):
    """An operator with the probability that an image gets it and the range its magnitude is drawn from.

    Attributes:
        magnitude: None = the catalogue's default range, or an operator that has none.
        group: operators of one number are a sub-policy: one group is drawn for each image. Those without one
            are asked for every image.
    """

    name: StrictStr = Field(max_length=40)
    probability: Number | None = None
    magnitude: Annotated[tuple[Number, Number], Field(strict=False)] | None = None
    group: StrictInt | None = Field(default=None, ge=0, lt=MOST_OPERATORS)

    @model_validator(mode="before")
    @classmethod
    def _of_list(cls, given: Any) -> Any:
        """Read the short form, see `AugmentationSettings.as_text`."""
        if isinstance(given, list) and len(given) == len(cls.model_fields):
            return dict(zip(cls.model_fields, given, strict=True))
        return given


class ChosenMixing(_Part):
    """A mixing method with the probability that it is used; `strength` None = the catalogue's default."""

    name: StrictStr = Field(max_length=40)
    probability: Number | None = None
    strength: Number | None = None


class AugmentationSettings(_Part):
    mode: AugmentationMode = AugmentationMode.DEFAULT
    operators: tuple[ChosenOperator, ...] = ()
    mixing: tuple[ChosenMixing, ...] = ()
    flip: Flip = Flip.AUTO
    search_minutes: StrictInt | None = None

    def checked(self, task: str, *, field: str = "augmentation") -> "AugmentationSettings":
        """Return the settings with every value filled in.

        Args:
            task: task code of the catalogue.
            field: what errors call the setting.

        Raises:
            AugmentationError: an unknown operator or method or one of another task, a probability outside
            0..1, a magnitude outside what is allowed or reversed, too many operators, operators missing or
            in a mode that takes none.
        """
        if task not in default_policies():
            raise AugmentationError(field, f"task {task} has no augmentation")
        self._check_mode(field)
        operators = [
            _filled(chosen, task, f"{field}.operators[{place}]")
            for place, chosen in enumerate(self.operators)
        ]
        mixing = [
            _filled_mixing(chosen, task, f"{field}.mixing[{place}]")
            for place, chosen in enumerate(self.mixing)
        ]
        if len({chosen.name for chosen in mixing}) != len(mixing):
            raise AugmentationError(f"{field}.mixing", "names a method twice")
        minutes = self.search_minutes
        if self.mode is AugmentationMode.AUTO and minutes is None:
            minutes = DEFAULT_SEARCH_MINUTES
        filled = {"operators": tuple(operators), "mixing": tuple(mixing), "search_minutes": minutes}
        return self.model_copy(update=filled)

    def as_text(self) -> str:
        """Return the JSON text of the hyper-parameter `augmentation`; equal settings give equal texts.

        Where operators as objects would be longer than a hyper-parameter may be, they are lists of name,
        probability, magnitude and group, which `ChosenOperator` reads as well.
        """
        document = self.model_dump(mode="json", exclude_none=True)
        text = json.dumps(document, sort_keys=True, separators=(",", ":"))
        if len(text) <= MOST_CHARACTERS:
            return text
        document["operators"] = [
            [row.name, row.probability, row.magnitude, row.group] for row in self.operators
        ]
        return json.dumps(document, sort_keys=True, separators=(",", ":"))

    def _check_mode(self, field: str) -> None:
        mode = self.mode
        if len(self.operators) > MOST_OPERATORS:
            raise AugmentationError(
                f"{field}.operators", f"at most {MOST_OPERATORS} are taken, {len(self.operators)} were given"
            )
        if mode is AugmentationMode.MANUAL and not self.operators:
            raise AugmentationError(f"{field}.operators", "mode manual needs at least one operator")
        if mode is not AugmentationMode.MANUAL and self.operators:
            raise AugmentationError(f"{field}.operators", f"mode {mode} takes none; choose mode manual")
        if mode is AugmentationMode.NONE and self.mixing:
            raise AugmentationError(f"{field}.mixing", "mode none takes none; choose another mode")
        if mode is AugmentationMode.NONE and self.flip not in (Flip.AUTO, Flip.NONE):
            raise AugmentationError(f"{field}.flip", "mode none never mirrors; choose another mode")
        if self.search_minutes is None:
            return
        if mode is not AugmentationMode.AUTO:
            raise AugmentationError(f"{field}.search_minutes", "belongs to mode auto only")
        if not 1 <= self.search_minutes <= MOST_SEARCH_MINUTES:
            raise AugmentationError(
                f"{field}.search_minutes", f"must be 1 to {MOST_SEARCH_MINUTES}, not {self.search_minutes}"
            )


def parse_augmentation(text: str, task: str) -> AugmentationSettings:
    """Return the checked settings of the hyper-parameter `augmentation`, a JSON text; empty = the default.

    Raises:
        AugmentationError: no JSON object of that form, or a value that is not allowed.
    """
    try:
        document: Any = json.loads(text) if text.strip() else {}
    except ValueError as error:
        raise AugmentationError("augmentation", f"must be a JSON object: {error}") from error
    return read_augmentation(document, task)


def read_augmentation(document: Any, task: str, *, field: str = "augmentation") -> AugmentationSettings:
    """Return the checked settings of a JSON value. Raises AugmentationError."""
    try:
        settings = AugmentationSettings.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in first["loc"])
        raise AugmentationError(f"{field}{place}", first["msg"]) from error
    return settings.checked(task, field=field)


def _filled(chosen: ChosenOperator, task: str, field: str) -> ChosenOperator:
    operator = operators_of(task).get(chosen.name)
    if operator is None:
        raise AugmentationError(f"{field}.name", _not_offered(chosen.name, task, augmentation_operators()))
    probability = _probability(chosen.probability, operator.probability, field)
    return chosen.model_copy(
        update={"probability": probability, "magnitude": _range(chosen, operator, f"{field}.magnitude")}
    )


def _filled_mixing(chosen: ChosenMixing, task: str, field: str) -> ChosenMixing:
    method = mixing_methods().get(chosen.name)
    if method is None or task not in method.tasks:
        raise AugmentationError(f"{field}.name", _not_offered(chosen.name, task, mixing_methods()))
    strength = chosen.strength
    allowed = method.strength
    if allowed is None and strength is not None:
        raise AugmentationError(f"{field}.strength", f"{chosen.name} has none")
    if allowed is not None:
        strength = allowed.default if strength is None else strength
        if not allowed.low <= strength <= allowed.high:
            raise AugmentationError(
                f"{field}.strength", f"must be {allowed.low:g} to {allowed.high:g}, not {strength:g}"
            )
    probability = _probability(chosen.probability, method.probability, field)
    return chosen.model_copy(update={"probability": probability, "strength": strength})


def _not_offered(name: str, task: str, known: Any) -> str:
    offered = ", ".join(other for other, row in known.items() if task in row.tasks) or "none"
    fault = f"is not offered for {task}" if name in known else "is unknown"
    return f"{name} {fault}; choose one of {offered}"


def _probability(given: Number | None, default: float, field: str) -> float:
    value = float(default if given is None else given)
    if not 0 <= value <= 1:  # false for NaN too
        raise AugmentationError(f"{field}.probability", f"must be 0 to 1, not {value:g}")
    return round(value, _DECIMALS)


def _range(chosen: ChosenOperator, operator: Operator, field: str) -> tuple[Number, Number] | None:
    allowed = operator.magnitude
    if allowed is None:
        if chosen.magnitude is not None:
            raise AugmentationError(field, f"{operator.name} has none")
        return None
    low, high = allowed.default if chosen.magnitude is None else chosen.magnitude
    span = f"{allowed.low:g} to {allowed.high:g}"
    for value in (low, high):
        if not math.isfinite(value) or not allowed.low <= value <= allowed.high:
            raise AugmentationError(field, f"must be within {span}, not {value:g}")
        if allowed.whole and value != round(value):
            raise AugmentationError(field, f"must be whole numbers within {span}, not {value:g}")
    if low > high:
        raise AugmentationError(field, f"is reversed: {low:g} is above {high:g}; allowed is {span}")
    return (round(low, _DECIMALS), round(high, _DECIMALS))
