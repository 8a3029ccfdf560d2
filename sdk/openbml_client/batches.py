"""Batch predictions and their schedules."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from openbml_client.downloads import Download
from openbml_client.resources import Document, Resource, named
from openbml_client.uploads import UploadError

Progress = Callable[[int], object]
FINAL = frozenset({"succeeded", "failed", "stopped"})

_FILES_OF_A_CALL = 1000
_PARALLEL_FILES = 4
_ATTEMPTS = 4


class Batches(Resource):
    """Batch predictions in one project."""

    def create(self, body: Mapping[str, object]) -> Document:
        return self._post("/batch-predictions", body)

    def list(self) -> Iterator[Document]:
        return self._pages("/batch-predictions")

    def find(self, reference: str | int) -> Document:
        """Return the newest of that id or name. Raises NotFoundError."""
        return named(self.list(), reference, "batch_id", "batch prediction")

    def get(self, batch_id: int) -> Document:
        return self._get(f"/batch-predictions/{batch_id}")

    def stop(self, batch_id: int) -> Document:
        """Ask it to stop; the parts that are done stay."""
        return self._post(f"/batch-predictions/{batch_id}/stop")

    def resume(self, batch_id: int) -> Document:
        """Start a stopped or failed one again, behind the parts that are done."""
        return self._post(f"/batch-predictions/{batch_id}/resume")

    def delete(self, batch_id: int) -> None:
        self._delete(f"/batch-predictions/{batch_id}")

    def output(self, batch_id: int) -> Iterator[Document]:
        """Yield the files that came out, with addresses that are good for an hour."""
        return self._pages(f"/batch-predictions/{batch_id}/output")

    def download(self, batch_id: int, folder: Path, progress: Progress = lambda _: None) -> Sequence[Path]:
        """Fetch all files of an output into a folder; files that are there whole are not fetched again.

        Raises:
            DownloadError: one could not be fetched; run again to go on.
        """
        fetched = []
        for file in self.output(batch_id):
            target = folder / str(file["name"])
            if not target.resolve().is_relative_to(folder.resolve()):
                continue  # no output has such a name, and no answer of a server may write elsewhere
            size = int(file["size_bytes"])
            if not (target.exists() and target.stat().st_size == size):
                url = str(file["url"])
                Download(
                    lambda url=url: url,  # type: ignore[misc]
                    target,
                    tag=batch_id,
                    size_bytes=size,
                    progress=progress,
                    http=self._transport.storage(),
                ).run()
            fetched.append(target)
        return fetched

    def upload(
        self,
        files: Mapping[str, Path],
        progress: Progress = lambda _: None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> str:
        """Send files and return the address of the input that they become.

        Args:
            files: by the names that they get.
            progress: called with the number of bytes of each file that has arrived.

        Raises:
            UploadError: a file could not be stored, or there are too many for one upload.
        """
        if not 0 < len(files) <= _FILES_OF_A_CALL:
            raise UploadError(f"1 to {_FILES_OF_A_CALL} files are sent at once; pack more into a zip.")
        wanted = [{"name": name, "size_bytes": path.stat().st_size} for name, path in files.items()]
        reply = self._post("/batch-uploads", {"files": wanted})
        with self._transport.storage() as http, ThreadPoolExecutor(_PARALLEL_FILES) as pool:

            def send(upload: Document) -> None:
                path = files[str(upload["name"])]
                _send(http, str(upload["url"]), path, sleep)
                progress(path.stat().st_size)

            for _ in pool.map(send, reply["uploads"]):
                pass
        return str(reply["input_uri"])

    def create_schedule(self, body: Mapping[str, object]) -> Document:
        return self._post("/batch-schedules", body)

    def schedules(self) -> Iterator[Document]:
        return self._pages("/batch-schedules")

    def find_schedule(self, reference: str | int) -> Document:
        """Raises NotFoundError."""
        return named(self.schedules(), reference, "schedule_id", "schedule")

    def schedule(self, schedule_id: int) -> Document:
        return self._get(f"/batch-schedules/{schedule_id}")

    def change_schedule(self, schedule_id: int, changes: Mapping[str, object]) -> Document:
        return self._patch(f"/batch-schedules/{schedule_id}", changes)

    def delete_schedule(self, schedule_id: int) -> None:
        self._delete(f"/batch-schedules/{schedule_id}")

    def schedule_runs(self, schedule_id: int) -> Iterator[Document]:
        """Yield the latest times that were due, and what became of each."""
        return self._pages(f"/batch-schedules/{schedule_id}/runs")


def _send(http: httpx.Client, url: str, path: Path, sleep: Callable[[float], None]) -> None:
    reason = ""
    for attempt in range(_ATTEMPTS):
        try:
            with path.open("rb") as file:
                # A length, not chunks: storage takes nothing of unknown size.
                length = str(path.stat().st_size)
                reply = http.put(url, content=file, headers={"Content-Length": length})
        except httpx.TransportError as error:
            reason = type(error).__name__
        else:
            if reply.is_success:
                return
            reason = f"HTTP {reply.status_code}"
        sleep(0.5 * 2**attempt)
    raise UploadError(f"{path.name} could not be stored ({reason}).")
