"""One module per task: what it reads from a request and what it answers."""

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from openbml_kit.faults import PlatformFault
from openbml_kit.model_manifest import ModelManifest

# Task code of the catalogue → module here with `load(folder, manifest, cores) -> TaskHandler`.
_MODULES: Mapping[str, str] = {"image_classification": "image_classification"}


class TaskHandler(Protocol):
    """A model set up to answer; called from several threads at once."""

    def answer(self, document: Mapping[str, Any], *, alone: bool) -> Mapping[str, Any]:
        """Return the reply's fields.

        Raises:
            RequestError: the request is wrong.
        """
        ...

    def warm_up(self) -> None:
        """Compute once, so that the first request does not pay for it."""
        ...


def load_handler(folder: Path, manifest: ModelManifest, *, cores: int) -> TaskHandler:
    """Return the handler of the model's task.

    Raises:
        PlatformFault: this image does not serve the task.
    """
    module = _MODULES.get(manifest.task)
    if module is None:
        raise PlatformFault(f"the serving image does not answer task {manifest.task!r}")
    load: Callable[..., TaskHandler] = import_module(f"openbml_serving.tasks.{module}").load
    return load(folder, manifest, cores=cores)
