"""Runs functions `check_…` in an image's environment, since the tests' own lacks its packages."""

import ast
import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.contract.containers.environments import ROOT, environment, interpreter

_RUNNER = """
import json, sys, traceback, warnings
sys.path.insert(0, sys.argv[1])
exec(sys.argv[2])
import importlib
warnings.simplefilter("ignore", DeprecationWarning)
module = importlib.import_module(sys.argv[3])
for name in sys.argv[4:]:
    before_each()
    check, *arguments = name.split(" ")
    try:
        getattr(module, check)(*arguments)
        fault = None
    except Exception:
        fault = traceback.format_exc()
    print("##check " + json.dumps([name, fault]), flush=True)
"""


@dataclass(frozen=True)
class ImageChecks:
    """Attributes:
    folder: below this one.
    prelude: Python that prepares the process and defines `before_each()`.
    """

    image: str
    folder: str
    prelude: str

    def names(self, module: str) -> list[str]:
        """Return the checks of a module, without importing it."""
        tree = ast.parse((self._place / f"{module}.py").read_text())
        names = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
        return [name for name in names if name.startswith("check_")]

    def passed(self, module: str, name: str, *, together: tuple[str, ...] = ()) -> None:
        """Fail with the check's traceback where it failed.

        Args:
            name: a function's, with arguments after spaces where it takes some.
            together: the checks that one process runs; by default all of the module.
        """
        outcomes = _outcomes(self, module, together or tuple(self.names(module)))
        assert outcomes[name] is None, outcomes[name]

    def run(self, module: str, names: tuple[str, ...]) -> dict[str, str | None]:
        """Return each check's traceback, None where it passed."""
        finished = subprocess.run(
            [interpreter(self.image), "-c", _RUNNER, self._place, self.prelude, module, *names],
            env=environment(self.image, self._place),
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=540,
            check=False,
        )
        outcomes = dict(_told(finished.stdout))
        ended = f"the process ended with {finished.returncode} before: {finished.stderr[-2000:]}"
        return {name: outcomes.get(name, ended) for name in names}

    @property
    def _place(self) -> Path:
        return Path(__file__).parent / self.folder


def _told(output: str) -> Iterator[tuple[str, str | None]]:
    for line in output.splitlines():
        if line.startswith("##check "):
            name, fault = json.loads(line.removeprefix("##check "))
            yield name, fault


@cache
def _outcomes(checks: ImageChecks, module: str, names: tuple[str, ...]) -> dict[str, str | None]:
    return checks.run(module, names)
