"""Instance segmentation: spec 03 section 10.6. A mask is COCO's run lengths of the picture's own size."""

from collections.abc import Mapping
from typing import Any

from openbml_kit.faults import PlatformFault
from openbml_kit.found_masks import square_mask
from openbml_kit.run_lengths import encode_mask
from openbml_serving.tasks.found_objects import Sight, found_objects, require_objects
from openbml_serving.tasks.image_models import ImageModel


class InstanceSegmentation:
    def __init__(self, model: ImageModel) -> None:
        self._model = model
        self._frame = model.outputs.mask_frame or "input"

    def answer(self, document: Mapping[str, Any], *, alone: bool) -> Mapping[str, Any]:
        objects = found_objects(self._model, document, alone=alone)
        return {"results": [found.fields | {"mask": self._mask(found.sight)} for found in objects]}

    def warm_up(self) -> None:
        require_objects(self._model)

    def _mask(self, sight: Sight) -> str:
        box = sight.outputs["boxes"][sight.index].tolist()
        mask = square_mask(sight.outputs["masks"][sight.index], box, self._model.size, frame=self._frame)
        return encode_mask(sight.view.place.mask_to_image(mask))


def load(model: ImageModel) -> InstanceSegmentation:
    """Return the handler.

    Raises:
        PlatformFault: the model is of another task, or looks at tiles, whose masks would not be whole.
    """
    model.require("objects", with_masks=True)
    if model.tile:
        raise PlatformFault("instance segmentation does not look at tiles")
    return InstanceSegmentation(model)
