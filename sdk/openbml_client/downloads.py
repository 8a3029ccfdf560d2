"""Downloads to files: with progress, repeated over broken connections, continued where they broke."""

import time
from collections.abc import Callable
from pathlib import Path

import httpx

from openbml_client.errors import OpenBMLClientError
from openbml_client.transport import storage_client

Progress = Callable[[int], object]

_ATTEMPTS = 5
_CHUNK_BYTES = 1024 * 1024


class DownloadError(OpenBMLClientError):
    """A file could not be fetched; what arrived is kept for the next try."""


class Download:
    """One stored object on its way into a file.

    The bytes gather in a hidden file beside the target that carries `tag`; a later run of the same tag goes
    on from there, and the target appears only when it is whole.

    Args:
        url_of: gives an address; asked again when one has expired.
        target: the file to write.
        tag: stands for this very content, an export's id for one.
        size_bytes: what the whole file must measure; None when nobody knows.
        progress: called with the number of bytes that arrived, those of earlier runs first.
        http: client of the storage; closed at the end.
        sleep: waits between attempts, in seconds.
    """

    def __init__(
        self,
        url_of: Callable[[], str],
        target: Path,
        *,
        tag: str | int,
        size_bytes: int | None = None,
        progress: Progress = lambda _: None,
        http: httpx.Client | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._url_of = url_of
        self._target = target
        self._part = target.with_name(f".{target.name}.{tag}.part")
        self._size = size_bytes
        self._progress = progress
        self._http = http or storage_client()
        self._sleep = sleep

    def run(self) -> Path:
        """Fetch what is missing and return the file.

        Raises:
            DownloadError: it broke repeatedly; run again to go on.
        """
        self._target.parent.mkdir(parents=True, exist_ok=True)
        self._progress(self._arrived())
        reason = ""
        with self._http:
            for attempt in range(_ATTEMPTS):
                try:
                    reason = self._fetch()
                except httpx.TransportError as error:
                    reason = type(error).__name__
                if not reason:
                    return self._part.replace(self._target)
                self._sleep(0.5 * 2**attempt)
        raise DownloadError(
            f"{self._target.name} could not be fetched ({reason}); {self._arrived()} bytes are here. "
            "Give the same command again to go on."
        )

    def _arrived(self) -> int:
        return self._part.stat().st_size if self._part.exists() else 0

    def _fetch(self) -> str:
        """Append what is missing; return why it is not whole, nothing when it is."""
        arrived = self._arrived()
        if self._size is not None and arrived == self._size > 0:
            return ""
        headers = {"Range": f"bytes={arrived}-"} if arrived else {}
        with self._http.stream("GET", self._url_of(), headers=headers) as reply:
            if reply.is_error:
                return self._refused(reply)
            if arrived and reply.status_code != httpx.codes.PARTIAL_CONTENT:
                self._start_over(arrived)
            with self._part.open("ab") as file:
                for chunk in reply.iter_bytes(_CHUNK_BYTES):
                    file.write(chunk)
                    self._progress(len(chunk))
        return self._checked()

    def _refused(self, reply: httpx.Response) -> str:
        if reply.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
            self._start_over(self._arrived())
        return f"HTTP {reply.status_code}"

    def _checked(self) -> str:
        arrived = self._arrived()
        if self._size is None or arrived == self._size:
            return ""
        if arrived > self._size:
            self._start_over(arrived)
        return f"{arrived} of {self._size} bytes came"

    def _start_over(self, arrived: int) -> None:
        self._part.unlink(missing_ok=True)
        self._progress(-arrived)
