"""MLServer: runtimes for `mlserver start FOLDER`; the orchestrator writes the folder's settings.

Its own parallel workers do not start under uvloop (1.7.1: "There is no current event loop"), so pictures are
computed in threads.
"""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor

from mlserver import MLModel
from mlserver.types import InferenceRequest, InferenceResponse, ResponseOutput

from benchmarks.peers.serving_work import ImageWork, TableWork, encoded


class TableModel(MLModel):
    async def load(self) -> bool:
        self._work = TableWork()
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        given = payload.inputs[0]
        rows, columns = given.shape
        numbers = [given.data[row * columns : (row + 1) * columns] for row in range(rows)]
        return _reply(self.name, self._work.of_numbers(numbers))


class ImageModel(MLModel):
    async def load(self) -> bool:
        self._work = ImageWork()
        self._threads = ThreadPoolExecutor(int(os.environ["BENCH_WORKERS"]))
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        loop = asyncio.get_running_loop()
        sent = payload.inputs[0].data[0]
        return _reply(self.name, await loop.run_in_executor(self._threads, self._work.of_base64, sent))


def _reply(name: str, results: object) -> InferenceResponse:
    output = ResponseOutput(name="results", shape=[1], datatype="BYTES", data=[encoded(results).decode()])
    return InferenceResponse(model_name=name, outputs=[output])
