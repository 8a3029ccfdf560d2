"""The answers of the tasks' own prediction APIs (spec 03 sections 10.3 and 10.5), of whatever framework."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from PIL import Image

from openbml_catalog.frameworks.manifest import FrameworkManifest, PictureInput
from openbml_kit.faults import UserFault
from openbml_kit.framework_serving.bodies import read_positive_integer, read_share
from openbml_kit.framework_serving.pictures import PictureView, read_picture

_LABEL_FILES = ("label_list.txt", "labels.txt")
_TOP_NUM = 6  # spec 03 section 10.3
# Decimals of a coordinate, in pixels of the picture.
_DECIMALS = 2


class Classifier(Protocol):
    def scores(self, picture: Image.Image) -> npt.NDArray[np.float32]:
        """Return what the network gives of each class, shape (n_classes,)."""
        ...


class Detector(Protocol):
    def objects(self, picture: Image.Image) -> npt.NDArray[np.float32]:
        """Return rows of class, score, x1, y1, x2, y2, in pixels of the picture; shape (k, 6)."""
        ...


class PictureClassification:
    def __init__(self, classifier: Classifier, labels: Sequence[str]) -> None:
        self._classifier = classifier
        self._labels = labels

    def answer(self, document: dict[str, Any]) -> dict[str, Any]:
        picture = read_picture(document)
        top_num = read_positive_integer(document, "top_num", default=_TOP_NUM)
        scores = _probabilities(self._classifier.scores(picture))
        best = np.argsort(-scores, kind="stable")[:top_num]
        results = [{"name": self._labels[index], "score": float(scores[index])} for index in best.tolist()]
        return {"results": results}

    def warm_up(self) -> None:
        count = len(self._classifier.scores(_blank()))
        if count != len(self._labels):
            raise UserFault(f"the model gives {count} scores for {len(self._labels)} labels")


class PictureDetection:
    def __init__(self, detector: Detector, labels: Sequence[str], threshold: float) -> None:
        self._detector = detector
        self._labels = labels
        self._threshold = threshold

    def answer(self, document: dict[str, Any]) -> dict[str, Any]:
        picture = read_picture(document)
        threshold = read_share(document, "threshold", default=self._threshold)
        rows = self._detector.objects(picture)
        # Paddle's detectors write a class of -1 where they found nothing.
        rows = rows[(rows[:, 0] >= 0) & (rows[:, 1] > threshold)]
        order = np.argsort(-rows[:, 1], kind="stable")
        return {"results": [self._found(row, picture) for row in rows[order].tolist()]}

    def warm_up(self) -> None:
        self._detector.objects(_blank())

    def _found(self, row: Sequence[float], picture: Image.Image) -> Mapping[str, Any]:
        left, right = (min(max(row[place], 0.0), picture.width) for place in (2, 4))
        top, bottom = (min(max(row[place], 0.0), picture.height) for place in (3, 5))
        number = int(row[0])
        return {
            "name": self._labels[number] if number < len(self._labels) else str(number),
            "score": row[1],
            "location": {
                "left": round(left, _DECIMALS),
                "top": round(top, _DECIMALS),
                "width": round(right - left, _DECIMALS),
                "height": round(bottom - top, _DECIMALS),
            },
        }


def view_of(manifest: FrameworkManifest) -> PictureView:
    return PictureView(manifest.picture or PictureInput())


def labels_of(folder: Path, manifest: FrameworkManifest) -> Sequence[str]:
    """Return the classes' names: the manifest's, else the lines of the model's own file.

    Raises:
        UserFault: there are none.
    """
    if manifest.labels:
        return manifest.labels
    for name in _LABEL_FILES:
        if (folder / name).is_file():
            lines = (folder / name).read_text(encoding="utf-8-sig").splitlines()
            return [line.strip() for line in lines if line.strip()]
    raise UserFault("the model has no labels: name its file of labels")


def _blank() -> Image.Image:
    return Image.new("RGB", (64, 48), (128, 128, 128))


def _probabilities(scores: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Return scores that sum to 1: a network that ends before its softmax gets one."""
    values = scores.astype(np.float64)
    if values.size and values.min() >= 0 and abs(values.sum() - 1) < 1e-2:
        return values
    powers = np.exp(values - values.max())
    return np.asarray(powers / powers.sum())
