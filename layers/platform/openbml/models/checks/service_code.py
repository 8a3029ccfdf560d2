"""Service code of imported models, checked without running it (spec 03 section 8, spec 08 section 8.4).

The code is parsed only. What it does when it runs is the container's business.
"""

import ast
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

Function = ast.FunctionDef
Calls = tuple[int, ...]

# How many arguments beside `self` a method is called with: the repository's way, or the Notebook's.
_WRAPPER_CALLS: Mapping[str, Calls] = {
    "__init__": (3, 1),
    "preprocess": (1,),
    "predict": (2, 1),
    "postprocess": (2,),
}
_OPTIONAL = frozenset({"predict"})  # the Notebook's way leaves the model to the host
_EXCEPTION_CALLS: Calls = (3, 2)
_FUNCTIONS = ("model_fn", "input_fn", "output_fn")
_SHOWN_ARGUMENTS = {
    "__init__": "(self, model_path, use_gpu, logger) or (self, model_path)",
    "preprocess": "(self, request_body)",
    "predict": "(self, data, infer_args)",
    "postprocess": "(self, infer_result, request_context)",
}


class CodeFault(NamedTuple):
    """Attributes:
    code: `code_syntax`, `code_name_missing` or `code_signature`.
    """

    code: str
    message: str


def service_code_faults(source: bytes, form: Literal["none", "wrapper", "functions"]) -> Sequence[CodeFault]:
    """Return everything that keeps the code from serving a model."""
    if form == "none":
        return ()
    try:
        module = _parsed(source)
    except _CodeSyntaxError as error:
        return [CodeFault("code_syntax", str(error))]
    definitions = _definitions(module.body)
    faults = _wrapper_faults(definitions) if form == "wrapper" else _function_faults(definitions)
    return list(faults)


class _CodeSyntaxError(Exception):
    """The message says where."""


def _parsed(source: bytes) -> ast.Module:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of escapes in texts: no concern of ours
            return ast.parse(source)
    except SyntaxError as error:
        line = f" (line {error.lineno})" if error.lineno else ""
        raise _CodeSyntaxError(f"is not valid Python 3.11: {error.msg}{line}") from error
    except ValueError as error:
        raise _CodeSyntaxError(f"is not valid Python 3.11: {error}") from error
    except (RecursionError, MemoryError) as error:
        raise _CodeSyntaxError("is nested too deeply to be read") from error


_Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def _definitions(body: Sequence[ast.stmt]) -> dict[str, _Definition]:
    """Return what a module or class defines, under conditions and in try blocks too; the last one counts."""
    return {node.name: node for node in _defined(body)}


def _defined(body: Sequence[ast.stmt]) -> Iterator[_Definition]:
    for node in body:
        if isinstance(node, _Definition):
            yield node
        elif isinstance(node, ast.If):
            yield from _defined([*node.body, *node.orelse])
        elif isinstance(node, ast.Try):
            handlers = [row for handler in node.handlers for row in handler.body]
            yield from _defined([*node.body, *handlers, *node.orelse, *node.finalbody])
        elif isinstance(node, ast.With):
            yield from _defined(node.body)


def _wrapper_faults(definitions: Mapping[str, _Definition]) -> Iterator[CodeFault]:
    exception = definitions.get("CustomException")
    if not isinstance(exception, ast.ClassDef):
        yield CodeFault("code_name_missing", "does not define the class CustomException(RuntimeError)")
    else:
        yield from _exception_faults(exception)
    wrapper = definitions.get("PredictWrapper")
    if not isinstance(wrapper, ast.ClassDef):
        yield CodeFault("code_name_missing", "does not define the class PredictWrapper")
        return
    methods, complete = _methods(wrapper, definitions, depth=0)
    for name, calls in _WRAPPER_CALLS.items():
        method = methods.get(name)
        if method is None:
            if complete and name not in _OPTIONAL:
                yield CodeFault(
                    "code_name_missing",
                    f"does not define PredictWrapper.{name}{_SHOWN_ARGUMENTS[name]} (class in line "
                    f"{wrapper.lineno})",
                )
        elif not _takes(method, calls, bound=not _is_static(method)):
            yield CodeFault(
                "code_signature",
                f"defines PredictWrapper.{name} in line {method.lineno} so that it cannot be called as "
                f"{_SHOWN_ARGUMENTS[name]}",
            )


def _exception_faults(exception: ast.ClassDef) -> Iterator[CodeFault]:
    if all(isinstance(base, ast.Name) and base.id == "object" for base in exception.bases):
        yield CodeFault(
            "code_signature",
            f"defines CustomException in line {exception.lineno}, but not as an exception: "
            "class CustomException(RuntimeError)",
        )
    method = _definitions(exception.body).get("__init__")
    if method is not None and not _takes(method, _EXCEPTION_CALLS, bound=True):
        yield CodeFault(
            "code_signature",
            f"defines CustomException.__init__ in line {method.lineno} so that it cannot be called as "
            "(self, error_code, message, orig_error=None)",
        )


def _methods(
    wrapper: ast.ClassDef, definitions: Mapping[str, _Definition], *, depth: int
) -> tuple[dict[str, _Definition], bool]:
    """Return the class's methods, those of bases in this file too, and whether that is all of them."""
    methods: dict[str, _Definition] = {}
    complete = True
    for base in reversed(wrapper.bases):
        known = definitions.get(base.id) if isinstance(base, ast.Name) else None
        if isinstance(base, ast.Name) and base.id == "object":
            continue
        if not isinstance(known, ast.ClassDef) or depth > 10:
            complete = False
            continue
        inherited, all_known = _methods(known, definitions, depth=depth + 1)
        methods |= inherited
        complete = complete and all_known
    return {**methods, **_definitions(wrapper.body)}, complete


def _function_faults(definitions: Mapping[str, _Definition]) -> Iterator[CodeFault]:
    for name in _FUNCTIONS:
        found = definitions.get(name)
        if found is None:
            yield CodeFault("code_name_missing", f"does not define the function {name}")
        elif not _takes(found, (1,), bound=False):
            yield CodeFault(
                "code_signature",
                f"defines {name} in line {found.lineno} so that it cannot be called with one argument",
            )


def _takes(found: _Definition, calls: Calls, *, bound: bool) -> bool:
    """Tell whether it can be called in one of the ways, with positional arguments."""
    if not isinstance(found, ast.FunctionDef):
        return False
    arguments = found.args
    if any(default is None for default in arguments.kw_defaults):
        return False  # an argument that has to be named
    positional = len(arguments.posonlyargs) + len(arguments.args) - bound
    required = positional - len(arguments.defaults)
    most = float("inf") if arguments.vararg else positional
    return any(required <= count <= most for count in calls) and (not bound or positional >= 0)


def _is_static(found: _Definition) -> bool:
    names = (row.id for row in found.decorator_list if isinstance(row, ast.Name))
    return "staticmethod" in names
