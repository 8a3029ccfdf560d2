"""Hyper-parameter search: strategies, their fields, what can be searched, and how a wish becomes a plan."""

from openbml_catalog.search.errors import SearchConfigError
from openbml_catalog.search.fields import SearchField, Strategy, StrategyName, search_fields, strategies
from openbml_catalog.search.plans import SearchConfig, SearchPlan, search_plan
from openbml_catalog.search.spaces import (
    ParameterSpace,
    SearchParameter,
    Space,
    ValueType,
    default_space,
    hyper_parameters_of,
    search_parameters,
)

__all__ = [
    "ParameterSpace",
    "SearchConfig",
    "SearchConfigError",
    "SearchField",
    "SearchParameter",
    "SearchPlan",
    "Space",
    "Strategy",
    "StrategyName",
    "ValueType",
    "default_space",
    "hyper_parameters_of",
    "search_fields",
    "search_parameters",
    "search_plan",
    "strategies",
]
