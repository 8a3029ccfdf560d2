"""What all image tasks share: a picture from a request, the model's view of it, the graph's answer."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np
from PIL import Image

from openbml_kit import images, letterbox
from openbml_kit.faults import PlatformFault
from openbml_kit.images import PREDICTION_SIDES, ImageSidesError, Normalisation, Pixels, UndecodableImageError
from openbml_kit.model_manifest import ModelManifest, Outputs, Precision
from openbml_serving.replies import RequestError
from openbml_serving.requests import read_base64
from openbml_serving.sessions import Arrays, HybridSessions
from openbml_serving.stages import decoding

V = TypeVar("V")


class ImageModel:
    """A model set up: its sessions, its labels, and how it sees a picture.

    Raises:
        PlatformFault: this image decodes pictures in another way than the one the model was evaluated with,
            or the model has no such variant.
    """

    def __init__(self, folder: Path, manifest: ModelManifest, *, cores: int, precision: Precision) -> None:
        decoder = manifest.input.decoder
        if decoder.partition("-")[0] != images.DECODER.partition("-")[0]:
            raise PlatformFault(f"the model wants decoder {decoder!r}, this image has {images.DECODER!r}")
        self.labels = list(manifest.labels)
        self.size = manifest.input.size
        self.outputs = manifest.outputs
        self.tile = manifest.input.tile
        self.threshold = manifest.recommended_threshold
        self.top_num = manifest.top_num_default
        self._resize = manifest.input.resize
        self._normalisation = Normalisation(manifest.input.mean, manifest.input.std)
        self._sessions = HybridSessions(
            folder / manifest.file_of(precision), manifest.outputs.names, cores=cores
        )

    def require(
        self, kind: Literal["scores", "objects", "class_scores"], *, with_masks: bool = False
    ) -> None:
        """Check that the model is one of the task.

        Raises:
            PlatformFault: its graph gives something else, or it sees pictures in another way.
        """
        if self.outputs.kind != kind or (self.outputs.mask_frame is not None) != with_masks:
            raise PlatformFault(f"the model gives {self._gives(self.outputs)}, the task needs {kind}")
        resize = images.RESIZE if kind == "scores" else letterbox.RESIZE
        if self._resize != resize:
            raise PlatformFault(f"the model wants resize {self._resize!r}, this image has {resize!r}")

    def central_square(self, document: Mapping[str, Any]) -> Pixels:
        """Return what a classifier sees of the request's picture, shape (size, size, 3).

        Raises:
            RequestError: the picture is missing or cannot be used.
        """
        return read_picture(
            document, lambda data: images.evaluation_view(data, size=self.size, limits=PREDICTION_SIDES)
        )

    def picture(self, document: Mapping[str, Any]) -> Image.Image:
        """Return the request's picture, upright, in RGB.

        Raises:
            RequestError: the picture is missing or cannot be used.
        """
        return read_picture(document, lambda data: images.decode(data, limits=PREDICTION_SIDES))

    def outputs_of(self, pixels: Pixels, *, alone: bool) -> Arrays:
        """Return the graph's outputs by name."""
        return self._sessions.run(self._normalisation.planes(pixels), alone=alone)

    def warm_up(self) -> Arrays:
        """Compute an empty picture with either session and return the outputs."""
        blank = np.zeros((self.size, self.size, 3), dtype=np.uint8)
        self.outputs_of(blank, alone=True)
        return self.outputs_of(blank, alone=False)

    @staticmethod
    def _gives(outputs: Outputs) -> str:
        return f"{outputs.kind} with masks" if outputs.mask_frame else outputs.kind


def read_picture(document: Mapping[str, Any], view: Callable[[bytes], V]) -> V:
    """Return the view of the request's `image`.

    Raises:
        RequestError: the picture is missing or cannot be used.
    """
    data = read_base64(document, "image")
    try:
        with decoding():
            return view(data)
    except ImageSidesError as error:
        raise RequestError("size_invalid") from error
    except UndecodableImageError as error:
        raise RequestError("image_undecodable") from error
