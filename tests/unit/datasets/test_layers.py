"""Which packages the functions of a context may need: Pillow is in a layer of its own."""

import subprocess
import sys

import pytest

_LOAD = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("PIL", "numpy", "pyarrow", "polars"):
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Absent())
sys.path[:0] = ["layers/platform", "layers/catalog", "layers/formats"]
import importlib
importlib.import_module(sys.argv[1])
"""


@pytest.mark.parametrize("module", ["openbml.datasets.wiring", "openbml.training.wiring"])
def test_what_functions_without_pillow_load_does_not_ask_for_it(module: str) -> None:
    ended = subprocess.run([sys.executable, "-c", _LOAD, module], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
