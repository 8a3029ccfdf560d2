"""Preset scripts: the editable part of a network's training (spec 03 section 2.4).

A script is Python with two names: the dictionary `conf` and the function `create_model`. It is written from
the catalogue's hyper-parameters and one template per kind of network, and trains unmodified.
"""

import ast
import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from openbml_catalog.networks import HyperParameter, Network, hyper_parameters, networks
from openbml_catalog.networks.hyper_parameters import ParameterType

MAX_SCRIPT_CHARACTERS = 65_536
REQUIRED_NAMES = ("conf", "create_model")
_TEMPLATES: Mapping[str, str] = {
    "image_classification": "classification",
    "image_classification_multi_label": "multi_label",
    "object_detection": "detection",
    "instance_segmentation": "detection",
    "semantic_segmentation": "semantic",
}


class ScriptError(ValueError):
    """A script lacks what it must have; the text says what and where."""


def preset_script(task: str, network: str) -> str:
    """Return the script of a network as users start from it.

    Raises:
        UnknownTaskError: the task has no networks.
        KeyError: the task has no such network, or its networks take no script.
    """
    entry = networks(task)[network]
    declared = [row for row in hyper_parameters(task).values() if not row.platform and entry.takes(row)]
    lines = [_line(parameter, entry) for parameter in declared]
    body = _template(_TEMPLATES[task])
    return body.replace("@NETWORK@", entry.name).replace("@CONF@", "\n".join(lines))


def check_script(text: str) -> None:
    """Check what can be known without running it: the syntax and the two names.

    Raises:
        ScriptError: it is no Python, or `conf` or `create_model` is not defined at its top level.
    """
    if len(text) > MAX_SCRIPT_CHARACTERS:
        raise ScriptError(f"it has {len(text)} characters, at most {MAX_SCRIPT_CHARACTERS} are allowed")
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None)
        place = f", line {line}" if line else ""
        raise ScriptError(f"it is no valid Python{place}: {error}") from error
    defined = {name for node in tree.body for name in _names(node)}
    missing = [name for name in REQUIRED_NAMES if name not in defined]
    if missing:
        raise ScriptError(f"it does not define {' and '.join(missing)}")


def _names(node: ast.stmt) -> list[str]:
    match node:
        case ast.Assign(targets=targets):
            return [target.id for target in targets if isinstance(target, ast.Name)]
        case ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
        case ast.FunctionDef(name=name):
            return [name]
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            return [row.asname or row.name for row in names]
        case _:
            return []


def _line(parameter: HyperParameter, network: Network) -> str:
    default = parameter.default if parameter.default is not None else getattr(network, parameter.name, None)
    return f'    "{parameter.name}": {json.dumps(default)},  # {_allowed(parameter)}'


def _allowed(parameter: HyperParameter) -> str:
    match parameter.type:
        case ParameterType.INTEGER:
            return f"int, {parameter.minimum:g}-{parameter.maximum:g}"
        case ParameterType.NUMBER:
            return f"float, {parameter.minimum:g}-{parameter.maximum:g}"
        case ParameterType.CHOICE:
            return f"one of {', '.join(parameter.choices)}"
        case _:
            return "text"


@cache
def _template(name: str) -> str:
    return (files(__package__) / f"{name}.py.txt").read_text(encoding="utf-8")
