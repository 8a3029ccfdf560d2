"""The expert mode's script: written from the catalogue, and read without being run (spec 03 section 4.3).

Its only editable part is the dictionary `conf`, whose values are literals. All else must be the template's.
"""

import ast
import json
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import TypeVar

from openbml_catalog.scripts import MAX_SCRIPT_CHARACTERS
from openbml_catalog.tabular.conf import ExpertConf, read_conf
from openbml_catalog.tabular.literals import ExpertScriptError, Literals
from openbml_catalog.tabular.models import TabularModel, expert_models
from openbml_catalog.tabular.settings import AlgorithmType, TrainingWay

E = TypeVar("E", bound=StrEnum)
_TYPES = {
    AlgorithmType.BINARY: "binary classification",
    AlgorithmType.MULTICLASS: "multi-class classification",
    AlgorithmType.REGRESSION: "regression",
}
_WAYS = {TrainingWay.SINGLE: "single machine", TrainingWay.DISTRIBUTED: "distributed"}
_NAMES = ("ALGORITHM_TYPE", "TRAINING_WAY", "conf")
_OUTSIDE = (
    'besides comments, only the dictionary "conf" can be edited; everything else must be as it was generated'
)


def preset_script(model_type: str, algorithm_type: AlgorithmType, training_way: TrainingWay) -> str:
    """Return the script as users start from it; it trains unmodified.

    Raises:
        KeyError: this way of training offers no such model for problems of this type.
    """
    offered = {model.code: model for model in expert_models(algorithm_type, training_way)}
    model = offered[model_type]
    filled = {
        "@MODEL@": model.label_en,
        "@TYPE@": _TYPES[algorithm_type],
        "@WAY@": _WAYS[training_way],
        "@MODELS@": _listed(list(offered)),
        "@CODE@": model.code,
        "@CONFIG@": "\n".join(_config_lines(model)),
        "@SPACE@": "\n".join(_space_lines(model)),
        "@ALGORITHM_TYPE@": algorithm_type.value,
        "@TRAINING_WAY@": training_way.value,
    }
    text = _template()
    for mark, value in filled.items():
        text = text.replace(mark, value)
    return text


def parse_script(text: str) -> ExpertConf:
    """Return what a script says, without running any of it.

    Raises:
        ExpertScriptError: it is no Python, something beside `conf` was changed, or a value is wrong.
    """
    if len(text) > MAX_SCRIPT_CHARACTERS:
        raise ExpertScriptError(f"it has {len(text)} characters, at most {MAX_SCRIPT_CHARACTERS} are allowed")
    text = text.removeprefix("\ufeff")
    kind, way, conf = _assigned(_parsed(text).body)
    return read_conf(
        Literals.of(conf), _one_of(AlgorithmType, kind, _TYPES), _one_of(TrainingWay, way, _WAYS)
    )


def _parsed(text: str) -> ast.Module:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None)
        raise ExpertScriptError(f"it is no valid Python: {_reason(error)}", line) from error


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError | MemoryError):
        return "it is nested too deeply"
    return (getattr(error, "msg", None) or str(error))[:200]


def _assigned(body: Sequence[ast.stmt]) -> Sequence[ast.expr]:
    """Return what the three names are set to."""
    found = []
    for place, statement in enumerate(body):
        match statement:
            case ast.Assign(targets=[ast.Name(name)], value=value) if name in _NAMES[place : place + 1]:
                found.append(value)
            case _:
                raise ExpertScriptError(_OUTSIDE, statement.lineno)
    if len(found) != len(_NAMES):
        raise ExpertScriptError(f"it lacks {_NAMES[len(found)]}; {_OUTSIDE}")
    return found


def _one_of(kind: type[E], node: ast.expr, allowed: Iterable[E]) -> E:
    match node:
        case ast.Constant(value=str(text)) if text in [entry.value for entry in allowed]:
            return kind(text)
    raise ExpertScriptError(f"{_OUTSIDE}: {', '.join(entry.value for entry in allowed)}", node.lineno)


def _listed(words: Sequence[str]) -> str:
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _config_lines(model: TabularModel) -> Iterator[str]:
    for row in model.parameters:
        yield f'        "{row.name}": {_literal(row.default)},  # {row.help_en}; {row.allowed}'


def _space_lines(model: TabularModel) -> Iterator[str]:
    for row in model.parameters:
        document = row.range.model_dump()
        keys = ("type", "range", "q", "values")
        parts = [f'"{key}": {_literal(document[key])}' for key in keys if key in document]
        yield f'        "{row.name}": {{{", ".join(parts)}}},'


def _literal(value: object) -> str:
    match value:
        case str():
            return json.dumps(value)
        case tuple() | list():
            return f"[{', '.join(_literal(part) for part in value)}]"
        case _:
            return repr(value)


@cache
def _template() -> str:
    return (files(__package__) / "expert_script.py.txt").read_text(encoding="utf-8")
