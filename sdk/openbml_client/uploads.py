"""Uploads of files in parts: parallel, checked, resumable.

An interrupted upload is continued by running `Upload` for the same import again: parts that the storage
already holds, in the right size and with the same content, are not sent twice.
"""

import hashlib
import math
import re
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Protocol

import httpx

from openbml_client.errors import OpenBMLClientError
from openbml_client.resources import Document
from openbml_client.transport import storage_client

Progress = Callable[[int], object]

_PARALLEL_PARTS = 4
_ATTEMPTS = 4
_URLS_PER_CALL = 100
_MD5 = re.compile(r"[0-9a-f]{32}")


class UploadError(OpenBMLClientError):
    """A part could not be stored, or the files are not those of the import."""


class UploadTarget(Protocol):
    """The API's side of uploads; `Imports` is one."""

    def uploaded_parts(self, import_id: int, *, file: int) -> Sequence[Document]: ...

    def part_urls(self, import_id: int, part_numbers: Sequence[int], *, file: int) -> Mapping[int, str]: ...

    def complete(self, import_id: int, parts: Mapping[int, Sequence[Document]]) -> Document: ...


class UploadVersion(Protocol):
    @property
    def imports(self) -> UploadTarget: ...


class VersionsByIds(Protocol):
    """`Datasets` is one."""

    def at(self, dataset_id: int, version_number: int) -> UploadVersion: ...


class Part:
    """One part of one file of an import; numbers count from 1."""

    def __init__(self, file: int, path: Path, number: int, start: int, length: int) -> None:
        self.file, self.path, self.number = file, path, number
        self._start = start
        self.length = length

    def read(self) -> bytes:
        with self.path.open("rb") as opened:
            opened.seek(self._start)
            return opened.read(self.length)

    def is_stored_as(self, stored: Document) -> bool:
        """Tell whether storage holds this part; an entity tag that is a digest has to be this content's."""
        if int(stored["size_bytes"]) != self.length:
            return False
        etag = str(stored["etag"]).strip('"')
        if not _MD5.fullmatch(etag):
            return True
        return etag == hashlib.md5(self.read(), usedforsecurity=False).hexdigest()


