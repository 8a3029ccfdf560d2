"""A wish for a search, checked and with everything filled in that was left to the catalogue."""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, StrictFloat, StrictInt

from openbml_catalog.networks import hyper_parameters, networks
from openbml_catalog.search.errors import SearchConfigError
from openbml_catalog.search.fields import StrategyName, search_fields, strategies
from openbml_catalog.search.spaces import (
    ParameterSpace,
    combinations,
    default_space,
    searchable,
)

Number = StrictInt | StrictFloat


class SearchConfig(BaseModel):
    """What a caller asks (spec 03 section 2.12); what is left out is the catalogue's default."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    strategy: StrategyName
    max_trials: Number | None = None
    sampling_percent: Number | None = None
    target: Number | None = None
    initial_points: Number | None = None
    max_concurrent: Number | None = None
    rounds: Number | None = None
    perturb_interval: Number | None = None
    quantile_fraction: Number | None = None
    explore_probability: Number | None = None
    population: Number | None = None
    space: Mapping[str, ParameterSpace] | None = None


class SearchPlan(BaseModel):
    """A search with every value; fields that the strategy does not have are None.

    Attributes:
        max_trials: never more than there are different combinations, or trials of the population.
        max_concurrent: of every strategy: trials that run at once.
        space: by the manual's names.
    """

    model_config = ConfigDict(frozen=True)

    strategy: StrategyName
    max_trials: int
    sampling_percent: int
    target: float | None = None
    max_concurrent: int
    initial_points: int | None = None
    rounds: int | None = None
    perturb_interval: int | None = None
    quantile_fraction: float | None = None
    explore_probability: float | None = None
    population: int | None = None
    space: Mapping[str, ParameterSpace]


def search_plan(config: SearchConfig, *, task: str, network: str) -> SearchPlan:
    """Check a wish and fill in what was left out.

    Raises:
        SearchConfigError: names the field and what is allowed: a field that the strategy does not have, a
            value out of range, a hyper-parameter that cannot be searched here, a range of the wrong type.
    """
    strategy = strategies()[config.strategy]
    values = _field_values(config)
    space = _space(config, task, network)
    budget = _population_budget(values) or combinations(space)
    wished = values["max_trials"] or strategy.max_trials or budget
    values["max_trials"] = min(wished, budget) if wished and budget else wished
    values["max_concurrent"] = values["max_concurrent"] or strategy.concurrent or values["population"]
    return SearchPlan.model_validate({"strategy": config.strategy, **values, "space": space})


def _field_values(config: SearchConfig) -> dict[str, float | None]:
    strategy = strategies()[config.strategy]
    values: dict[str, float | None] = {}
    for name, field in search_fields().items():
        value = getattr(config, name)
        offered = field.general or name in strategy.fields
        if value is None:
            values[name] = field.default if offered else None
            continue
        if not offered:
            raise SearchConfigError(name, f"is not a field of the {strategy.name} strategy; leave it out")
        field.check(value)
        values[name] = value
    return values


def _population_budget(values: Mapping[str, float | None]) -> float | None:
    """Return the trials of a population in all its rounds; a smaller maximum cuts the last ones."""
    rounds, population = values["rounds"], values["population"]
    return rounds * population if rounds and population else None


def _space(config: SearchConfig, task: str, network: str) -> Mapping[str, ParameterSpace]:
    fixed = strategies()[config.strategy].fixed_structure
    if config.space is None:
        return default_space(task, networks(task)[network], fixed_structure=fixed)
    if not config.space:
        raise SearchConfigError("space", "must name at least one hyper-parameter, or be left out")
    known = searchable(task, networks(task)[network])
    for name, space in config.space.items():
        if name not in known:
            raise SearchConfigError(
                f"space.{name}", f"cannot be searched here; these can: {', '.join(known)}"
            )
        if fixed and known[name].structural:
            raise SearchConfigError(
                f"space.{name}",
                f"changes the network's structure, so that the {config.strategy} strategy cannot pass "
                "weights on; choose another strategy or leave it out",
            )
        known[name].check(space, hyper_parameters(task)[known[name].parameter])
    return dict(config.space)
