"""From a model's folder to what answers its calls."""

import json
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from pydantic import ValidationError

from openbml_catalog.frameworks.manifest import MANIFEST_FILE, FrameworkManifest
from openbml_kit.faults import UserFault

# A framework's module by contract; each has `load(folder, manifest, cores=…)`.
_MODULES = {
    ("sklearn", "framework"): "row_models",
    ("xgboost", "framework"): "row_models",
    ("pytorch", "framework"): "torch_models",
    ("tensorflow", "framework"): "tensorflow_models",
    ("tensorflow", "task"): "tensorflow_tasks",
    ("paddlepaddle", "framework"): "paddle_models",
    ("paddlepaddle", "task"): "paddle_tasks",
}


class FrameworkHandler(Protocol):
    """A model set up to answer; asked from one thread at a time."""

    def answer(self, document: dict[str, Any]) -> dict[str, Any]:
        """Return the reply's fields.

        Raises:
            RefusedError: the call is wrong, or the user's code refuses it.
            GarbageError: the model answers nothing that JSON can say.
            Exception: whatever the user's code raises.
        """
        ...

    def warm_up(self) -> None:
        """Compute once where the model says what it takes, so that the first call does not pay for it.

        Raises:
            UserFault: the model does not do what its manifest says.
        """
        ...


def read_manifest(folder: Path) -> FrameworkManifest:
    """Return a folder's manifest.

    Raises:
        UserFault: there is none, or it is not one.
    """
    try:
        return FrameworkManifest.model_validate(json.loads((folder / MANIFEST_FILE).read_bytes()))
    except (OSError, ValueError, ValidationError) as error:
        raise UserFault(f"{MANIFEST_FILE} cannot be used: {error}") from error


def load_framework(folder: Path, *, cores: int = 1) -> FrameworkHandler:
    """Return the handler of a model's folder. The user's code and files are run in this process.

    Args:
        folder: holds `framework.json` and the files that it names.
        cores: that one call may compute on.

    Raises:
        UserFault: the folder, the code or the model cannot be used.
        Exception: whatever the user's code raises.
    """
    folder = folder.resolve()
    manifest = read_manifest(folder)
    name = _MODULES.get((manifest.framework, manifest.contract))
    if name is None:
        raise UserFault(
            f"models of {manifest.framework} have no contract {manifest.contract!r} that is served here"
        )
    module = import_module(f"openbml_kit.framework_serving.{name}")
    handler: FrameworkHandler = module.load(folder, manifest, cores=cores)
    return handler


def inside(folder: Path, name: str) -> Path:
    """Return a file or folder of the model.

    Raises:
        UserFault: it is not there, or it leads out of the folder.
    """
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()) or not path.exists():
        raise UserFault(f"there is no {name} in the model's folder")
    return path
