"""One module per task: what it reads from a request and what it answers."""

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from openbml_kit.faults import PlatformFault
from openbml_kit.model_manifest import ModelManifest, Precision
from openbml_serving.tasks.image_models import ImageModel

# Tasks, codes of the catalogue, that have a module here of their name with `load(model) -> TaskHandler`.
_TASKS = (
    "image_classification",
    "image_classification_multi_label",
    "object_detection",
    "instance_segmentation",
    "semantic_segmentation",
)


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


def load_handler(folder: Path, manifest: ModelManifest, *, cores: int, precision: Precision) -> TaskHandler:
    """Return the handler of the model's task.

    Raises:
        PlatformFault: this image does not serve the task, or the model does not fit it.
    """
    if manifest.task not in _TASKS:
        raise PlatformFault(f"the serving image does not answer task {manifest.task!r}")
    load: Callable[[ImageModel], TaskHandler] = import_module(f"openbml_serving.tasks.{manifest.task}").load
    return load(ImageModel(folder, manifest, cores=cores, precision=precision))
