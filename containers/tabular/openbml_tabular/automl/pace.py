"""Fits the portfolio's order and learning rates to how much work a table is.

A boosted model of many classes grows a tree for each of them at every step, so there cheaper kinds come
first; where rows and classes are many, larger steps reach the same place with fewer trees.
"""

from collections.abc import Sequence

from openbml_tabular.models.learner import Parameters
from openbml_tabular.problem import Problem

Offer = tuple[str, Parameters]
_BOOSTERS = {"LGBM": 0.1, "XGB": 0.15, "CAT": 0.15}  # and their rates for much work
_MANY_CLASSES = 6
_MUCH_WORK = 50_000  # rows times classes


def paced(offers: Sequence[Offer], problem: Problem, rows: int) -> Sequence[Offer]:
    """Return the offers in the order and with the rates that suit the problem."""
    classes = max(len(problem.labels), 1)
    if rows * classes > _MUCH_WORK:
        offers = [(code, _faster(code, parameters)) for code, parameters in offers]
    if classes < _MANY_CLASSES:
        return offers
    return sorted(offers, key=lambda offer: _is_later(offer, offers))


def _faster(code: str, parameters: Parameters) -> Parameters:
    rate = _BOOSTERS.get(code)
    return parameters if rate is None else {**parameters, "learning_rate": rate}


def _is_later(offer: Offer, offers: Sequence[Offer]) -> int:
    """Return 0 for the first offer of each cheap kind, 1 for the first of each boosted kind, 2 for others."""
    first = next(other for other in offers if other[0] == offer[0])
    return 2 if offer is not first else int(offer[0] in _BOOSTERS)
