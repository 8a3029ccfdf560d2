"""Exports of one dataset version, and their way into a file."""

from collections.abc import Sequence
from pathlib import Path

from openbml_client.datasets.background_work import BackgroundWork
from openbml_client.downloads import Download, Progress
from openbml_client.errors import WorkFailedError
from openbml_client.resources import Document, given


class Exports(BackgroundWork):
    """Exports: all samples, or some, as one archive of a format."""

    route = "exports"
    title = "export"

    def create(
        self,
        format_code: str,
        *,
        labels: Sequence[str] | None = None,
        annotation_state: str | None = None,
        storage_type: str | None = None,
        storage_path: str | None = None,
    ) -> Document:
        """Start an export.

        Args:
            format_code: code of the format, see `Kinds.exports_of`.
            labels: only samples with these.
            annotation_state: labelled | unlabelled.
            storage_type: sysBos, the platform's; usrBos, your own bucket at `storage_path`.
        """
        body = given(
            format=format_code,
            labels=None if labels is None else [*labels],
            annotation_state=annotation_state,
            storage_type=storage_type,
            storage_path=storage_path,
        )
        return self._post("", body)

    def download(self, export_id: int, target: Path, *, progress: Progress = lambda _: None) -> Path:
        """Fetch a finished export; a broken download goes on when it is called again.

        Raises:
            WorkFailedError: there is nothing to fetch: it has not finished, or lies in your own bucket.
            DownloadError: it broke repeatedly.
        """
        document = self.get(export_id)
        self._address(document)
        size = document["size_bytes"]
        return Download(
            lambda: self._address(self.get(export_id)),
            target,
            tag=export_id,
            size_bytes=None if size is None else int(size),
            progress=progress,
            http=self._transport.storage(),
        ).run()

    def _address(self, document: Document) -> str:
        if not document["download_url"]:
            where = document["storage_path"] if document["state"] == "finished" else document["state"]
            raise WorkFailedError(f"Export {document['export_id']} cannot be fetched: {where}.", document)
        return str(document["download_url"])
