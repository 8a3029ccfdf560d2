"""The supernet of a neural architecture search; `build` of the catalogue is empty."""

from openbml_deep.nas.space import Space
from openbml_deep.nas.supernet import Supernet
from openbml_deep.networks import NetworkPlan


def build(plan: NetworkPlan) -> Supernet:
    return Supernet(plan.label_count, Space(input_size=plan.input_size, seed=0).largest())
