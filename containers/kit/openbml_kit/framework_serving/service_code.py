"""The user's service code: `PredictWrapper` and `CustomException` (spec 03 section 8, spec 04, 7.4)."""

import inspect
import json
import logging
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from openbml_catalog.errors import prediction_error
from openbml_kit.faults import UserFault
from openbml_kit.framework_serving.answers import RefusedError, refused
from openbml_kit.framework_serving.loading import inside
from openbml_kit.places import gpu_count
from openbml_kit.script_serving.functions import load_module

_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
_logger = logging.getLogger("service_code")

Predict = Callable[..., Any]


def import_service_code(folder: Path, file: str) -> ModuleType:
    """Import the user's file; its neighbours are importable too.

    Raises:
        UserFault: it is not there, or its name is that of a module that is in use.
        Exception: whatever it raises.
    """
    path = inside(folder, file)
    if path.stem in sys.modules:
        raise UserFault(f"{file} has the name of a module that is in use: give it another")
    return load_module(path.name, path.parent)


class PredictWrapperCode:
    """The user's wrapper in either signature, told apart by its constructor.

    `PredictWrapper(model_path, use_gpu, logger)` loads the model and predicts by itself. The notebooks'
    `PredictWrapper(model_path)` may leave that to `predict`; its `preprocess` and `postprocess` are handed
    the members of `preprocess_args.json` and `postprocess_args.json`.

    Args:
        load_predict: sets the host's own `predict(data, infer_args)` up; asked only where it is needed.

    Raises:
        UserFault: the code lacks what the contract asks for, or an arguments file is no JSON object.
    """

    def __init__(self, folder: Path, file: str, *, load_predict: Callable[[], Predict] | None = None) -> None:
        module = import_service_code(folder, file)
        self._refusal = _refusal_class(module, file)
        wrapper = getattr(module, "PredictWrapper", None)
        if not inspect.isclass(wrapper):
            raise UserFault(f"{file} has no class PredictWrapper")
        is_notebooks = _takes_only_the_path(wrapper)
        arguments = (str(folder),) if is_notebooks else (str(folder), gpu_count(os.environ) > 0, _logger)
        self._wrapper = wrapper(*arguments)
        for name in ("preprocess", "postprocess"):
            if not callable(getattr(self._wrapper, name, None)):
                raise UserFault(f"PredictWrapper of {file} has no method {name}")
        predict = getattr(self._wrapper, "predict", None)
        if predict is None and (load_predict is None or not is_notebooks):
            raise UserFault(f"PredictWrapper of {file} has no method predict")
        self._predict: Predict = predict or load_predict()
        self._preprocess_args = _arguments(folder, "preprocess_args.json") if is_notebooks else {}
        self._postprocess_args = _arguments(folder, "postprocess_args.json") if is_notebooks else {}

    def answer(self, request_body: dict[str, Any]) -> Any:
        """Return what `postprocess` makes of one request.

        Raises:
            RefusedError: the code raised its `CustomException`.
            TypeError: `preprocess` does not return three values.
            Exception: whatever else it raises.
        """
        try:
            prepared = self._wrapper.preprocess(request_body, **self._preprocess_args)
            if not isinstance(prepared, tuple | list) or len(prepared) != 3:
                raise TypeError("preprocess must return data, infer_args and request_context")
            data, infer_args, context = prepared
            result = self._predict(data, infer_args if infer_args is not None else {})
            return self._wrapper.postprocess(result, context, **self._postprocess_args)
        except self._refusal as error:
            raise refusal_of(error) from error


def refusal_of(error: Exception) -> RefusedError:
    """Return a `CustomException` as what the caller reads: its code, and its message as it is.

    The notebooks' exception has no code: it is raised on bad input, which is 336001.
    """
    message = str(error)
    code = getattr(error, "error_code", None)
    if code is None:
        return RefusedError(prediction_error("invalid_argument").code, message)
    try:
        return RefusedError(int(code), message)
    except (TypeError, ValueError):
        return RefusedError(refused("internal").code, message)


def shaped(result: Any) -> dict[str, Any]:
    """Return a result as an object: one stays, a list becomes `results`, anything else `result`."""
    if isinstance(result, Mapping):
        return dict(result)
    return {"results": result} if isinstance(result, list | tuple) else {"result": result}


def _refusal_class(module: ModuleType, file: str) -> type[Exception]:
    found = getattr(module, "CustomException", None)
    if not inspect.isclass(found) or not issubclass(found, Exception):
        raise UserFault(f"{file} has no exception class CustomException")
    return found


def _takes_only_the_path(wrapper: type) -> bool:
    parameters = list(inspect.signature(wrapper).parameters.values())
    if any(one.kind is inspect.Parameter.VAR_POSITIONAL for one in parameters):
        return False
    return sum(one.kind in _POSITIONAL for one in parameters) < 3


def _arguments(folder: Path, name: str) -> dict[str, Any]:
    path = folder / name
    if not path.is_file():
        return {}
    try:
        document = json.loads(path.read_bytes())
    except ValueError as error:
        raise UserFault(f"{name} is no JSON: {error}") from error
    if not isinstance(document, dict):
        raise UserFault(f"{name} must be an object")
    return document
