"""BentoML: `bentoml serve benchmarks.peers.serve_bentoml:TableService`, or `:ImageService`."""

import os
from typing import Any

import bentoml

from benchmarks.peers.serving_work import ImageWork, TableWork

WORKERS = int(os.environ.get("BENCH_WORKERS", "1"))


@bentoml.service(workers=1, traffic={"timeout": 60}, logging={"access": {"enabled": False}})
class TableService:
    def __init__(self) -> None:
        self._work = TableWork()

    @bentoml.api(route="/predict")
    async def predict(self, data: list[dict[str, float]]) -> dict[str, Any]:
        return {"results": self._work.of_rows(data)}


@bentoml.service(workers=WORKERS, traffic={"timeout": 60}, logging={"access": {"enabled": False}})
class ImageService:
    def __init__(self) -> None:
        self._work = ImageWork()

    @bentoml.api(route="/predict")
    def predict(self, image: str) -> dict[str, Any]:
        return {"results": self._work.of_base64(image)}
