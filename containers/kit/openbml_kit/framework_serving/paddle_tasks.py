"""Paddle's classifiers and detectors behind the APIs of their tasks."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from openbml_catalog.frameworks.manifest import FrameworkManifest
from openbml_kit.faults import UserFault
from openbml_kit.framework_serving.detector_inputs import DetectorInput, detector_input
from openbml_kit.framework_serving.loading import FrameworkHandler
from openbml_kit.framework_serving.paddle_models import PaddleProgram
from openbml_kit.framework_serving.paddle_tensors import Tensor
from openbml_kit.framework_serving.picture_answers import (
    PictureClassification,
    PictureDetection,
    labels_of,
    view_of,
)
from openbml_kit.framework_serving.pictures import PictureView

# Inputs of what PaddleDetection exports; each model has some of them.
_DETECTOR_INPUTS = frozenset({"image", "im_shape", "scale_factor"})


class PaddleClassifier:
    def __init__(self, program: PaddleProgram, view: PictureView) -> None:
        if len(program.inputs) != 1:
            raise UserFault(f"a classifier must have one input, this one has {', '.join(program.inputs)}")
        self._program = program
        self._view = view

    def scores(self, picture: Image.Image) -> npt.NDArray[np.float32]:
        values = self._view.normalised(self._view.square(picture))
        found = self._program.run([Tensor(self._program.inputs[0], values, [])])[0].array
        return np.asarray(found, dtype=np.float32).reshape(-1)


class PaddleDetector:
    """A model as PaddleDetection exports it, its non-maximum suppression included.

    `scale_factor` lets the model answer in the picture's own pixels.
    """

    def __init__(self, program: PaddleProgram, sees: DetectorInput) -> None:
        unknown = sorted(set(program.inputs) - _DETECTOR_INPUTS)
        if unknown or "image" not in program.inputs:
            names = ", ".join(program.inputs)
            raise UserFault(f"a detector's inputs are image, im_shape and scale_factor; this one has {names}")
        self._program = program
        self._sees = sees

    def objects(self, picture: Image.Image) -> npt.NDArray[np.float32]:
        inputs = self._sees.of(picture)
        outputs = self._program.run([Tensor(name, inputs[name], []) for name in self._program.inputs])
        boxes = outputs[0].array
        if boxes.ndim != 2 or boxes.shape[1] != 6:
            raise UserFault(
                f"a detector's first output has rows of 6 numbers, this one's shape is {boxes.shape}"
            )
        return np.asarray(boxes, dtype=np.float32)


def load(folder: Path, manifest: FrameworkManifest, *, cores: int) -> FrameworkHandler:
    """Return the handler.

    Raises:
        UserFault: the program is of another task, or the task has no such API.
    """
    program = PaddleProgram(folder, manifest, cores=cores)
    if manifest.task == "image_classification":
        classifier = PaddleClassifier(program, view_of(manifest))
        return PictureClassification(classifier, labels_of(folder, manifest))
    if manifest.task == "object_detection":
        sees = detector_input(folder, manifest)
        labels = manifest.labels or sees.labels or labels_of(folder, manifest)
        return PictureDetection(PaddleDetector(program, sees), labels, manifest.recommended_threshold)
    raise UserFault(f"Paddle models of task {manifest.task} have no prediction API of their task")
