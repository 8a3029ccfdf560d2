"""MLflow models as imports: what lies in the folder, told by its `MLmodel`, which is read and never run."""

from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from openbml.models.exports.mlflow_documents import FLAVOUR, MLFLOW_FILES, MLMODEL
from openbml.models.imports.file_sources import FileSource, SourceFile
from openbml.models.imports.model_imports import FileProblem
from openbml.models.model_files import MANIFEST
from openbml_catalog.frameworks.manifest import MANIFEST_FILE, FrameworkManifest

_MOST_BYTES = 512 * 1024
_DEEPEST = 64
_TAKEN = f"onnx, sklearn, tensorflow, xgboost, and what {FLAVOUR} exports"
# Left out of versions: MLflow's own files beside the model.
LEFT_OUT = frozenset(
    {*MLFLOW_FILES, "input_example.json", "serving_input_example.json", "registered_model_meta"}
)


class MlflowError(Exception):
    """The folder is no MLflow model that can be kept."""

    def __init__(self, code: str, message: str, file: str = MLMODEL) -> None:
        super().__init__(message)
        self.problem = FileProblem(file=file, code=code, message=message)


class _Sklearn(BaseModel):
    model_config = ConfigDict(extra="ignore")

    pickled_model: str


class _Data(BaseModel):
    model_config = ConfigDict(extra="ignore")

    data: str


class _Tensorflow(BaseModel):
    model_config = ConfigDict(extra="ignore")

    saved_model_dir: str


class _Own(BaseModel):
    model_config = ConfigDict(extra="ignore")

    framework: str = Field(max_length=50)


class MlflowModel(BaseModel):
    """Attributes:
    framework: code of the catalogue.
    model_file: what it loads, below the folder; None where that is told by the files' names.
    manifest: of a framework's model that was exported from here.
    """

    model_config = ConfigDict(frozen=True, protected_namespaces=())

    framework: str
    model_file: str | None = None
    manifest: FrameworkManifest | None = None


class FolderOfSource:
    """The files below one folder of a source, without MLflow's own ones."""

    def __init__(self, source: FileSource, folder: str, *, without: frozenset[str] = LEFT_OUT) -> None:
        self._source = source
        self._prefix = f"{folder}/" if folder else ""
        self._without = without

    @property
    def files(self) -> Sequence[SourceFile]:
        below = (
            SourceFile(name=file.name.removeprefix(self._prefix), size_bytes=file.size_bytes)
            for file in self._source.files
            if file.name.startswith(self._prefix)
        )
        return [file for file in below if file.name not in self._without]

    def read_range(self, name: str, start: int, end: int) -> bytes:
        return self._source.read_range(self._prefix + name, start, end)

    def open(self, name: str) -> BinaryIO:
        return self._source.open(self._prefix + name)


def mlflow_folder(source: FileSource) -> str:
    """Return the folder that `MLmodel` lies in, "" for the root. Raises MlflowError."""
    found = [file.name for file in source.files if file.name.rsplit("/", 1)[-1] == MLMODEL]
    if len(found) != 1:
        code = "model_file_ambiguous" if found else "model_file_missing"
        raise MlflowError(code, f"there must be one file {MLMODEL}, there are {len(found)}", file="")
    return found[0].rpartition("/")[0]


def read_mlflow(source: FileSource, folder: str) -> MlflowModel:
    """Return what the folder holds. Raises MlflowError."""
    name = f"{folder}/{MLMODEL}" if folder else MLMODEL
    flavours = _flavours(source, name)
    names = {file.name for file in FolderOfSource(source, folder).files}
    try:
        if FLAVOUR in flavours:
            return _own(_Own.model_validate(flavours[FLAVOUR]), source, folder, names)
        if "pytorch" in flavours:
            raise MlflowError(
                "flavour_not_taken",
                "a PyTorch model of MLflow is a pickled class that needs its code: import its weights as "
                "framework pytorch with a code file that defines model_fn, input_fn and output_fn, or export "
                "it to ONNX",
            )
        if "sklearn" in flavours:
            file = _Sklearn.model_validate(flavours["sklearn"]).pickled_model
            return MlflowModel(framework="sklearn", model_file=file)
        if "xgboost" in flavours:
            return MlflowModel(framework="xgboost", model_file=_Data.model_validate(flavours["xgboost"]).data)
        if "onnx" in flavours:
            return MlflowModel(framework="onnx", model_file=_Data.model_validate(flavours["onnx"]).data)
        if "tensorflow" in flavours:
            place = _Tensorflow.model_validate(flavours["tensorflow"]).saved_model_dir
            file = "saved_model.pb" if place in ("", ".") else f"{place.rstrip('/')}/saved_model.pb"
            return MlflowModel(framework="tensorflow", model_file=file)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise MlflowError("mlmodel_wrong", f"does not say where the model is: {where}") from error
    told = ", ".join(sorted(flavours))[:200] or "none"
    raise MlflowError("flavour_not_taken", f"has the flavours {told}; these are taken: {_TAKEN}")


def _flavours(source: FileSource, name: str) -> Mapping[str, Any]:
    size = next(file.size_bytes for file in source.files if file.name == name)
    if size > _MOST_BYTES:
        raise MlflowError("mlmodel_wrong", f"has more than {_MOST_BYTES} bytes")
    content = source.read_range(name, 0, size)
    if _depth(content) > _DEEPEST:
        raise MlflowError("mlmodel_wrong", "is nested too deeply")
    try:
        # Python's own loader: libyaml's overflows the stack where this one raises.
        document = yaml.safe_load(content)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise MlflowError("mlmodel_wrong", "is not YAML") from error
    flavours = document.get("flavors") if isinstance(document, dict) else None
    if not isinstance(flavours, dict) or not all(isinstance(key, str) for key in flavours):
        raise MlflowError("mlmodel_wrong", "names no flavours")
    return flavours


def _depth(content: bytes) -> int:
    """Return how deep brackets are open at most: the loader takes the square of it."""
    depth = deepest = 0
    for byte in content:
        if byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    return deepest


def _own(own: _Own, source: FileSource, folder: str, names: set[str]) -> MlflowModel:
    """Return a version that was exported from here as it was."""
    if MANIFEST_FILE not in names:
        if MANIFEST not in names:
            raise MlflowError("model_file_missing", f"{MANIFEST} is missing beside it")
        return MlflowModel(framework=FLAVOUR)
    below = FolderOfSource(source, folder)
    size = next(file.size_bytes for file in below.files if file.name == MANIFEST_FILE)
    try:
        content = below.read_range(MANIFEST_FILE, 0, min(size, _MOST_BYTES))
        manifest = FrameworkManifest.model_validate_json(content)
    except ValidationError as error:
        raise MlflowError("mlmodel_wrong", "cannot be read", file=MANIFEST_FILE) from error
    if manifest.framework != own.framework:
        raise MlflowError("mlmodel_wrong", "is of another framework than MLmodel says", file=MANIFEST_FILE)
    return MlflowModel(framework=manifest.framework, manifest=manifest)
