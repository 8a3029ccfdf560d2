"""Image classification, single label: spec 03 section 10.3, spec 08 sections 4.2-4.3 and 9.2."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from openbml_kit.faults import PlatformFault
from openbml_kit.images import (
    DECODER,
    PREDICTION_SIDES,
    RESIZE,
    ImageSidesError,
    Normalisation,
    UndecodableImageError,
    evaluation_view,
)
from openbml_kit.model_manifest import MODEL_FILE, ModelManifest
from openbml_serving.replies import RequestError
from openbml_serving.requests import check_text, read_base64, read_positive_integer
from openbml_serving.sessions import HybridSessions


class ImageClassification:
    def __init__(self, sessions: HybridSessions, manifest: ModelManifest) -> None:
        self._sessions = sessions
        self._labels = list(manifest.labels)
        self._size = manifest.input.size
        self._normalisation = Normalisation(manifest.input.mean, manifest.input.std)
        self._top_num = manifest.top_num_default

    def answer(self, document: Mapping[str, Any], *, alone: bool) -> Mapping[str, Any]:
        check_text(document, "image")
        top_num = read_positive_integer(document, "top_num", default=self._top_num)
        data = read_base64(document, "image")
        try:
            view = evaluation_view(data, size=self._size, limits=PREDICTION_SIDES)
        except ImageSidesError as error:
            raise RequestError("size_invalid") from error
        except UndecodableImageError as error:
            raise RequestError("image_undecodable") from error
        scores = self._sessions.run(self._normalisation.planes(view), alone=alone)[0]
        best = np.argsort(-scores, kind="stable")[:top_num]
        return {
            "results": [
                {"name": self._labels[index], "score": float(scores[index])} for index in best.tolist()
            ]
        }

    def warm_up(self) -> None:
        blank = np.zeros((1, 3, self._size, self._size), dtype=np.float32)
        for alone in (False, True):
            scores = self._sessions.run(blank, alone=alone)
            if scores.shape != (1, len(self._labels)):
                raise PlatformFault(
                    f"the model gives scores of shape {scores.shape} for {len(self._labels)} labels"
                )


def load(folder: Path, manifest: ModelManifest, *, cores: int) -> ImageClassification:
    """Return the handler.

    Raises:
        PlatformFault: the model was evaluated with another way of resizing than this image's.
    """
    if manifest.input.resize != RESIZE:
        raise PlatformFault(f"the model wants resize {manifest.input.resize!r}, this image has {RESIZE!r}")
    if manifest.input.decoder.partition("-")[0] != DECODER.partition("-")[0]:
        raise PlatformFault(f"the model wants decoder {manifest.input.decoder!r}, this image has {DECODER!r}")
    return ImageClassification(HybridSessions(folder / MODEL_FILE, cores=cores), manifest)
