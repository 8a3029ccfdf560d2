"""Reads `script.py` of the channel `code`."""

import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

import torch

from openbml_catalog.networks import HyperParameterError, hyper_parameters
from openbml_catalog.scripts import REQUIRED_NAMES, ScriptError, check_script
from openbml_kit.faults import Fault, UserFault

FILE = "script.py"
# For what runs once: the script's own lines, `create_model`, the first look at what it made.
PATIENCE_S = 120
_MODULE = "openbml_user_script"


@dataclass(frozen=True)
class UserScript:
    """The two names of a script."""

    conf: Mapping[str, Any]
    create_model: Callable[..., Any]


class _TooSlowError(Exception):
    """The script did not come back in time."""


def read_script(folder: Path) -> UserScript:
    """Run the script once and return its names.

    Raises:
        UserFault: it is missing, no Python, fails, does not come back, or lacks a name.
    """
    path = folder / FILE
    try:
        text = path.read_text(encoding="utf-8")
        check_script(text)
    except (OSError, UnicodeDecodeError, ScriptError) as error:
        raise UserFault(f"[9] code error: the script cannot be read: {error}") from error
    module = ModuleType(_MODULE)
    module.__file__ = str(path)
    sys.modules[_MODULE] = module
    with blaming_the_script("the script"), within_patience():
        exec(compile(text, str(path), "exec"), module.__dict__)  # noqa: S102 - running it is what it is for
    found = {name: getattr(module, name, None) for name in REQUIRED_NAMES}
    if not isinstance(found["conf"], Mapping):
        raise UserFault("[9] code error: conf is not a dictionary")
    if not callable(found["create_model"]):
        raise UserFault("[9] code error: create_model is not a function")
    return UserScript(dict(found["conf"]), found["create_model"])


def with_conf(given: Mapping[str, str], script: UserScript) -> dict[str, str]:
    """Return the hyper-parameters with the script's values in them.

    Raises:
        UserFault: `conf` names what is no hyper-parameter of the task, or a value is out of its range.
    """
    declared = hyper_parameters(given.get("task", ""))
    values = {}
    for name, value in script.conf.items():
        if name not in declared or declared[name].platform:
            allowed = ", ".join(row.name for row in declared.values() if not row.platform)
            raise UserFault(f"[9] code error: conf[{name!r}] is not a hyper-parameter; there are {allowed}")
        text = str(value)
        try:
            declared[name].parse(text)
        except HyperParameterError as error:
            raise UserFault(f"[9] code error: conf[{name!r}] {error.reason}") from error
        values[name] = text
    return {**given, **values}


@contextmanager
def blaming_the_script(what: str) -> Iterator[None]:
    """Tell any failure as the script's, with the line where it happened.

    Raises:
        UserFault: with error 9.
    """
    try:
        yield
    except (Fault, torch.OutOfMemoryError):
        raise
    except (Exception, SystemExit) as error:
        raise UserFault(f"[9] code error: {what} failed{_place(error)}: {_told(error)}") from error


@contextmanager
def within_patience(seconds: float = PATIENCE_S) -> Iterator[None]:
    """End what loops for ever; in the main thread, where signals arrive."""

    def ring(_number: int, _frame: FrameType | None) -> None:
        raise _TooSlowError(f"it did not come back within {seconds:g} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _place(error: BaseException) -> str:
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).name == FILE
    ]
    return f" in line {lines[-1]}" if lines else ""


def _told(error: BaseException) -> str:
    return str(error) if isinstance(error, _TooSlowError) else f"{type(error).__name__}: {error}"
