"""Fakes of the ports of model imports and exports."""

import hashlib
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import BinaryIO

from openbml.core.scope import ProjectScope
from openbml.datasets.stored_objects import UploadedPart, UploadGoneError
from openbml.models.imports.file_sources import FileDigest, FileSource, SourceFile, SourceUnreadableError
from openbml.models.imports.model_imports import (
    ModelImport,
    ModelImportConflictError,
    ModelImportNotFoundError,
    ModelImportState,
    Position,
)
from openbml.models.model_uses import VersionUse
from tests.fakes.datasets_memory import MemoryObjectStore


class InMemoryModelImports:
    def __init__(self) -> None:
        self._imports: dict[int, ModelImport] = {}
        self.lost_saves = 0

    def add(self, model_import: ModelImport) -> None:
        if model_import.import_id in self._imports:
            raise ModelImportConflictError(import_id=model_import.import_id)
        self._imports[model_import.import_id] = model_import

    def get(self, scope: ProjectScope, model_id: int, import_id: int) -> ModelImport:
        found = self._imports.get(import_id)
        if found is None or (found.scope, found.model_id) != (scope, model_id):
            raise ModelImportNotFoundError(import_id=import_id)
        return found

    def save(self, model_import: ModelImport) -> None:
        known = self._imports.get(model_import.import_id)
        if self.lost_saves or known is None or known.revision != model_import.revision - 1:
            self.lost_saves = max(0, self.lost_saves - 1)
            raise ModelImportConflictError(import_id=model_import.import_id)
        self._imports[model_import.import_id] = model_import

    def remove(self, model_import: ModelImport) -> None:
        self._imports.pop(model_import.import_id, None)

    def page(
        self, scope: ProjectScope, model_id: int, *, limit: int, position: Position
    ) -> tuple[Sequence[ModelImport], Position]:
        mine = [row for row in self._imports.values() if (row.scope, row.model_id) == (scope, model_id)]
        newest = sorted(mine, key=lambda row: -row.import_id)
        start = position["start"] if position else 0
        following = {"start": start + limit} if start + limit < len(newest) else None
        return newest[start : start + limit], following

    def unfinished(self) -> Sequence[ModelImport]:
        ended = (ModelImportState.FAILED, ModelImportState.READY)
        return [row for row in self._imports.values() if row.state not in ended]


class MemoryUploads:
    """Multipart uploads that end in an object store."""

    def __init__(self, objects: MemoryObjectStore) -> None:
        self._objects = objects
        self._open: dict[str, dict[int, bytes]] = {}
        self.aborted: list[str] = []

    def open(self, key: str) -> str:
        self._open[key] = {}
        return f"upload of {key}"

    def part_urls(self, key: str, upload_id: str, part_numbers: Sequence[int]) -> Mapping[int, str]:
        return {number: f"https://uploads.example/{key}?part={number}" for number in part_numbers}

    def put(self, key: str, number: int, body: bytes) -> None:
        self._open[key][number] = body

    def parts(self, key: str, upload_id: str) -> Sequence[UploadedPart]:
        if key not in self._open:
            raise UploadGoneError(upload_id=upload_id)
        return [
            UploadedPart(part_number=number, etag=str(number), size_bytes=len(body))
            for number, body in sorted(self._open[key].items())
        ]

    def complete(self, key: str, upload_id: str, parts: Sequence[UploadedPart]) -> None:
        stored = self._open.pop(key)
        body = b"".join(stored[part.part_number] for part in parts)
        self._objects.put(key, body, content_type="application/octet-stream")

    def abort(self, key: str, upload_id: str) -> None:
        self._open.pop(key, None)
        self.aborted.append(key)


class MemorySource:
    """Files in a dictionary; counts what is read of them."""

    def __init__(self, contents: Mapping[str, bytes]) -> None:
        self.contents = dict(contents)
        self.read_bytes = 0

    @property
    def files(self) -> Sequence[SourceFile]:
        return [SourceFile(name=name, size_bytes=len(body)) for name, body in self.contents.items()]

    def read_range(self, name: str, start: int, end: int) -> bytes:
        part = self.contents[name][start:end]
        self.read_bytes += len(part)
        return part

    def open(self, name: str) -> BinaryIO:
        return io.BytesIO(self.contents[name])


class MemorySources:
    """What was uploaded, and folders by address."""

    def __init__(self, objects: MemoryObjectStore) -> None:
        self._objects = objects
        self.folders: dict[str, Mapping[str, bytes]] = {}

    def uploaded(self, files: Mapping[str, str]) -> FileSource:
        missing = [name for name, key in files.items() if key not in self._objects.objects]
        if missing:
            raise SourceUnreadableError(place=missing[0], reason="it is not there")
        return MemorySource({name: self._objects.objects[key] for name, key in files.items()})

    def folder(self, s3_uri: str) -> FileSource:
        if s3_uri not in self.folders:
            raise SourceUnreadableError(place=s3_uri, reason="the platform's role may not read it")
        return MemorySource(self.folders[s3_uri])


class MemoryFolders:
    """Folders of versions; `broken_after` makes the next store after so many fail like a kill."""

    def __init__(self) -> None:
        self.folders: dict[str, dict[str, bytes]] = {}
        self.digests: dict[str, dict[str, FileDigest]] = {}
        self.lists: dict[str, str] = {}
        self.stored_names: list[str] = []
        self.broken_after: int | None = None

    def store(self, model_uri: str, name: str, content: BinaryIO) -> FileDigest:
        if self.broken_after is not None and len(self.stored_names) >= self.broken_after:
            self.broken_after = None
            raise ConnectionError("killed")
        body = content.read()
        self.stored_names.append(name)
        self.folders.setdefault(model_uri, {})[name] = body
        digest = FileDigest(name=name, size_bytes=len(body), sha256=hashlib.sha256(body).hexdigest())
        self.digests.setdefault(model_uri, {})[name] = digest
        return digest

    def stored(self, model_uri: str) -> Mapping[str, FileDigest]:
        return dict(self.digests.get(model_uri, {}))

    def list_digests(self, model_uri: str, digests: Iterable[FileDigest]) -> str:
        rows = sorted(digests, key=lambda row: row.name)
        self.lists[model_uri] = "".join(f"{row.sha256}  {row.name}\n" for row in rows)
        return hashlib.sha256(self.lists[model_uri].encode()).hexdigest()


class FakeModelUses:
    """What a test says uses models."""

    def __init__(self) -> None:
        self.services: dict[int, int] = {}
        self.uses: dict[int, list[VersionUse]] = {}
        self.later: list[VersionUse] = []

    def services_of(self, scope: ProjectScope, model_ids: Sequence[int]) -> Mapping[int, int]:
        return {row: self.services[row] for row in model_ids if row in self.services}

    def of_versions(self, scope: ProjectScope, model_id: int) -> Sequence[VersionUse]:
        now = list(self.uses.get(model_id, []))
        if self.later:  # somebody deploys just after this look
            self.uses.setdefault(model_id, []).append(self.later.pop())
        return now