class Upload:
    """The files of one import on their way.

    Args:
        target: where the parts are announced.
        document: the import as the API returned it, with an `upload` member per file.
        paths: the files on this machine, in any order, or by the name that was announced; must not change
            while they are sent.
        is_new: nothing is stored yet, nobody needs to be asked.
        progress: called with the number of bytes of each stored part.
        resume_hint: what people do when a part could not be stored.
        http: client of the storage; closed at the end.
        sleep: waits between attempts, in seconds.
    """

    def __init__(
        self,
        target: UploadTarget,
        document: Document,
        paths: Sequence[Path] | Mapping[str, Path],
        *,
        is_new: bool = False,
        progress: Progress = lambda _: None,
        resume_hint: str = "Resume with `bml datasets import … --resume {import_id}`.",
        http: httpx.Client | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._target = target
        self._resume_hint = resume_hint
        self._import_id = int(document["import_id"])
        self._parts = parts_of(document, paths)
        self._urls = {} if not is_new else _given_urls(document)
        self._is_new = is_new
        self._progress = progress
        self._http = http or storage_client()
        self._sleep = sleep

    def run(self) -> Document:
        """Send what is missing, complete the import and return it.

        Raises:
            UploadError: a part failed repeatedly; run again to resume.
        """
        with self._http:
            return self._run()

    def _run(self) -> Document:
        etags = {} if self._is_new else self._stored()
        missing = [part for part in self._parts if (part.file, part.number) not in etags]
        for start in range(0, len(missing), _URLS_PER_CALL):
            etags.update(self._send_all(missing[start : start + _URLS_PER_CALL]))
        parts: dict[int, list[Document]] = {}
        for (file, number), etag in sorted(etags.items()):
            parts.setdefault(file, []).append({"part_number": number, "etag": etag})
        return self._target.complete(self._import_id, parts)

    def _stored(self) -> dict[tuple[int, int], str]:
        etags: dict[tuple[int, int], str] = {}
        for file in sorted({part.file for part in self._parts}):
            listed = self._target.uploaded_parts(self._import_id, file=file)
            stored = {int(part["part_number"]): part for part in listed}
            for part in self._parts:
                found = stored.get(part.number) if part.file == file else None
                if found and part.is_stored_as(found):
                    etags[file, part.number] = found["etag"]
                    self._progress(part.length)
        return etags

    def _send_all(self, parts: Sequence[Part]) -> dict[tuple[int, int], str]:
        self._find_urls(parts)
        etags: dict[tuple[int, int], str] = {}
        with ThreadPoolExecutor(_PARALLEL_PARTS) as pool:
            sending = {pool.submit(self._send, part): part for part in parts}
            try:
                for done in as_completed(sending):
                    part = sending[done]
                    etags[part.file, part.number] = done.result()
                    self._progress(part.length)
            except BaseException:  # an interruption too: what was not begun is not begun any more
                pool.shutdown(cancel_futures=True)
                raise
        return etags

    def _find_urls(self, parts: Sequence[Part]) -> None:
        for file in sorted({part.file for part in parts}):
            numbers = [
                part.number for part in parts if part.file == file and (file, part.number) not in self._urls
            ]
            if numbers:
                found = self._target.part_urls(self._import_id, numbers, file=file)
                self._urls.update({(file, number): url for number, url in found.items()})

    def _send(self, part: Part) -> str:
        content = part.read()
        reason = ""
        for attempt in range(_ATTEMPTS):
            try:
                reply = self._http.put(self._urls[part.file, part.number], content=content)
                if reply.is_success:
                    return reply.headers["ETag"]
                reason = f"HTTP {reply.status_code}"
                if reply.status_code == httpx.codes.FORBIDDEN:  # addresses are good for some time only
                    del self._urls[part.file, part.number]
                    self._find_urls([part])
            except httpx.TransportError as error:
                reason = type(error).__name__
            self._sleep(0.5 * 2**attempt)
        raise UploadError(
            f"Part {part.number} of {part.path.name} could not be stored ({reason}). "
            + self._resume_hint.format(import_id=self._import_id)
        )


def parts_of(document: Document, paths: Sequence[Path] | Mapping[str, Path]) -> Sequence[Part]:
    """Return all parts of an import's files.

    Raises:
        UploadError: the import is not uploading, or other files were announced for it.
    """
    import_id = document["import_id"]
    local = dict(paths) if isinstance(paths, Mapping) else {path.name: path for path in paths}
    parts: list[Part] = []
    for file in document["files"]:
        if not file["upload"]:
            raise UploadError(f"Import {import_id} is {document['state']}: there is no upload to resume.")
        path = local.get(file["name"])
        if path is None or path.stat().st_size != int(file["size_bytes"]):
            raise UploadError(
                f"Import {import_id} was started with {file['name']} of {file['size_bytes']} bytes; "
                "resume it with the same files."
            )
        size, step = int(file["size_bytes"]), int(file["upload"]["part_size_bytes"])
        parts += [
            Part(int(file["file"]), path, index + 1, index * step, min(step, size - index * step))
            for index in range(math.ceil(size / step))
        ]
    return parts


def _given_urls(document: Document) -> dict[tuple[int, int], str]:
    return {
        (int(file["file"]), int(part["part_number"])): part["url"]
        for file in document["files"]
        for part in (file["upload"] or {}).get("parts", ())
    }


class ArchiveUpload:
    """One archive on its way into one import, told by ids; `Upload` is for any files."""

    def __init__(
        self,
        datasets: VersionsByIds,
        *,
        dataset_id: int,
        version_number: int,
        document: Document,
        path: Path,
        progress: Progress = lambda _: None,
    ) -> None:
        target = datasets.at(dataset_id, version_number).imports
        self._upload = Upload(target, document, [path], progress=progress)

    def run(self) -> Document:
        """Send what is missing, complete the import and return it. Raises UploadError."""
        return self._upload.run()
