"""One module per task: what it reads from a request and what it answers."""

import logging
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple, Protocol, runtime_checkable

from openbml_kit.faults import PlatformFault
from openbml_kit.model_manifest import Precision, read_model_manifest, read_task
from openbml_serving.requests import (
    ENTITY_BODY,
    IMAGE_BODY,
    SOUND_BODY,
    TABLE_BODY,
    TEXT_BODY,
    BodyRules,
)
from openbml_serving.tasks.image_models import ImageModel

_log = logging.getLogger("openbml_serving")

# Tasks, codes of the catalogue, that have a module here of their name: those of pictures with
# `load(model) -> TaskHandler`, those whose models bring manifests of their own with `load(folder, cores=…)`.
_IMAGE_TASKS = (
    "image_classification",
    "image_classification_multi_label",
    "object_detection",
    "instance_segmentation",
    "semantic_segmentation",
)
_FOLDER_TASKS = {
    "tabular_prediction": TABLE_BODY,
    "text_classification": TEXT_BODY,
    "text_classification_multi_label": TEXT_BODY,
    "short_text_matching": TEXT_BODY,
    "sequence_labelling": TEXT_BODY,
    "entity_extraction": ENTITY_BODY,
    "ocr": IMAGE_BODY,
    "audio_classification": SOUND_BODY,
}


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


@runtime_checkable
class TogetherHandler(TaskHandler, Protocol):
    """A handler that computes several requests in one run, where that costs less than each for itself."""

    @property
    def is_small(self) -> bool:
        """Its quick requests take less than a millisecond; known once it is warm."""
        ...

    def is_quick(self, document: Mapping[str, Any]) -> bool:
        """Say whether a request, right or wrong, is about as soon answered as one can be."""
        ...

    def answer_together(self, documents: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
        """Return the replies' fields of quick requests, in their order.

        Raises:
            RequestError: one of the requests is wrong.
        """
        ...


class ServedTask(NamedTuple):
    """A handler, and what its API asks of a body."""

    handler: TaskHandler
    body: BodyRules


def load_task(folder: Path, *, cores: int, variant: Precision | None = None) -> ServedTask:
    """Return the handler of a model folder.

    Args:
        variant: the file that answers; None: the one that the manifest names.

    Raises:
        PlatformFault: this image does not serve the task, or the model does not fit it.
    """
    task = read_task(folder)
    if task in _IMAGE_TASKS:
        return ServedTask(_image_handler(task, folder, cores, variant), IMAGE_BODY)
    if task not in _FOLDER_TASKS:
        raise PlatformFault(f"the serving image does not answer task {task!r}")
    if variant not in (None, "fp32"):
        raise PlatformFault(f"the model has no variant {variant}, models of the task have one file")
    _log.info("task %s", task)
    load: Callable[..., TaskHandler] = _module(task).load
    return ServedTask(load(folder, cores=cores), _FOLDER_TASKS[task])


def _image_handler(task: str, folder: Path, cores: int, variant: Precision | None) -> TaskHandler:
    manifest = read_model_manifest(folder)
    precision = variant or manifest.served
    _log.info("task %s, variant %s", task, precision)
    load: Callable[[ImageModel], TaskHandler] = _module(task).load
    return load(ImageModel(folder, manifest, cores=cores, precision=precision))


def _module(task: str) -> Any:
    return import_module(f"openbml_serving.tasks.{task}")
