"""Object detection: spec 03 section 10.5. Boxes are in pixels of the picture that was sent, upright."""

from collections.abc import Mapping
from typing import Any

from openbml_serving.tasks.found_objects import found_objects, require_objects
from openbml_serving.tasks.image_models import ImageModel


class ObjectDetection:
    def __init__(self, model: ImageModel) -> None:
        self._model = model

    def answer(self, document: Mapping[str, Any], *, alone: bool) -> Mapping[str, Any]:
        return {"results": [found.fields for found in found_objects(self._model, document, alone=alone)]}

    def warm_up(self) -> None:
        require_objects(self._model)


def load(model: ImageModel) -> ObjectDetection:
    """Return the handler.

    Raises:
        PlatformFault: the model is of another task.
    """
    model.require("objects")
    return ObjectDetection(model)
