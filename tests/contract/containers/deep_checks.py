"""Runs the functions `check_…` of a module of `torch_checks` in the deep image's environment."""

import ast
import json
import subprocess
from functools import cache
from pathlib import Path

from tests.contract.containers.environments import ROOT, environment, interpreter

_FOLDER = Path(__file__).parent / "torch_checks"

_RUNNER = """
import json, sys, time, traceback, warnings
sys.path.insert(0, sys.argv[1])
from openbml_deep.vision_operators import provide_vision_operators
provide_vision_operators()
import importlib, torch
torch.set_num_threads(1)
warnings.simplefilter("ignore", DeprecationWarning)
module = importlib.import_module(sys.argv[2])
for name in sys.argv[3:]:
    torch.manual_seed(0)
    check, *arguments = name.split(" ")
    try:
        getattr(module, check)(*arguments)
        fault = None
    except Exception:
        fault = traceback.format_exc()
    print("##check " + json.dumps([name, fault]), flush=True)
"""


def check_names(module: str) -> list[str]:
    """Return the functions of a module, without importing it: the tests' own environment has no torch."""
    tree = ast.parse((_FOLDER / f"{module}.py").read_text())
    names = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    return [name for name in names if name.startswith("check_")]


@cache
def _outcomes(module: str, names: tuple[str, ...]) -> dict[str, str | None]:
    finished = subprocess.run(
        [interpreter("deep"), "-c", _RUNNER, _FOLDER, module, *names],
        env=environment("deep", _FOLDER),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=540,
        check=False,
    )
    lines = [line for line in finished.stdout.splitlines() if line.startswith("##check ")]
    outcomes = dict(json.loads(line.removeprefix("##check ")) for line in lines)
    ended = f"the process ended with {finished.returncode} before: {finished.stderr[-2000:]}"
    return {name: outcomes.get(name, ended) for name in names}


def passed(module: str, name: str, *, together: tuple[str, ...] = ()) -> None:
    """Fail with the check's traceback where it failed.

    Args:
        name: a function's, with arguments after spaces where it takes some.
        together: the checks that one process runs; by default all of the module.
    """
    outcomes = _outcomes(module, together or tuple(check_names(module)))
    assert outcomes[name] is None, outcomes[name]
