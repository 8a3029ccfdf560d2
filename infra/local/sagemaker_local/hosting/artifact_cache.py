"""Unpacked model artefacts, one folder per exact content, shared by all its workers."""

import hashlib
import shutil
import threading
import uuid
from pathlib import Path

from sagemaker_local.hosting.endpoints import VariantPlan
from sagemaker_local.storage.archives import ArchiveError, unpack_archive
from sagemaker_local.storage.aws_clients import AwsClients
from sagemaker_local.storage.objects_s3 import ObjectStoreError, S3Objects, S3Uri, parse_s3_uri
from sagemaker_local.storage.roles import RoleCredentials, RoleError


class ArtifactError(Exception):
    """The model artefact cannot be used; the message is for the user."""


class ArtifactCache:
    """Blocking; used from worker threads."""

    def __init__(self, folder: Path, clients: AwsClients, roles: RoleCredentials) -> None:
        self._folder = folder
        self._clients = clients
        self._roles = roles
        self._lock = threading.Lock()
        self._pins: dict[str, str] = {}
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def folder_of(self, key: str) -> Path:
        return self._folder / key

    def fetch(self, variant: VariantPlan, region: str) -> str:
        """Make sure the artefact of a variant is here; returns its key."""
        if variant.artifact_kind == "none":
            (self._folder / "empty").mkdir(exist_ok=True)
            return "empty"
        if variant.artifact_key and self.folder_of(variant.artifact_key).is_dir():
            return variant.artifact_key
        if not variant.role_arn:
            raise ArtifactError(
                f"model {variant.model_name} has no execution role to read {variant.artifact_uri}"
            )
        store = S3Objects(self._clients, self._roles, role_arn=variant.role_arn, region=region)
        try:
            uri = parse_s3_uri(variant.artifact_uri)
            with self._lock:  # two endpoints of one model fetch it once
                if variant.artifact_kind == "archive":
                    return self._fetch_archive(uri, store)
                return self._fetch_prefix(uri, store)
        except (ObjectStoreError, RoleError) as error:
            raise ArtifactError(str(error)) from error
        except ArchiveError as error:
            raise ArtifactError(f"the model archive {variant.artifact_uri} is refused: {error}") from error

    def fetch_pinned(self, variant: VariantPlan, region: str, owner: str) -> str:
        """As ``fetch``, and keep the artefact until ``owner`` unpins it."""
        while True:
            key = self.fetch(variant, region)
            with self._lock:
                if self.folder_of(key).is_dir():  # else it was removed just now
                    self._pins[owner] = key
                    return key

    def unpin(self, owner: str) -> None:
        with self._lock:
            self._pins.pop(owner, None)

    def remove_unused(self, used: set[str]) -> int:
        removed = 0
        with self._lock:
            for folder in self._folder.iterdir():
                if folder.name not in used and folder.name not in self._pins.values():
                    shutil.rmtree(folder, ignore_errors=True)
                    removed += 1
        return removed

    def _fetch_archive(self, uri: S3Uri, store: S3Objects) -> str:
        info = store.head(uri)
        key = _key(str(uri), info.etag)
        if self.folder_of(key).is_dir():
            return key
        work = self._folder / f".new-{uuid.uuid4().hex}"
        try:
            packed = work / "model.tar.gz"
            store.download(uri.bucket, uri.key, packed)
            (work / "content").mkdir()
            unpack_archive(packed, work / "content")
            (work / "content").rename(self.folder_of(key))
        finally:
            shutil.rmtree(work, ignore_errors=True)
        return key

    def _fetch_prefix(self, uri: S3Uri, store: S3Objects) -> str:
        base = uri if uri.key.endswith("/") or not uri.key else S3Uri(uri.bucket, uri.key + "/")
        found = [info for info in store.list(base) if not info.key.endswith("/")]
        if not found:
            raise ArtifactError(f"there are no objects under {uri}")
        key = _key(str(base), *(f"{info.key} {info.etag}" for info in found))
        if self.folder_of(key).is_dir():
            return key
        work = self._folder / f".new-{uuid.uuid4().hex}"
        try:
            for info in found:
                relative = Path(info.key[len(base.key) :])
                if ".." in relative.parts or relative.is_absolute():
                    raise ArtifactError(f"the key {info.key} leads outside of the model folder")
                store.download(uri.bucket, info.key, work / relative)
            work.rename(self.folder_of(key))
        finally:
            shutil.rmtree(work, ignore_errors=True)
        return key


def _key(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]
