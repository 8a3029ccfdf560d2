"""The functions `check_…` of `tabular_checks`, which run in the tabular image's environment."""

from tests.contract.containers.image_checks import ImageChecks

_PRELUDE = """
import warnings
warnings.simplefilter("error")
def before_each():
    pass
"""

_CHECKS = ImageChecks("tabular", "tabular_checks", _PRELUDE)
check_names = _CHECKS.names
passed = _CHECKS.passed
