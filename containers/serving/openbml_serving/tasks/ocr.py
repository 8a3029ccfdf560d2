"""Text in pictures. Two answers: spec 08 section 10.2 (`results`), spec 03 section 10.7 (`words_result`).

A request with `language_type` gets the second one; one without gets what the model's manifest says.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

from openbml_catalog.prediction_apis import ocr_languages
from openbml_kit import images
from openbml_kit.faults import PlatformFault
from openbml_kit.images import PREDICTION_SIDES, Normalisation
from openbml_kit.media_models.ocr_manifest import DETECTION_FILE, OcrManifest
from openbml_kit.media_models.served_manifest import read_served_manifest
from openbml_kit.model_manifest import MODEL_FILE
from openbml_serving.replies import RequestError
from openbml_serving.requests import check_text, read_share
from openbml_serving.sessions import HybridSessions
from openbml_serving.tasks.image_models import read_picture
from openbml_serving.tasks.ocr_lines import Corners, LineFinder, line_picture

_LINES_OF_A_RUN = 8
_BLANK = 0


class ReadLine(NamedTuple):
    text: str
    score: float
    corners: Corners


class Ocr:
    def __init__(self, folder: Path, *, cores: int) -> None:
        self._manifest = read_served_manifest(folder, OcrManifest)
        self._finder = LineFinder(self._manifest.detection)
        self._finding = HybridSessions(folder / DETECTION_FILE, ["text_map"], cores=cores)
        self._reading = HybridSessions(folder / MODEL_FILE, ["steps"], cores=cores)
        reading = self._manifest.reading
        self._normalisation = Normalisation(reading.mean, reading.std)
        self._name = self._manifest.labels[0] if self._manifest.labels else "text"

    def answer(self, document: Mapping[str, Any], *, alone: bool) -> Mapping[str, Any]:
        check_text(document, "image")
        threshold = read_share(document, "threshold", default=self._manifest.recommended_threshold)
        language = _language(document)
        picture = read_picture(document, lambda data: images.decode(data, limits=PREDICTION_SIDES))
        lines = [line for line in self._lines(picture, alone=alone) if line.score >= threshold]
        if language is not None or self._manifest.reply == "words":
            return _words(lines)
        return {"results": [self._result(line) for line in lines]}

    def warm_up(self) -> None:
        height = self._manifest.reading.height
        blank = Image.new("RGB", (64, 64))
        for alone in (True, False):
            self._text_map(blank, alone=alone)
            steps = self._steps([np.zeros((height, 64, 3), dtype=np.uint8)], alone=alone)
            if steps.shape[-1] != len(self._manifest.characters) + 1:
                raise PlatformFault(
                    f"the model gives {steps.shape[-1]} scores a step for {len(self._manifest.characters)} "
                    "characters and the blank"
                )

    def _lines(self, picture: Image.Image, *, alone: bool) -> list[ReadLine]:
        found = self._finder.lines(self._text_map(picture, alone=alone), picture.size)
        reading, pixels = self._manifest.reading, np.asarray(picture)
        pictures = [
            line_picture(pixels, corners, height=reading.height, longest=reading.longest) for corners in found
        ]
        # Lines of about one width share a run: little of it is padding.
        order = sorted(range(len(found)), key=lambda place: pictures[place].shape[1])
        read: dict[int, ReadLine] = {}
        for first in range(0, len(order), _LINES_OF_A_RUN):
            places = order[first : first + _LINES_OF_A_RUN]
            steps = self._steps([pictures[place] for place in places], alone=alone)
            for place, row in zip(places, steps, strict=True):
                read[place] = ReadLine(*self._text(row), found[place])
        return [read[place] for place in range(len(found)) if read[place].text]

    def _text_map(self, picture: Image.Image, *, alone: bool) -> npt.NDArray[np.float32]:
        text_map: npt.NDArray[np.float32] = self._finding.run(self._finder.planes(picture), alone=alone)[
            "text_map"
        ][0, 0]
        return text_map

    def _steps(self, pictures: Sequence[images.Pixels], *, alone: bool) -> npt.NDArray[np.float32]:
        width = max(picture.shape[1] for picture in pictures)
        padded = [
            np.pad(picture, ((0, 0), (0, width - picture.shape[1]), (0, 0)), mode="edge")
            for picture in pictures
        ]
        planes = np.concatenate([self._normalisation.planes(picture) for picture in padded])
        steps: npt.NDArray[np.float32] = self._reading.run(planes, alone=alone)["steps"]
        return steps

    def _text(self, steps: npt.NDArray[np.float32]) -> tuple[str, float]:
        """Return the most likely text without repeats and blanks, and the mean of its characters' scores."""
        places = steps.argmax(axis=1)
        kept = [
            step
            for step, place in enumerate(places.tolist())
            if place != _BLANK and (step == 0 or place != places[step - 1])
        ]
        text = "".join(self._manifest.characters[int(places[step]) - 1] for step in kept).strip()
        score = float(np.mean([steps[step, places[step]] for step in kept])) if kept else 0.0
        return text, score

    def _result(self, line: ReadLine) -> dict[str, Any]:
        points = [{"x": round(float(x)), "y": round(float(y))} for x, y in line.corners]
        return {"text": line.text, "score": line.score, "name": self._name, "location": {"points": points}}


def load(folder: Path, *, cores: int) -> Ocr:
    """Return the handler. Raises PlatformFault."""
    return Ocr(folder, cores=cores)


def _language(document: Mapping[str, Any]) -> str | None:
    """Return the language asked for: it chooses the answer's form, a model reads what it learnt.

    Raises:
        RequestError: none of the manual's 25.
    """
    check_text(document, "language_type")
    language: str | None = document.get("language_type")
    if language is not None and language not in ocr_languages():
        raise RequestError("invalid_argument", f"language_type must be one of {', '.join(ocr_languages())}")
    return language


def _words(lines: Sequence[ReadLine]) -> dict[str, Any]:
    """Return the manual's second form, whose table and example name the list differently: both are there."""
    words = [{"words": line.text, "score": line.score} for line in lines]
    return {"words_result_num": len(words), "words_result": words, "words_results": words}
