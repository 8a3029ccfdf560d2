"""Models for batch jobs whose answers are known: a picture's is its size, a row's the sum of `a` and `b`."""

import base64
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from openbml_batch.items import Document, refused
from openbml_batch.models import parsed
from openbml_batch.payloads import Payload
from openbml_catalog.prediction_apis import prediction_apis


class PictureModel:
    labels: Sequence[str] = ()
    quantiles: Sequence[str] = ()
    features: Sequence[str] = ()
    numbers: frozenset[str] = frozenset()
    parallel = 2
    most_line_bytes = 1000

    def __init__(self) -> None:
        self.payload = Payload(prediction_apis()["image_classification"])
        self.answered = 0
        self.closed = False
        self._lock = threading.Lock()

    def read(self, body: bytes) -> Document:
        if len(body) > self.most_line_bytes:
            raise refused("size_invalid")
        return parsed(body)

    def answer(self, document: Document) -> Mapping[str, Any]:
        with self._lock:
            self.answered += 1
        if "image" not in document:
            raise refused("parameter_missing")
        content = base64.b64decode(document["image"])
        if content.startswith(b"bad"):
            raise refused("image_undecodable")
        if content.startswith(b"crash"):
            raise RuntimeError("a fault of ours")
        return {"results": [{"name": "size", "score": len(content)}], "top_num": document.get("top_num")}

    def close(self) -> None:
        self.closed = True


class RowModel:
    labels: Sequence[str] = ()
    quantiles: Sequence[str] = ()
    features: Sequence[str] = ("a", "b")
    numbers: frozenset[str] = frozenset({"b"})
    parallel = 2
    most_line_bytes = 10_000

    def __init__(self) -> None:
        self.payload = Payload(prediction_apis()["tabular_prediction"])
        self.requests: list[int] = []
        self._lock = threading.Lock()

    def read(self, body: bytes) -> Document:
        return parsed(body)

    def answer(self, document: Document) -> Mapping[str, Any]:
        with self._lock:
            self.requests.append(len(document["data"]))
        results = []
        for row in document["data"]:
            if row.keys() != {"a", "b"} or row["a"] is None or not str(row["a"]).isdigit():
                raise refused("invalid_argument", "a is no number")
            results.append({"value": float(row["a"]) + float(row["b"] or 0)})
        return {"batch_results": results}

    def close(self) -> None:
        """Nothing runs beside it."""
