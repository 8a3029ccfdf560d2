"""Files of model versions: what must be in a folder, and the port that copies it."""

import json
from collections.abc import Sequence
from typing import Protocol

from pydantic import BaseModel, ConfigDict, ValidationError

from openbml.core.errors import OpenBMLError
from openbml.models.served_tables import ServedTable
from openbml.models.versions import ModelContent, ModelVariant, OnnxProof
from openbml_catalog.tabular.settings import TASK
from openbml_catalog.tasks import tasks

MANIFEST = "model.json"
GRAPH = "model.onnx"


class ModelFilesInvalidError(OpenBMLError):
    """The run's model folder is not one this platform can serve; details: reason."""


class StoredFile(BaseModel):
    """A file of a folder; `name` is its path below the folder."""

    model_config = ConfigDict(frozen=True)

    name: str
    size_bytes: int
    etag: str


class ModelFiles(Protocol):
    """Port; `tests/contract/models/test_model_files.py` holds what implementations owe."""

    def uri(self, prefix: str) -> str:
        """Return the address of a folder of the data bucket."""

    def list(self, uri: str) -> Sequence[StoredFile]:
        """Raises ModelFilesInvalidError: the folder lies outside the data bucket."""

    def read(self, uri: str, name: str, *, most_bytes: int) -> bytes:
        """Raises ModelFilesInvalidError: missing, or larger."""

    def copy(self, source_uri: str, target_uri: str, file: StoredFile) -> None:
        """Copy one file on the server's side; what is there is replaced."""

    def remove_below(self, uri: str) -> None:
        """Remove the folder's files; again is fine. Raises ModelFilesInvalidError: outside the bucket."""


def digests_uri(model_uri: str) -> str:
    """Return the folder beside a version's own in which the SHA-256 of its files stand."""
    return f"{model_uri.rstrip('/')}.digests/"


class _Manifest(BaseModel):
    """`model.json` (`openbml.model/1`), as far as the repository reads it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    task: str
    labels: tuple[str, ...]
    recommended_threshold: float | None = None
    onnx: OnnxProof
    variants: tuple[ModelVariant, ...] = ()
    code_digest: str | None = None
    image_digest: str | None = None


# A version's record is one DynamoDB item of at most 400 KB, of which labels get this much.
_MOST_LABEL_BYTES = 100_000


def content_of(manifest: bytes, files: Sequence[StoredFile], task_type: str) -> ModelContent:
    """Return what a folder says about itself.

    Raises:
        ModelFilesInvalidError: malformed, of another format or task, with too few labels for the task or too
            long ones, without its graph, or of a table without its features.
    """
    if not any(file.name == GRAPH for file in files):
        raise ModelFilesInvalidError(reason=f"{GRAPH} is missing")
    try:
        document = json.loads(manifest)
        if not isinstance(document, dict) or document.get("format") != "openbml.model/1":
            raise ModelFilesInvalidError(reason=f"{MANIFEST} is not of the format openbml.model/1")
        parsed = _Manifest.model_validate(document)
        table = ServedTable.model_validate(document) if task_type == TASK else None
    except (ValueError, RecursionError, ValidationError) as error:
        raise ModelFilesInvalidError(reason=f"{MANIFEST} cannot be read: {error}"[:500]) from error
    if parsed.task != task_type:
        raise ModelFilesInvalidError(reason=f"{MANIFEST} is of the task {parsed.task}, not {task_type}")
    fewest = tasks()[task_type].fewest_labels
    if len(parsed.labels) < fewest:
        raise ModelFilesInvalidError(
            reason=f"{MANIFEST} names {len(parsed.labels)} labels, {task_type} needs {fewest}"
        )
    if len(json.dumps(parsed.labels, ensure_ascii=False).encode()) > _MOST_LABEL_BYTES:
        reason = f"{MANIFEST} names more labels than {_MOST_LABEL_BYTES} bytes hold: predict fewer classes"
        raise ModelFilesInvalidError(reason=reason)
    names = {file.name for file in files}
    if missing := [variant.file for variant in parsed.variants if variant.file not in names]:
        raise ModelFilesInvalidError(reason=f"{', '.join(missing)} is missing")
    return ModelContent(
        labels=parsed.labels,
        recommended_threshold=parsed.recommended_threshold,
        onnx=parsed.onnx,
        variants=parsed.variants,
        table=table.kept() if table else None,
        code_digest=parsed.code_digest,
        image_digest=parsed.image_digest,
        size_bytes=sum(file.size_bytes for file in files),
    )
