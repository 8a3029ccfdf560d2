"""The repository of models: versions, imports of models that were trained elsewhere, exports."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from openbml_client.downloads import Download
from openbml_client.errors import OpenBMLClientError, WorkFailedError
from openbml_client.resources import Document, Resource, given, named
from openbml_client.uploads import Progress, Upload
from openbml_client.waiting import Show, wait_until

_ENDED = {"ready", "failed"}
_PACKED = {"ready", "failed", "expired"}
_LEFT_BEHIND = frozenset({".DS_Store", "Thumbs.db", "__pycache__", ".git", ".ipynb_checkpoints"})


class ModelRefusedError(OpenBMLClientError):
    """The files are not a model that can be kept; `problems` says why, file by file."""

    def __init__(self, problems: Sequence[Document]) -> None:
        shown = "; ".join(f"{row['file'] or 'the files'}: {row['message']}" for row in problems[:5])
        more = f" (and {len(problems) - 5} more)" if len(problems) > 5 else ""
        super().__init__(f"The model cannot be kept. {shown}{more}.")
        self.problems = problems


class ModelImports(Resource):
    """Imports into one model."""

    def list(self) -> Iterator[Document]:
        return self._pages("")

    def get(self, import_id: int) -> Document:
        return self._get(f"/{import_id}")

    def start(self, body: Mapping[str, Any]) -> Document:
        """Announce files, or an address; `Upload` sends the files."""
        return self._post("", body)

    def check(self, import_id: int) -> Document:
        return self._post(f"/{import_id}/check")

    def submit(self, import_id: int) -> Document:
        return self._post(f"/{import_id}/submit")

    def delete(self, import_id: int) -> None:
        self._delete(f"/{import_id}")

    def uploaded_parts(self, import_id: int, *, file: int = 0) -> Sequence[Document]:
        parts: Sequence[Document] = self._get(f"/{import_id}/parts", file=file)["items"]
        return parts

    def part_urls(self, import_id: int, part_numbers: Sequence[int], *, file: int = 0) -> Mapping[int, str]:
        reply = self._post(f"/{import_id}/part-urls", {"part_numbers": [*part_numbers], "file": file})
        return {int(part["part_number"]): part["url"] for part in reply["items"]}

    def complete(self, import_id: int, parts: Mapping[int, Sequence[Document]]) -> Document:
        """Have the files looked at; the platform knows the parts that are stored."""
        return self.check(import_id)

    def import_files(
        self,
        source: str | Path,
        *,
        framework: str,
        code_file: str | Path | None = None,
        labels: str | Path | None = None,
        model_file: str | None = None,
        description: str | None = None,
        picture: Mapping[str, Any] | None = None,
        recommended_threshold: float | None = None,
        resume: int | None = None,
        wait: bool = True,
        progress: Progress = lambda _: None,
        show: Show = lambda _: None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> Document:
        """Import a model that was trained elsewhere as the next version.

        Args:
            source: a file, a folder, or an address `s3://bucket/prefix` that the platform may read.
            code_file, labels: files beside it, or paths in it: service code, and names of classes.
            model_file: which of the files is the model, where several may be it.
            picture: size, mean, std, channels, layout, resize of what the model takes.
            resume: id of an import whose upload broke off; the files have to be the same.
            wait: whether to return only when the version is ready.

        Raises:
            ModelRefusedError: the files are no model of the framework.
            UploadError: the upload broke off; `resume` goes on with it.
            WorkFailedError: the copy failed.
        """
        fields = given(
            framework=framework,
            model_file=model_file,
            description=description,
            picture=picture,
            recommended_threshold=recommended_threshold,
        )
        if str(source).startswith("s3://"):
            body = {**fields, "s3_uri": str(source), **given(code_file=code_file, labels_file=labels)}
            document = self.check(int(self.start(body)["import_id"]))
        else:
            document = self._uploaded(Path(source), code_file, labels, fields, resume, progress, sleep)
        if document["problems"]:
            raise ModelRefusedError(document["problems"])
        import_id = int(document["import_id"])
        submitted = self.submit(import_id)
        return self.wait(import_id, show=show, sleep=sleep) if wait else submitted

    def wait(
        self, import_id: int, *, show: Show = lambda _: None, sleep: Callable[[float], None] = time.sleep
    ) -> Document:
        """Return the import when it has ended well. Raises WorkFailedError."""
        ended = wait_until(lambda: self.get(import_id), _ENDED, show=show, sleep=sleep)
        if ended["state"] == "failed":
            reasons = "; ".join(row["message"] for row in ended["problems"]) or "no cause known"
            raise WorkFailedError(f"The import failed: {reasons}", ended)
        return ended

    def _uploaded(
        self,
        source: Path,
        code_file: str | Path | None,
        labels: str | Path | None,
        fields: Document,
        resume: int | None,
        progress: Progress,
        sleep: Callable[[float], None],
    ) -> Document:
        paths = files_of(source)
        beside = {
            "code_file": _beside(paths, source, code_file),
            "labels_file": _beside(paths, source, labels),
        }
        earlier = None if resume is None else self.get(resume)
        if earlier is not None and earlier["state"] != "uploading":
            return earlier
        files = [{"name": name, "size_bytes": path.stat().st_size} for name, path in paths.items()]
        document = earlier or self.start({**fields, **given(**beside), "files": files})
        return Upload(
            self,
            _as_upload(document),
            paths,
            is_new=earlier is None,
            progress=progress,
            resume_hint="Resume with `bml models import … --resume {import_id}`.",
            http=self._transport.storage(),
            sleep=sleep,
        ).run()


class Models(Resource):
    def create(
        self, name: str, *, task_type: str, source: str | None = None, description: str = ""
    ) -> Document:
        """Make a model without versions; `source` is preset, local, notebook or custom_job."""
        body = {"name": name, "task_type": task_type, "description": description}
        return self._post("/models", {**body, **given(source=source)})

    def list(self, *, task_type: str | None = None, source: str | None = None) -> Iterator[Document]:
        return self._pages("/models", **given(task=task_type, source=source))

    def find(self, reference: str | int) -> Document:
        return named(self.list(), reference, "model_id", "model")

    def get(self, model_id: int) -> Document:
        return self._get(f"/models/{model_id}")

    def change(self, model_id: int, *, name: str | None = None, description: str | None = None) -> Document:
        return self._patch(f"/models/{model_id}", given(name=name, description=description))

    def delete(self, model_id: int) -> None:
        """Delete a model with all its versions; refused while something uses it."""
        self._delete(f"/models/{model_id}")

    def publish(self, model_id: int, run_id: int, description: str = "") -> Document:
        return self._post(f"/models/{model_id}/versions", {"run_id": run_id, "description": description})

    def versions(self, model_id: int) -> Iterator[Document]:
        return self._pages(f"/models/{model_id}/versions")

    def version(self, model_id: int, version_number: int) -> Document:
        return self._get(f"/models/{model_id}/versions/{version_number}")

    def describe_version(self, model_id: int, version_number: int, description: str) -> Document:
        body = {"description": description}
        return self._patch(f"/models/{model_id}/versions/{version_number}", body)

    def delete_version(self, model_id: int, version_number: int) -> None:
        """Delete a version; refused while a service, a validation or a batch prediction uses it."""
        self._delete(f"/models/{model_id}/versions/{version_number}")

    def api_reference(self, model_id: int, version_number: int) -> Document:
        """Return how a service of the version is called, with its own names and an example."""
        return self._get(f"/models/{model_id}/versions/{version_number}/api-reference")

    def import_catalog(self) -> Document:
        """Return which frameworks' models each task takes, and which files those are."""
        return self._get("/import-catalog")

    def imports(self, model_id: int) -> ModelImports:
        return ModelImports(self._transport, f"{self._base}/models/{model_id}/imports")

    def compare(self, model_id: int, versions: Sequence[int]) -> Document:
        numbers = ",".join(str(number) for number in versions)
        return self._get(f"/models/{model_id}/comparison", versions=numbers)

    def lineage(self, model_id: int, version_number: int) -> Document:
        return self._get(f"/models/{model_id}/versions/{version_number}/lineage")

    def card(self, model_id: int, version_number: int) -> str:
        """Return the model card in Markdown."""
        return str(self._get(f"/models/{model_id}/versions/{version_number}/card")["markdown"])

    def export(
        self,
        model_id: int,
        version_number: int,
        target: Path,
        *,
        show: Show = lambda _: None,
        progress: Progress = lambda _: None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> Path:
        """Pack a version as an MLflow model, a zip, and fetch it.

        Raises:
            WorkFailedError: it could not be packed.
        """
        exports = f"/models/{model_id}/versions/{version_number}/exports"
        export_id = int(self._post(exports)["export_id"])
        packed = wait_until(lambda: self._get(f"{exports}/{export_id}"), _PACKED, show=show, sleep=sleep)
        if packed["state"] != "ready":
            raise WorkFailedError(f"The version could not be packed: {packed['failure']}", packed)
        return Download(
            lambda: str(self._get(f"{exports}/{export_id}")["url"]),
            target,
            tag=export_id,
            size_bytes=packed["size_bytes"],
            progress=progress,
            http=self._transport.storage(),
            sleep=sleep,
        ).run()


def files_of(source: Path) -> dict[str, Path]:
    """Return the files of a model by the names they get: paths below the folder.

    Raises:
        OpenBMLClientError: there are none.
    """
    if source.is_file():
        return {source.name: source}
    found = {
        path.relative_to(source).as_posix(): path
        for path in sorted(source.rglob("*"))
        if path.is_file() and not _LEFT_BEHIND & set(path.relative_to(source).parts)
    }
    if not found:
        raise OpenBMLClientError(f"There are no files at {source}.")
    return found


def _beside(paths: dict[str, Path], source: Path, file: str | Path | None) -> str | None:
    """Return the name of a file that is named by its path, and take it along where it lies elsewhere."""
    if file is None:
        return None
    path = Path(file)
    known = {known.resolve(): name for name, known in paths.items()}
    if path.is_file():
        if path.resolve() not in known:
            if path.name in paths:
                raise OpenBMLClientError(f"There are two files {path.name}: {paths[path.name]} and {path}.")
            paths[path.name] = path
            return path.name
        return known[path.resolve()]
    if path.as_posix() in paths:
        return path.as_posix()
    raise OpenBMLClientError(f"There is no file {file}.")


def _as_upload(document: Document) -> Document:
    """Return the import in the form that `Upload` takes."""
    files = [
        {
            "file": row["file"],
            "name": row["name"],
            "size_bytes": row["size_bytes"],
            "upload": {"part_size_bytes": row["part_size_bytes"], "parts": row["parts"]},
        }
        for row in document["uploads"]
    ]
    return {"import_id": document["import_id"], "state": document["state"], "files": files}
