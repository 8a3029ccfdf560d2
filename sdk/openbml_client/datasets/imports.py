"""Imports into one dataset version: files of any format, other datasets, tables of the catalogue."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from openbml_client.datasets.background_work import BackgroundWork
from openbml_client.datasets.chosen_files import choose_files
from openbml_client.datasets.kinds import Kinds
from openbml_client.downloads import Download
from openbml_client.resources import Document, given
from openbml_client.transport import Transport
from openbml_client.uploads import Progress, Upload
from openbml_client.waiting import Show


class Imports(BackgroundWork):
    """Imports of one version.

    Args:
        catalogue: gives the dataset's kind, and all kinds with their formats.
    """

    route = "imports"
    title = "import"

    def __init__(
        self, transport: Transport, version: str, catalogue: Callable[[], tuple[Document, Kinds]]
    ) -> None:
        super().__init__(transport, version)
        self._catalogue = catalogue

    def import_files(
        self,
        files: Sequence[str | Path],
        *,
        format_code: str | None = None,
        table: Mapping[str, Any] | None = None,
        resume: int | None = None,
        wait: bool = True,
        progress: Progress = lambda _: None,
        show: Show = lambda _: None,
    ) -> Document:
        """Upload files and import them.

        Args:
            files: files, folders and glob patterns; what does not go up as it is, is packed first.
            format_code: code of the format; default: what the files can only be.
            table: how a table is read: header, delimiter, encoding, column_error, columns, upload_type.
            resume: id of the import whose upload broke off; the files have to be the same.
            wait: whether to return only when the import has ended.
            progress: called with the number of bytes of each stored part.
            show: called with the import as often as it is looked at.

        Raises:
            FileChoiceError: the files are no import for this kind of dataset.
            UploadError: the upload broke off; `resume` goes on with it.
            WorkFailedError: the import failed or was cancelled.
        """
        earlier = None if resume is None else self.get(resume)
        if earlier is None or earlier["state"] == "uploading":
            earlier = self._upload(files, earlier, format_code, table, progress, show)
        return self.wait(int(earlier["import_id"]), show=show) if wait else earlier

    def import_version(
        self,
        dataset_id: int,
        version_number: int,
        *,
        take: str = "all",
        labels: Sequence[str] = (),
        wait: bool = True,
        show: Show = lambda _: None,
    ) -> Document:
        """Copy samples of another dataset version.

        Args:
            take: all | labelled | unlabelled | without_annotations.
            labels: only samples with these.

        Raises:
            WorkFailedError: the import failed or was cancelled.
        """
        source = {"dataset_id": dataset_id, "version_number": version_number, "take": take}
        document = self._post("", {"source": {**source, "labels": [*labels]}})
        return self.wait(int(document["import_id"]), show=show) if wait else document

    def import_catalogue_table(
        self,
        database: str,
        table: str,
        *,
        settings: Mapping[str, Any] | None = None,
        wait: bool = True,
        show: Show = lambda _: None,
    ) -> Document:
        """Copy a table of the installation's external catalogue.

        Raises:
            WorkFailedError: the import failed or was cancelled.
        """
        place = {"database": database, "table": table}
        document = self._post("", {"table": {**(settings or {}), "catalogue": place}})
        return self.wait(int(document["import_id"]), show=show) if wait else document

    def problems(self, import_id: int, *, severity: str | None = None) -> Iterator[Document]:
        """Yield what an import did not take, or not as it was, file by file and line by line."""
        return self._pages(f"/{import_id}/problems", severity=severity)

    def download_report(self, import_id: int, target: Path) -> Path:
        """Fetch all problems of an ended import as one CSV file."""
        return Download(
            lambda: str(self._get(f"/{import_id}/report")["download_url"]),
            target,
            tag=import_id,
            http=self._transport.storage(),
        ).run()

    def start(
        self, format_code: str, paths: Sequence[Path], *, table: Mapping[str, Any] | None = None
    ) -> Document:
        """Announce files; `Upload` sends them."""
        files = [{"name": path.name, "size_bytes": path.stat().st_size} for path in paths]
        return self._post("", given(format=format_code, files=files, table=table))

    def uploaded_parts(self, import_id: int, *, file: int = 0) -> Sequence[Document]:
        parts: Sequence[Document] = self._get(f"/{import_id}/parts", file=file)["items"]
        return parts

    def part_urls(self, import_id: int, part_numbers: Sequence[int], *, file: int = 0) -> Mapping[int, str]:
        reply = self._post(f"/{import_id}/part-urls", {"part_numbers": [*part_numbers], "file": file})
        return {int(part["part_number"]): part["url"] for part in reply["items"]}

    def complete(self, import_id: int, parts: Mapping[int, Sequence[Document]]) -> Document:
        """Say that all parts of all files, by the file's index, are stored."""
        files = [{"file": file, "parts": [*listed]} for file, listed in sorted(parts.items())]
        return self._post(f"/{import_id}/complete", {"files": files})

    def _upload(
        self,
        files: Sequence[str | Path],
        earlier: Document | None,
        format_code: str | None,
        table: Mapping[str, Any] | None,
        progress: Progress,
        show: Show,
    ) -> Document:
        kind, kinds = self._catalogue()
        with TemporaryDirectory(prefix="bml-import-") as folder:
            wanted = earlier["format"] if earlier else format_code
            chosen = choose_files(files, kind, kinds, format_code=wanted, folder=Path(folder))
            document = earlier or self.start(chosen.format, chosen.paths, table=table)
            show(document)
            return Upload(
                self,
                document,
                chosen.paths,
                is_new=earlier is None,
                progress=progress,
                http=self._transport.storage(),
            ).run()
