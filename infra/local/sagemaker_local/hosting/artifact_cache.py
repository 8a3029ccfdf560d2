"""Unpacked model artefacts, one folder per exact content, shared by all its workers."""

import hashlib
import shutil
import threading
import uuid
from collections.abc import Callable
from pathlib import Path

from sagemaker_local.hosting.model_plans import Artifact, ModelPlan
from sagemaker_local.storage.archives import ArchiveError, unpack_archive
from sagemaker_local.storage.aws_clients import AwsClients
from sagemaker_local.storage.objects_s3 import ObjectStoreError, S3Objects, S3Uri, parse_s3_uri
from sagemaker_local.storage.roles import RoleCredentials, RoleError

_EMPTY = "empty"


class ArtifactError(Exception):
    """The model artefact cannot be used; the message is for the user."""


class ArtifactCache:
    """Blocking; used from worker threads."""

    def __init__(self, folder: Path, clients: AwsClients, roles: RoleCredentials) -> None:
        self._folder = folder
        self._clients = clients
        self._roles = roles
        self._lock = threading.Lock()
        self._pins: dict[str, set[str]] = {}
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def folder_of(self, key: str) -> Path:
        return self._folder / key

    def fetch_model(self, model: ModelPlan, region: str) -> ModelPlan:
        """Make sure all artefacts of a model are here; returns the plan that names their exact content.

        Raises:
            ArtifactError: an artefact is missing or refused.
            ObjectStoreUnavailable: S3 cannot be reached now.
        """
        return model.fetched(
            lambda artifact: self.fetch(artifact, role_arn=model.role_arn, region=region, owner=model.name)
        )

    def fetch_pinned(self, model: ModelPlan, region: str, owner: str) -> ModelPlan:
        """As ``fetch_model``, and keep the artefacts until ``owner`` unpins them."""
        while True:
            fetched = self.fetch_model(model, region)
            keys = {one.key for one in fetched.artifacts}
            with self._lock:
                if all(self.folder_of(key).is_dir() for key in keys):  # else one was removed just now
                    self._pins[owner] = keys
                    return fetched

    def unpin(self, owner: str) -> None:
        with self._lock:
            self._pins.pop(owner, None)

    def fetch(self, artifact: Artifact, *, role_arn: str | None, region: str, owner: str) -> Artifact:
        """Bring one artefact here; ``owner`` is what the message of a failure speaks of."""
        if artifact.kind == "none":
            self.folder_of(_EMPTY).mkdir(exist_ok=True)
            return artifact.model_copy(update={"key": _EMPTY})
        if artifact.key and self.folder_of(artifact.key).is_dir():
            return artifact
        if not role_arn:
            raise ArtifactError(f"model {owner} has no execution role to read {artifact.uri}")
        store = S3Objects(self._clients, self._roles, role_arn=role_arn, region=region)
        try:
            uri = parse_s3_uri(artifact.uri)
            with self._lock:  # two endpoints of one model fetch it once
                key = self._bring(artifact.kind, uri, store)
        except (ObjectStoreError, RoleError) as error:
            raise ArtifactError(str(error)) from error
        except ArchiveError as error:
            raise ArtifactError(f"the model archive {artifact.uri} is refused: {error}") from error
        return artifact.model_copy(update={"key": key})

    def remove_unused(self, used: set[str]) -> int:
        removed = 0
        with self._lock:
            kept = used.union(*self._pins.values())
            for folder in self._folder.iterdir():
                if folder.name not in kept:
                    shutil.rmtree(folder, ignore_errors=True)
                    removed += 1
        return removed

    def _bring(self, kind: str, uri: S3Uri, store: S3Objects) -> str:
        if kind == "prefix":
            return self._fetch_prefix(uri, store)
        info = store.head(uri)
        name = "model.tar.gz" if kind == "archive" else Path(uri.key).name

        def fill(work: Path) -> Path:
            store.download(uri.bucket, uri.key, work / name)
            if kind != "archive":
                return work
            (work / "content").mkdir()
            unpack_archive(work / name, work / "content")
            return work / "content"

        return self._add(_key(kind, str(uri), info.etag), fill)

    def _fetch_prefix(self, uri: S3Uri, store: S3Objects) -> str:
        base = uri if uri.key.endswith("/") or not uri.key else S3Uri(uri.bucket, uri.key + "/")
        found = [info for info in store.list(base) if not info.key.endswith("/")]
        if not found:
            raise ArtifactError(f"there are no objects under {uri}")

        def fill(work: Path) -> Path:
            for info in found:
                relative = Path(info.key[len(base.key) :])
                if ".." in relative.parts or relative.is_absolute():
                    raise ArtifactError(f"the key {info.key} leads outside of the model folder")
                store.download(uri.bucket, info.key, work / relative)
            return work

        return self._add(_key(str(base), *(f"{info.key} {info.etag}" for info in found)), fill)

    def _add(self, key: str, fill: Callable[[Path], Path]) -> str:
        """Let ``fill`` make the content in a folder beside; it counts only once it is whole."""
        if self.folder_of(key).is_dir():
            return key
        work = self._folder / f".new-{uuid.uuid4().hex}"
        work.mkdir()
        try:
            fill(work).rename(self.folder_of(key))
        finally:
            shutil.rmtree(work, ignore_errors=True)
        return key


def _key(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]
