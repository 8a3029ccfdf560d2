"""LitServe: `serve_litserve.py KIND PORT WORKERS`, as its documentation serves a model of one's own."""

import sys
from typing import Any

import litserve

from benchmarks.peers.serving_work import ImageWork, TableWork


class TableApi(litserve.LitAPI):
    def setup(self, device: str) -> None:
        self._work = TableWork()

    def decode_request(self, request) -> Any:  # type: ignore[no-untyped-def]  # a type would make it a query
        return request["data"]

    def predict(self, x: Any) -> Any:
        return self._work.of_rows(x)

    def encode_response(self, output: Any) -> Any:
        return {"results": output}


class ImageApi(litserve.LitAPI):
    def setup(self, device: str) -> None:
        self._work = ImageWork()

    def decode_request(self, request) -> Any:  # type: ignore[no-untyped-def]  # a type would make it a query
        return request["image"]

    def predict(self, x: Any) -> Any:
        return self._work.of_base64(x)

    def encode_response(self, output: Any) -> Any:
        return {"results": output}


if __name__ == "__main__":
    kind, port, workers = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    api = TableApi() if kind == "table" else ImageApi()
    server = litserve.LitServer(api, accelerator="cpu", workers_per_device=workers, fast_queue=True)
    server.run(port=port, host="127.0.0.1", num_api_servers=1, log_level="error", generate_client_file=False)
