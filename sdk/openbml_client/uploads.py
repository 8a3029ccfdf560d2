"""Uploads of archives in parts: parallel, checked, resumable.

An interrupted upload is continued by running `ArchiveUpload` for the same import again: parts that the
storage already holds in the right size are not sent twice.
"""

import math
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import httpx

from openbml_client.client import Datasets, Document
from openbml_client.errors import OpenBMLClientError

Progress = Callable[[int], None]

_PARALLEL_PARTS = 4
_ATTEMPTS = 4
_URLS_PER_CALL = 100


class UploadError(OpenBMLClientError):
    """A part could not be stored."""


class ArchiveUpload:
    """One archive on its way into one import.

    Args:
        datasets: the project's data sets.
        document: the import as the API returned it, with its `upload` member.
        path: the archive on this machine; must not change while it is sent.
        progress: called with the number of bytes of each stored part.
        http: for tests.
        sleep: waits between attempts, in seconds.
    """

    def __init__(
        self,
        datasets: Datasets,
        *,
        dataset_id: int,
        version_number: int,
        document: Document,
        path: Path,
        progress: Progress = lambda _: None,
        http: httpx.Client | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._datasets = datasets
        self._where = (dataset_id, version_number, int(document["import_id"]))
        self._path = path
        self._size = path.stat().st_size
        self._part_size = int(document["upload"]["part_size_bytes"])
        self._progress = progress
        self._http = http or httpx.Client(timeout=httpx.Timeout(120.0, connect=5.0))
        self._sleep = sleep

    def run(self) -> Document:
        """Send what is missing, complete the import and return it.

        Raises:
            UploadError: a part failed repeatedly; call again to resume.
        """
        with self._http:
            return self._run()

    def _run(self) -> Document:
        etags = self._stored_parts()
        missing = [number for number in range(1, self._part_count + 1) if number not in etags]
        for start in range(0, len(missing), _URLS_PER_CALL):
            etags.update(self._send_batch(missing[start : start + _URLS_PER_CALL]))
        parts = [{"part_number": number, "etag": etags[number]} for number in sorted(etags)]
        return self._datasets.complete_import(*self._where, parts)

    @property
    def _part_count(self) -> int:
        return max(1, math.ceil(self._size / self._part_size))

    def _stored_parts(self) -> dict[int, str]:
        stored: dict[int, str] = {}
        for part in self._datasets.uploaded_parts(*self._where)["items"]:
            number = int(part["part_number"])
            if int(part["size_bytes"]) == self._length(number):
                stored[number] = part["etag"]
                self._progress(self._length(number))
        return stored

    def _send_batch(self, numbers: Sequence[int]) -> dict[int, str]:
        reply = self._datasets.part_urls(*self._where, numbers)
        urls = {int(part["part_number"]): part["url"] for part in reply["items"]}
        etags: dict[int, str] = {}
        with ThreadPoolExecutor(_PARALLEL_PARTS) as pool:
            sending = {pool.submit(self._send, number, urls[number]): number for number in numbers}
            try:
                for done in as_completed(sending):
                    etags[sending[done]] = done.result()
                    self._progress(self._length(sending[done]))
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
        return etags

    def _send(self, number: int, url: str) -> str:
        with self._path.open("rb") as file:
            file.seek((number - 1) * self._part_size)
            content = file.read(self._length(number))
        reason = ""
        for attempt in range(_ATTEMPTS):
            try:
                reply = self._http.put(url, content=content)
                if reply.is_success:
                    return reply.headers["ETag"]
                reason = f"HTTP {reply.status_code}"
            except httpx.TransportError as error:
                reason = type(error).__name__
            self._sleep(0.5 * 2**attempt)
        import_id = self._where[2]
        raise UploadError(
            f"Part {number} of {self._path.name} could not be stored ({reason}). "
            f"Resume with `bml datasets import … --resume {import_id}`."
        )

    def _length(self, number: int) -> int:
        return min(self._part_size, self._size - (number - 1) * self._part_size)
