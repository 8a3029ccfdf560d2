"""PyTorch: the user's `model_fn`, `input_fn` and `output_fn` (spec 08 section 8.4)."""

import logging
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

from openbml_catalog.frameworks.manifest import FrameworkManifest
from openbml_kit.faults import UserFault
from openbml_kit.framework_serving.answers import refused
from openbml_kit.framework_serving.loading import FrameworkHandler
from openbml_kit.framework_serving.service_code import import_service_code, refusal_of

_FUNCTIONS = ("model_fn", "input_fn", "output_fn")

_log = logging.getLogger("openbml_kit.serving")


class TorchModel:
    """`model(input_fn(request))` between the functions: the manual has no hook for the prediction itself."""

    def __init__(self, module: ModuleType, folder: Path) -> None:
        found: dict[str, Callable[..., Any]] = {
            name: function for name in _FUNCTIONS if callable(function := getattr(module, name, None))
        }
        missing = [name for name in _FUNCTIONS if name not in found]
        if missing:
            raise UserFault(f"{module.__name__}.py has no {', '.join(missing)}")
        self._input, self._output = found["input_fn"], found["output_fn"]
        refusal = getattr(module, "CustomException", None)
        is_exception = isinstance(refusal, type) and issubclass(refusal, Exception)
        self._refusals: tuple[type[Exception], ...] = (refusal,) if is_exception else ()
        self._model = found["model_fn"](str(folder))
        if not callable(self._model):
            raise UserFault("model_fn must return a model that can be called")
        if isinstance(self._model, torch.nn.Module):
            self._model.eval()

    def answer(self, document: dict[str, Any]) -> dict[str, Any]:
        try:
            with torch.no_grad():
                found = self._model(self._taken(document))
            return {"result": self._output(found)}
        except self._refusals as error:
            raise refusal_of(error) from error

    def warm_up(self) -> None:
        """Only the user's code knows what it takes."""

    def _taken(self, document: dict[str, Any]) -> Any:
        """The request's form is `input_fn`'s own, so what it stumbles over is what the caller sent."""
        try:
            return self._input(document)
        except self._refusals:
            raise
        except KeyError as error:
            _log.info("input_fn missed %s", error)
            raise refused("parameter_missing", str(error)) from error
        except (ValueError, TypeError, IndexError, AttributeError) as error:
            _log.info("input_fn refused a request: %s: %s", type(error).__name__, error)
            raise refused("invalid_argument", f"input_fn: {type(error).__name__}") from error


def load(folder: Path, manifest: FrameworkManifest, *, cores: int) -> FrameworkHandler:
    """Return the handler.

    Raises:
        UserFault: the code lacks a function.
        Exception: whatever the user's code raises.
    """
    if manifest.code_file is None:
        raise UserFault("a PyTorch model needs a code file with model_fn, input_fn and output_fn")
    torch.set_num_threads(cores)
    return TorchModel(import_service_code(folder, manifest.code_file), folder)
