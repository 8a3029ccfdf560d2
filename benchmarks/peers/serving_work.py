"""The work of a request as every peer does it. `BENCH_MODEL` names the model's folder."""

import base64
import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import orjson

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "containers" / "kit")]


def _session(path: Path, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


class TableWork:
    """Rows of 30 numbers, by name or in the model's order."""

    def __init__(self) -> None:
        folder = Path(os.environ["BENCH_MODEL"])
        self._labels = json.loads((folder / "model.json").read_text())["labels"]
        columns = json.loads((folder / "features.json").read_text())["columns"]
        self._names = [column["name"] for column in columns]
        self._model = _session(folder / "model.onnx", 1)
        self._input = self._model.get_inputs()[0].name

    def of_rows(self, rows: list[dict[str, float]]) -> list[dict[str, Any]]:
        return self.of_numbers([[row[name] for name in self._names] for row in rows])

    def of_numbers(self, numbers: Any) -> list[dict[str, Any]]:
        scores = self._model.run(None, {self._input: np.asarray(numbers, np.float32)})[0]
        return [
            {"label": self._labels[place], "scores": dict(zip(self._labels, row, strict=True))}
            for place, row in zip(scores.argmax(axis=1).tolist(), scores.tolist(), strict=True)
        ]


class ImageWork:
    """A base64 picture, decoded, cut and normalised as the serving image does it."""

    def __init__(self) -> None:
        from openbml_kit import images

        folder = Path(os.environ["BENCH_MODEL"])
        manifest = json.loads((folder / "model.json").read_text())
        self._images = images
        self._size = manifest["input"]["size"]
        self._labels = manifest["labels"]
        self._normalisation = images.Normalisation(manifest["input"]["mean"], manifest["input"]["std"])
        self._model = _session(folder / "model.onnx", int(os.environ.get("BENCH_THREADS", "1")))
        self._input = self._model.get_inputs()[0].name

    def of_base64(self, text: str | bytes) -> list[dict[str, Any]]:
        view = self._images.evaluation_view(
            base64.b64decode(text), size=self._size, limits=self._images.PREDICTION_SIDES
        )
        scores = self._model.run(None, {self._input: self._normalisation.planes(view)})[0][0]
        best = np.argsort(-scores)[:5]
        return [{"name": self._labels[place], "score": float(scores[place])} for place in best.tolist()]


def encoded(document: Any) -> bytes:
    return orjson.dumps(document)
