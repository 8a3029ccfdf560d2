"""A sub-net that a search found; `build` of the catalogue is empty, the option `subnet` describes it."""

from collections.abc import Mapping
from typing import Any

import torch

from openbml_deep.nas.space import SubnetError, read_subnet
from openbml_deep.nas.supernet import SubnetNetwork, Supernet
from openbml_deep.networks import NetworkPlan
from openbml_kit.faults import UserFault

SUPERNET = "NAS-Supernet"


def build(plan: NetworkPlan) -> SubnetNetwork:
    """Raises UserFault: the text is no sub-net, or the input size is not the sub-net's."""
    try:
        subnet = read_subnet(str(plan.options.get("subnet", "")))
    except SubnetError as error:
        raise UserFault(f"hyper-parameter subnet: {error}") from error
    if subnet.input_size != plan.input_size:
        raise UserFault(f"this sub-net was found for input_size {subnet.input_size}, not {plan.input_size}")
    return SubnetNetwork(plan.label_count, subnet)


def continue_from(
    network: SubnetNetwork, earlier: Mapping[str, Any], state: Mapping[str, torch.Tensor]
) -> bool:
    """Take the weights of the supernet that the sub-net was found in; False: the earlier run was no
    supernet's."""
    if earlier["network"] != SUPERNET:
        return False
    supernet = Supernet(len(earlier["labels"]), network.subnet)
    supernet.load_state_dict(state)
    network.take(supernet)
    return True
