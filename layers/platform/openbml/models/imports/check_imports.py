"""What is checked of an import's files: on upload and, the same again, on submit (spec 03 section 7.6)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from openbml.models.checks.file_contents import content_fault
from openbml.models.checks.label_files import LabelFileError, read_labels
from openbml.models.checks.layouts import FoundModel, LayoutError, find_model
from openbml.models.checks.protobuf_fields import Content
from openbml.models.checks.service_code import service_code_faults
from openbml.models.exports.mlflow_documents import MLMODEL
from openbml.models.imports.file_names import clashing_names, name_fault
from openbml.models.imports.file_sources import FileSource, SourceFile
from openbml.models.imports.limits import CODE_BYTES, FILE_BYTES, PROBLEMS, TOTAL_BYTES
from openbml.models.imports.mlflow_folders import (
    LEFT_OUT,
    FolderOfSource,
    MlflowError,
    mlflow_folder,
    read_mlflow,
)
from openbml.models.imports.model_imports import FileProblem, ModelImport
from openbml.models.imports.zip_sources import ZipFileSource
from openbml.models.model_files import GRAPH, MANIFEST, ModelFilesInvalidError, StoredFile, content_of
from openbml.models.versions import ModelContent
from openbml_catalog.frameworks import Framework, frameworks, import_row
from openbml_catalog.frameworks.manifest import MANIFEST_FILE, FrameworkManifest, PictureInput
from openbml_catalog.tasks import tasks
from openbml_formats.sources import MemberUnreadableError
from openbml_formats.zip_directory import ArchiveFormatError

_LABELS_FILE = "labels.txt"


class CheckedModel(NamedTuple):
    """What the files turned out to be.

    Attributes:
        source: where they are read: an archive's inside, where one was uploaded.
        files: what is kept of them, as the name in the version by the name in the source.
        manifest: `framework.json`; None of this platform's own models, which say the same in `model.json`.
        content: of this platform's own models.
    """

    framework: str
    source: FileSource
    files: Mapping[str, str]
    manifest: FrameworkManifest | None = None
    content: ModelContent | None = None


class RefusedFilesError(Exception):
    """The files are no model that can be kept; `problems` says why, file by file."""

    def __init__(self, problems: Sequence[FileProblem]) -> None:
        super().__init__(f"{len(problems)} problems")
        self.problems = tuple(problems)[:PROBLEMS]


def checked_model(model_import: ModelImport, source: FileSource) -> CheckedModel:
    """Return what the files are.

    Raises:
        RefusedFilesError
        SourceUnreadableError: storage does not give them.
    """
    refuse(_name_problems(source.files, exported=model_import.framework == "mlflow"))
    if model_import.framework != "mlflow":
        return _checked(model_import, source, needs_code=True)
    try:
        return _checked_mlflow(model_import, source)
    except MlflowError as error:
        raise RefusedFilesError([error.problem]) from error
    except ArchiveFormatError as error:
        raise RefusedFilesError([FileProblem(code="archive_refused", message=str(error))]) from error
    except MemberUnreadableError as error:
        message = f"a file of the archive is damaged: {error}"
        raise RefusedFilesError([FileProblem(code="archive_refused", message=message)]) from error


def _checked_mlflow(model_import: ModelImport, source: FileSource) -> CheckedModel:
    """Return the model of an MLflow folder, or of a zip of one."""
    names = [file.name for file in source.files]
    if len(names) == 1 and names[0].lower().endswith(".zip"):
        source = ZipFileSource(source, names[0])
        refuse(_name_problems(source.files, exported=True))
    folder = mlflow_folder(source)
    found = read_mlflow(source, folder)
    if import_row(model_import.task_type, found.framework) is None:
        name = frameworks()[found.framework].name
        message = f"models of {model_import.task_type} are not imported from {name}"
        raise RefusedFilesError([FileProblem(file=MLMODEL, code="framework_not_taken", message=message)])
    changes: dict[str, object] = {"framework": found.framework, "model_file": found.model_file}
    left_out = frozenset({*LEFT_OUT, MANIFEST_FILE})
    below = FolderOfSource(source, folder, without=left_out)
    if found.manifest is not None:
        changes |= _restored(found.manifest)
    checked = _checked(model_import.model_copy(update=changes), below, needs_code=False)
    prefix = f"{folder}/" if folder else ""
    kept = {prefix + name: target for name, target in checked.files.items()}
    return checked._replace(source=source, files=kept)


def _restored(manifest: FrameworkManifest) -> dict[str, object]:
    """Return what an exported version of a framework says of itself."""
    return {
        "model_file": manifest.model_file if manifest.model_file != "." else None,
        "code_file": manifest.code_file,
        "picture": manifest.picture,
        "recommended_threshold": manifest.recommended_threshold,
        "labels": tuple(manifest.labels),
    }


def _checked(model_import: ModelImport, source: FileSource, *, needs_code: bool) -> CheckedModel:
    framework = frameworks()[model_import.framework]
    code, labels = _beside(model_import, framework, source)
    names = [file.name for file in source.files if file.name not in (code, labels)]
    try:
        found = find_model(framework, names, chosen=model_import.model_file)
    except LayoutError as error:
        raise RefusedFilesError(
            [FileProblem(file=model_import.model_file or "", code=error.code, message=str(error))]
        ) from error
    of_code = _code_problems(framework, code, source, needed=needs_code)
    refuse([*of_code, *_content_problems(model_import, found, source)])
    if framework.code == "openbml":
        return _own_model(model_import, found, source)
    named = model_import.labels or _labels(model_import, labels, source)
    row = import_row(model_import.task_type, framework.code)
    contract = row.contract if row else "framework"
    manifest = FrameworkManifest(
        framework=framework.code,
        task=model_import.task_type,
        contract=contract,
        model_file=found.model_file,
        code_file=code,
        labels=named,
        picture=(model_import.picture or PictureInput()) if contract == "task" else None,
        recommended_threshold=(
            0.5 if model_import.recommended_threshold is None else model_import.recommended_threshold
        ),
    )
    files = {file.name: file.name for file in source.files}
    return CheckedModel(framework.code, source, files, manifest)


def refuse(problems: Sequence[FileProblem] | Iterator[FileProblem]) -> None:
    """Raises RefusedFilesError where there are any."""
    found = list(problems)
    if found:
        raise RefusedFilesError(found)


def _name_problems(files: Sequence[SourceFile], *, exported: bool) -> Iterator[FileProblem]:
    """Yield what is wrong with names and sizes; only an exported model brings the platform's own file."""
    if not files:
        yield FileProblem(code="files_missing", message="there are no files")
    for file in files:
        fault = None if exported and file.name == MANIFEST_FILE else name_fault(file.name)
        if fault:
            yield FileProblem(file=file.name[:200], code="name_invalid", message=f"the name {fault}")
        if file.size_bytes > FILE_BYTES:
            yield FileProblem(file=file.name[:200], code="too_large", message="has more than 5 GiB")
    if sum(file.size_bytes for file in files) > TOTAL_BYTES:
        yield FileProblem(code="too_large", message="the files have more than 20 GiB together")
    for name in clashing_names(file.name for file in files):
        yield FileProblem(
            file=name[:200], code="name_clash", message="the name is taken by another file or by a folder"
        )


