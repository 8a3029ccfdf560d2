"""Exports: the ordered samples into one zip, written straight to where it belongs."""

import io
from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import ClientError

from openbml_catalog.datasets import Content
from openbml_data.part_stream import PartStream
from openbml_data.workspace import Read, Workspace
from openbml_data.zip_stream import ZipStream
from openbml_formats.data_jobs import DataJobOrder
from openbml_formats.export_jobs import ExportResult, ExportSettings
from openbml_formats.listings import ListedSample
from openbml_formats.records import ExportSample
from openbml_formats.tables.table_imports import TableManifest
from openbml_formats.unwritable import UnwritableSampleError
from openbml_formats.writers import UnwritableFormatError, writer_of
from openbml_kit.faults import PlatformFault, UserFault

_FILES = (Content.IMAGE, Content.SOUND)
_REFUSALS = frozenset(
    {"AccessDenied", "403", "NoSuchBucket", "404", "AllAccessDisabled", "PermanentRedirect"}
)


def run(order: DataJobOrder, workspace: Workspace) -> ExportResult:
    """Raises UserFault: the customer's bucket does not take the archive, or the format not a sample."""
    settings = ExportSettings.model_validate(order.settings)
    write = _write_table if order.dataset.kind.content is Content.ROWS else _write_samples
    workspace.progress.stage("exporting")
    with _target(settings, workspace) as stream:
        archive = ZipStream(stream)
        count = write(order, settings, workspace, archive)
        archive.finish()
    return ExportResult(
        bucket=settings.target_bucket, key=settings.target_key, size_bytes=stream.size, sample_count=count
    )


def _write_samples(
    order: DataJobOrder, settings: ExportSettings, workspace: Workspace, archive: ZipStream
) -> int:
    try:
        writer = writer_of(settings.format)
    except UnwritableFormatError as error:
        raise PlatformFault(f"the format {settings.format} cannot be written") from error
    counted = _Counted(order, workspace)
    try:
        writer.write(order.dataset, counted.samples(), archive)
    except UnwritableSampleError as error:
        raise UserFault(str(error)) from error
    return counted.done


def _write_table(
    order: DataJobOrder, settings: ExportSettings, workspace: Workspace, archive: ZipStream
) -> int:
    from openbml_data.table_export import TableFormatError, write_table  # Arrow is large: only tables load it

    if settings.table_manifest is None:
        raise PlatformFault("the order names no table")
    manifest = TableManifest.model_validate_json(workspace.data_object(settings.table_manifest))
    try:
        return write_table(
            manifest,
            settings.format,
            archive,
            open_part=lambda key: io.BufferedReader(workspace.open_data(key)),
            tell=workspace.progress.done,
        )
    except TableFormatError as error:
        raise PlatformFault(str(error)) from error


class _Counted:
    """The samples on their way out, counted as they go."""

    def __init__(self, order: DataJobOrder, workspace: Workspace) -> None:
        self._files = order.dataset.kind.content in _FILES
        self._workspace = workspace
        self._total = order.sample_count
        self.done = 0

    def samples(self) -> Iterator[ExportSample]:
        listed = self._workspace.samples()
        pairs = self._workspace.with_content(listed) if self._files else ((one, _no_file) for one in listed)
        for sample, read in pairs:
            yield _export_sample(sample, read)
            self.done += 1
            self._workspace.progress.done(self.done, max(self._total, self.done))


def _no_file() -> bytes:
    raise PlatformFault("a sample of texts has no file")


def _export_sample(sample: ListedSample, read: Read) -> ExportSample:
    return ExportSample(
        sample_id=sample.sample_id,
        name=sample.name,
        texts=sample.texts,
        annotation=sample.annotation,
        extension=sample.extension,
        width=sample.width,
        height=sample.height,
        size_bytes=sample.size_bytes,
        content=read,
    )


@contextmanager
def _target(settings: ExportSettings, workspace: Workspace) -> Iterator[PartStream]:
    """Raises UserFault: the bucket is the customer's and refuses."""
    try:
        with PartStream(
            workspace.s3,
            workspace.pool,
            bucket=settings.target_bucket,
            key=settings.target_key,
            content_type="application/zip",
        ) as stream:
            yield stream
    except ClientError as error:
        code = str(error.response["Error"]["Code"])
        if not settings.customers or code not in _REFUSALS or _reads(error):
            raise
        raise UserFault(
            f"the bucket {settings.target_bucket} does not take the export ({code}): check its name, and "
            "allow the platform's data jobs to write to it"
        ) from error


def _reads(error: ClientError) -> bool:
    return error.operation_name in ("GetObject", "HeadObject")
