"""TensorFlow's classifiers behind the API of image classification."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from openbml_catalog.frameworks.manifest import FrameworkManifest
from openbml_kit.faults import UserFault
from openbml_kit.framework_serving.loading import FrameworkHandler
from openbml_kit.framework_serving.picture_answers import PictureClassification, labels_of, view_of
from openbml_kit.framework_serving.pictures import PictureView
from openbml_kit.framework_serving.tensorflow_signatures import InputSpec, SavedModel


class TensorFlowClassifier:
    """The default signature with one picture as its input; where that is of whole numbers, its pixels."""

    def __init__(self, model: SavedModel, view: PictureView) -> None:
        if model.default is None or len(model.default.inputs) != 1:
            raise UserFault("a classifier needs a default signature with one input")
        self._signature = model.default
        self._name, self._spec = next(iter(model.default.inputs.items()))
        self._view = _fitted(view, self._spec)

    def scores(self, picture: Image.Image) -> npt.NDArray[np.float32]:
        pixels = self._view.square(picture)
        if self._spec.dtype.is_integer:
            values = pixels[None] if self._view.settings.layout == "hwc" else pixels.transpose(2, 0, 1)[None]
        else:
            values = self._view.normalised(pixels)
        outputs = self._signature.run({self._name: values})
        found = [output for output in outputs.values() if output.dtype.kind == "f"]
        if not found:
            raise UserFault("the signature has no output of scores")
        return np.asarray(found[0], dtype=np.float32).reshape(-1)


def _fitted(view: PictureView, spec: InputSpec) -> PictureView:
    """Return the view in the layout and size that the signature declares; what it leaves open is as told.

    Raises:
        UserFault: the input is no square picture of three colours.
    """
    if spec.shape is None:
        return view
    sides = list(spec.shape)
    colours = {"hwc": sides[3], "chw": sides[1]} if len(sides) == 4 else {}
    layouts = [name for name, count in colours.items() if count == 3]
    layouts = layouts or [name for name, count in colours.items() if count is None]
    if not layouts:
        raise UserFault(f"a classifier's input is a picture of three colours, this one's shape is {sides}")
    layout = view.settings.layout if view.settings.layout in layouts else layouts[0]
    named = {side for side in (sides[1:3] if layout == "hwc" else sides[2:4]) if side is not None}
    if len(named) > 1:
        raise UserFault(f"a classifier's picture is a square, this one's shape is {sides}")
    size = named.pop() if named else view.size
    return PictureView(view.settings.model_copy(update={"layout": layout, "size": size}))


def load(folder: Path, manifest: FrameworkManifest, *, cores: int) -> FrameworkHandler:
    """Return the handler.

    Raises:
        UserFault: the model is of another task, or the task has no such API.
    """
    if manifest.task != "image_classification":
        raise UserFault(f"TensorFlow models of task {manifest.task} have no prediction API of their task")
    classifier = TensorFlowClassifier(SavedModel(folder, manifest, cores=cores), view_of(manifest))
    return PictureClassification(classifier, labels_of(folder, manifest))