def _beside(
    model_import: ModelImport, framework: Framework, source: FileSource
) -> tuple[str | None, str | None]:
    """Return the names of the code and of the label file."""
    names = {file.name for file in source.files}
    code = model_import.code_file
    if code is None and framework.service_code != "none":
        scripts = [name for name in sorted(names) if name.endswith(".py") and "/" not in name]
        code = scripts[0] if len(scripts) == 1 else None
    labels = model_import.labels_file
    if labels is None and _LABELS_FILE in names:
        labels = _LABELS_FILE
    refuse(
        FileProblem(file=name, code="file_missing", message="is not among the files")
        for name in (code, labels)
        if name is not None and name not in names
    )
    return code, labels


def _code_problems(
    framework: Framework, code: str | None, source: FileSource, *, needed: bool
) -> Iterator[FileProblem]:
    if framework.service_code == "none" or (code is None and not needed):
        return
    if code is None:
        message = f"a {framework.name} model needs a service code file: say which file it is"
        yield FileProblem(code="code_missing", message=message)
        return
    size = next(file.size_bytes for file in source.files if file.name == code)
    if size > CODE_BYTES:
        yield FileProblem(file=code, code="too_large", message=f"has more than {CODE_BYTES} bytes")
        return
    for fault in service_code_faults(source.read_range(code, 0, size), framework.service_code):
        yield FileProblem(file=code, code=fault.code, message=fault.message)


def _content_problems(
    model_import: ModelImport, found: FoundModel, source: FileSource
) -> Iterator[FileProblem]:
    row = import_row(model_import.task_type, model_import.framework)
    if row is None or not row.checked:
        return
    sizes = {file.name: file.size_bytes for file in source.files}
    for name, kind in found.kinds.items():
        fault = content_fault(kind, name, content_at(source, name, sizes[name]))
        if fault:
            yield FileProblem(file=name, code="content_wrong", message=fault)


def content_at(source: FileSource, name: str, size: int) -> Content:
    return Content(size, lambda start, end: source.read_range(name, start, end))


def _labels(model_import: ModelImport, file: str | None, source: FileSource) -> tuple[str, ...]:
    row = import_row(model_import.task_type, model_import.framework)
    if file is None:
        needed = tasks()[model_import.task_type].fewest_labels
        if row is not None and row.contract == "task" and "cloud" in row.deployments and needed:
            message = f"the names of the classes are needed: a text file {_LABELS_FILE}, a name a line"
            raise RefusedFilesError([FileProblem(code="labels_missing", message=message)])
        return ()
    size = next(row.size_bytes for row in source.files if row.name == file)
    try:
        return read_labels(source.read_range(file, 0, min(size, 1024 * 1024)))
    except LabelFileError as error:
        raise RefusedFilesError(
            [FileProblem(file=file, code="labels_invalid", message=str(error))]
        ) from error


def _own_model(model_import: ModelImport, found: FoundModel, source: FileSource) -> CheckedModel:
    """Return a version that was exported from here, as it was: its folder becomes the version's."""
    folder = "" if found.model_file == "." else f"{found.model_file}/"
    kept = {
        file.name: file.name.removeprefix(folder) for file in source.files if file.name.startswith(folder)
    }
    sizes = {file.name: file.size_bytes for file in source.files}
    stored = [StoredFile(name=target, size_bytes=sizes[name], etag="") for name, target in kept.items()]
    name = folder + MANIFEST
    try:
        content = content_of(source.read_range(name, 0, sizes[name]), stored, model_import.task_type)
    except ModelFilesInvalidError as error:
        raise RefusedFilesError(
            [FileProblem(file=name, code="content_wrong", message=str(error.details["reason"]))]
        ) from error
    refuse(
        FileProblem(file=name, code="content_wrong", message=fault)
        for name, target in kept.items()
        if target == GRAPH or any(row.file == target for row in content.variants)
        for fault in [content_fault("onnx", name, content_at(source, name, sizes[name]))]
        if fault
    )
    return CheckedModel("openbml", source, kept, content=content)
