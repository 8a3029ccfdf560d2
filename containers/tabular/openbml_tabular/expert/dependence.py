"""Values that depend on each other: what a trial must not draw, and what two trials have in common."""

from collections.abc import Callable, Mapping

from openbml_tabular.models.learner import Parameters, Value

# Of a model, the hyper-parameters without meaning under a value of another one: LightGBM's goss samples rows
# in a way of its own, its random forest averages trees and so has no rate to learn at.
_MEANINGLESS: Mapping[str, Mapping[tuple[str, Value], frozenset[str]]] = {
    "LGBM": {
        ("boosting_type", "goss"): frozenset({"subsample"}),
        ("boosting_type", "rf"): frozenset({"learning_rate"}),
    },
}


def is_drawn(code: str, name: str, drawn: Parameters) -> bool:
    """Tell whether a hyper-parameter means anything beside the values that were drawn before it."""
    rules = _MEANINGLESS.get(code, {})
    return not any(drawn.get(other) == value and name in names for (other, value), names in rules.items())


def order(code: str, names: Mapping[str, object]) -> list[str]:
    """Return the names so that those which others depend on come first."""
    deciding = {other for other, _ in _MEANINGLESS.get(code, {})}
    return sorted(names, key=lambda name: name not in deciding)


def effective(code: str, parameters: Parameters) -> Parameters:
    """Return what a model really trains with; configurations with the same are the same model.

    A depth of -1 is none, which is what models have without one.
    """
    kept = {
        name: value
        for name, value in parameters.items()
        if is_drawn(code, name, parameters) and (name, value) not in _NONE
    }
    return {**kept, **_LIMITED[code](kept)} if code in _LIMITED else kept


def _limited_lgbm(parameters: Parameters) -> Parameters:
    """A tree of depth d has 2^d leaves at most."""
    depth, leaves = parameters.get("max_depth", -1), parameters.get("num_leaves")
    if not isinstance(leaves, int) or not isinstance(depth, int) or not 0 < depth < leaves.bit_length():
        return {}
    return {"num_leaves": min(leaves, 2**depth)}


def _limited_forest(parameters: Parameters) -> Parameters:
    """Two leaves need twice the rows of one, so that a smaller `min_samples_split` changes nothing."""
    split, leaf = parameters.get("min_samples_split"), parameters.get("min_samples_leaf", 1)
    if not isinstance(split, int) or not isinstance(leaf, int):
        return {}
    return {"min_samples_split": max(split, 2 * leaf)}


# Values that say "none", which models say by having no value.
_NONE = frozenset({("max_depth", -1)})
_LIMITED: Mapping[str, Callable[[Parameters], Parameters]] = {
    "LGBM": _limited_lgbm,
    "RF": _limited_forest,
}
