"""The user's `model_fn`, `input_fn`, `predict_fn`, `output_fn` or `transform_fn`, and their stand-ins."""

import importlib.util
import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from openbml_kit.faults import UserFault
from openbml_kit.script_serving.content import (
    JSON,
    UndecodableError,
    UnsupportedTypeError,
    decode,
    encode,
    media_type,
)

_ARGUMENTS = {"model_fn": 1, "input_fn": 2, "predict_fn": 2, "output_fn": 2, "transform_fn": 4}


@dataclass(frozen=True)
class Request:
    body: bytes
    content_type: str
    accept: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Reply:
    status: int
    content_type: str
    body: bytes


@dataclass(frozen=True)
class Context:
    """What a function with one more argument gets: the frameworks' toolkits hand it over likewise."""

    system_properties: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)

    def get_request_header(self, _: int, name: str) -> str | None:
        return next((value for key, value in self.headers.items() if key.lower() == name.lower()), None)


class UserFunctions:
    """One worker's model and the functions around it."""

    def __init__(self, module: ModuleType, model_folder: Path, *, default_accept: str) -> None:
        self._functions: dict[str, Callable[..., Any]] = {
            name: found for name in _ARGUMENTS if callable(found := getattr(module, name, None))
        }
        self._folder = model_folder
        self._default_accept = default_accept
        self._model: Any = None
        if "model_fn" not in self._functions:
            raise UserFault(f"{module.__name__} has no model_fn(model_dir)")
        if "transform_fn" in self._functions and self._functions.keys() & {
            "input_fn",
            "predict_fn",
            "output_fn",
        }:
            raise UserFault(
                "transform_fn replaces input_fn, predict_fn and output_fn: define one or the others"
            )

    def load(self) -> None:
        self._model = self._call("model_fn", {}, str(self._folder))
        has_way = self._functions.keys() & {"predict_fn", "transform_fn"}
        if not has_way and not hasattr(self._model, "predict") and not callable(self._model):
            raise UserFault("the model has no predict method: define predict_fn(data, model)")

    def answer(self, request: Request) -> Reply:
        """Return the prediction.

        Raises:
            UnsupportedTypeError: no decoder or encoder for the types asked for.
            UndecodableError: the body is malformed.
            Exception: whatever the user's functions raise.
        """
        accept = self._accept(request.accept)
        content_type = request.content_type or JSON
        if "transform_fn" in self._functions:
            result = self._call(
                "transform_fn", request.headers, self._model, request.body, content_type, accept
            )
            return _reply(result, accept)
        data = self._input(request, content_type)
        prediction = self._predict(data, request)
        if "output_fn" in self._functions:
            return _reply(self._call("output_fn", request.headers, prediction, accept), accept)
        return Reply(200, accept, encode(prediction, accept))

    def _accept(self, accept: str) -> str:
        """The first type of the header; anything at all is the image's default."""
        first = media_type(accept.partition(",")[0])
        return self._default_accept if first in ("", "*/*", "application/*") else first

    def _input(self, request: Request, content_type: str) -> Any:
        if "input_fn" in self._functions:
            body = request.body.decode("utf-8") if _is_text(content_type) else request.body
            return self._call("input_fn", request.headers, body, content_type)
        return decode(request.body, content_type)

    def _predict(self, data: Any, request: Request) -> Any:
        if "predict_fn" in self._functions:
            return self._call("predict_fn", request.headers, data, self._model)
        return self._model.predict(data) if hasattr(self._model, "predict") else self._model(data)

    def _call(self, name: str, headers: Mapping[str, str], *arguments: Any) -> Any:
        function = self._functions[name]
        if _takes_context(function, _ARGUMENTS[name]):
            context = Context({"model_dir": str(self._folder)}, headers)
            return function(*arguments, context)
        return function(*arguments)


def load_module(program: str, code: Path) -> ModuleType:
    """Import the user's program from its folder; its neighbours are importable too.

    Raises:
        UserFault: it is not there or cannot be imported.
    """
    path = code / program
    if not path.is_file():
        raise UserFault(f"there is no {program} in {code}: it must define model_fn (SAGEMAKER_PROGRAM)")
    sys.path.insert(0, str(code))
    name = Path(program).stem
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UserFault(f"{program} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def status_of(error: Exception) -> int:
    """The client's mistakes are 4xx, everything else is the model's own."""
    if isinstance(error, UnsupportedTypeError):
        return 415
    return 400 if isinstance(error, UndecodableError) else 500


def _is_text(content_type: str) -> bool:
    kind = media_type(content_type)
    return kind.startswith("text/") or kind in ("application/json", "application/jsonlines")


def _reply(result: Any, accept: str) -> Reply:
    """A function may return the body, or the body and its content type."""
    content_type = accept
    if isinstance(result, tuple) and len(result) == 2 and isinstance(result[1], str):
        result, content_type = result
    if isinstance(result, str):
        result = result.encode()
    if isinstance(result, bytes | bytearray | memoryview):
        return Reply(200, content_type, bytes(result))
    return Reply(200, content_type, encode(result, content_type))


def _takes_context(function: Callable[..., Any], arguments: int) -> bool:
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    positional = [one for one in inspect.signature(function).parameters.values() if one.kind in kinds]
    return len(positional) > arguments
