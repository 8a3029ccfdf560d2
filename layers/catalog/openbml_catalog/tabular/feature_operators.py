"""Operators of feature engineering: what the expert mode offers, and what their parameters may be."""

from collections.abc import Mapping, Sequence
from functools import cache

from pydantic import BaseModel, ConfigDict

from openbml_catalog.documents import load_document
from openbml_catalog.tabular.models import TabularParameter
from openbml_catalog.tabular.ranges import Range, Value
from openbml_catalog.tabular.settings import (
    ChosenFeatureOperator,
    FeatureEngineering,
    FeatureMode,
    TabularSettingsError,
)

_FIELD = "feature_engineering"


class FeatureOperator(BaseModel):
    """An operator.

    Attributes:
        kinds: of columns that it works on: number, category, date, text.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    label_en: str
    label_zh: str
    help_en: str
    help_zh: str
    kinds: tuple[str, ...]
    parameters: tuple[TabularParameter, ...]

    def configured(self, chosen: Mapping[str, Value]) -> Mapping[str, Value]:
        """Return all parameters; those that are not chosen have their default."""
        return {row.name: chosen.get(row.name, row.default) for row in self.parameters}


@cache
def feature_operators() -> Mapping[str, FeatureOperator]:
    """Return all operators by name, in the order that forms show them."""
    rows = load_document("tabular", "feature_operators.yaml")["operators"]
    return {row["name"]: FeatureOperator.model_validate(row) for row in rows}


def checked_engineering(engineering: FeatureEngineering) -> None:
    """Check that the operators exist, once each, and can have their parameters.

    Raises:
        TabularSettingsError: the first thing that is wrong; the field is `feature_engineering`.
    """
    names = [chosen.name for chosen in engineering.operators]
    for chosen in engineering.operators:
        if names.count(chosen.name) > 1 and chosen.columns is None:
            raise TabularSettingsError(
                _FIELD, f"operator {chosen.name} is named twice; name columns for each"
            )
        _refuse_wrong(chosen)
        if chosen.parameters and engineering.mode is FeatureMode.AUTO:
            raise TabularSettingsError(
                _FIELD, f"operator {chosen.name}: the mode auto finds the parameters; leave them out"
            )


def _refuse_wrong(chosen: ChosenFeatureOperator) -> None:
    operator = feature_operators().get(chosen.name)
    if operator is None:
        known = ", ".join(feature_operators())
        raise TabularSettingsError(_FIELD, f"there is no operator {chosen.name!r}; there are {known}")
    parameters = {row.name: row for row in operator.parameters}
    for name, value in chosen.parameters.items():
        if name not in parameters:
            known = ", ".join(parameters) or "none"
            raise TabularSettingsError(_FIELD, f"{chosen.name} has no parameter {name!r}; it has {known}")
        fault = parameters[name].fault(value)
        if fault:
            raise TabularSettingsError(_FIELD, f"{chosen.name}.{name} {fault}")


def operator_space(chosen: Sequence[ChosenFeatureOperator]) -> Mapping[str, Range]:
    """Return what the mode `auto` searches: each parameter, as `0.bins` of the first operator, and its range.

    Parameters that have one value only are not in it.
    """
    space: dict[str, Range] = {}
    for place, named in enumerate(chosen):
        for row in feature_operators()[named.name].parameters:
            if len(set(row.range.ends)) > 1:
                space[f"{place}.{row.name}"] = row.range
    return space


def with_values(
    chosen: Sequence[ChosenFeatureOperator], values: Mapping[str, Value]
) -> tuple[ChosenFeatureOperator, ...]:
    """Return the operators with parameters out of `operator_space`."""
    found: list[dict[str, Value]] = [dict(named.parameters) for named in chosen]
    for key, value in values.items():
        place, _, name = key.partition(".")
        found[int(place)][name] = value
    pairs = zip(chosen, found, strict=True)
    return tuple(named.model_copy(update={"parameters": parameters}) for named, parameters in pairs)
