"""The functions `check_…` of `torch_checks`, which run in the deep image's environment."""

from tests.contract.containers.image_checks import ImageChecks

_PRELUDE = """
from openbml_deep.vision_operators import provide_vision_operators
provide_vision_operators()
import torch
torch.set_num_threads(1)
def before_each():
    torch.manual_seed(0)
"""

_CHECKS = ImageChecks("deep", "torch_checks", _PRELUDE)
check_names = _CHECKS.names
passed = _CHECKS.passed
