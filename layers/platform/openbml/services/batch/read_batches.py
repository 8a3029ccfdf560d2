"""Use cases that read, and uploads of a form's files."""

from openbml.core.errors import InvalidRequestError
from openbml.core.ids import IdFactory
from openbml.core.pages import CursorCodec, Page
from openbml.core.scope import ProjectScope
from openbml.services.batch.batch_files import BatchFiles
from openbml.services.batch.batch_forms import (
    BatchView,
    OutputFile,
    UploadAddress,
    UploadRequest,
    UploadView,
)
from openbml.services.batch.batch_predictions import BatchRepository
from openbml.services.batch.locations import Buckets, upload_prefix
from openbml_formats.entry_names import unsafe_reason


def list_batches(
    scope: ProjectScope, *, limit: int, cursor: str | None, batches: BatchRepository, cursors: CursorCodec
) -> Page[BatchView]:
    """Raises InvalidCursorError."""
    purpose = f"batch-predictions {scope.key}"
    items, following = batches.page(scope, limit=limit, position=cursors.decode(cursor, purpose=purpose))
    views = [BatchView.of(batch) for batch in items]
    return Page(items=views, next_cursor=cursors.encode(following, purpose=purpose))


def list_output(
    scope: ProjectScope,
    batch_id: int,
    *,
    limit: int,
    cursor: str | None,
    batches: BatchRepository,
    files: BatchFiles,
    buckets: Buckets,
    cursors: CursorCodec,
) -> Page[OutputFile]:
    """Return a page of what came out, by name; of an output in a customer's bucket nothing.

    Raises:
        BatchNotFoundError, InvalidCursorError
    """
    batch = batches.get(scope, batch_id)
    purpose = f"batch-output {scope.key} {batch_id}"
    own = f"s3://{buckets.data_bucket_name}/"
    if not batch.work.output_uri.startswith(own):
        return Page(items=[])
    found, following = files.outputs(
        batch.work.output_uri.removeprefix(own),
        limit=limit,
        position=cursors.decode(cursor, purpose=purpose),
    )
    items = [OutputFile(name=file.name, size_bytes=file.size_bytes, url=file.url) for file in found]
    return Page(items=items, next_cursor=cursors.encode(following, purpose=purpose))


def open_upload(
    request: UploadRequest, *, scope: ProjectScope, files: BatchFiles, buckets: Buckets, new_id: IdFactory
) -> UploadView:
    """Return where each file goes, and the input that they become. Raises InvalidRequestError."""
    names = [file.name for file in request.files]
    for number, name in enumerate(names):
        if reason := unsafe_reason(name):
            raise InvalidRequestError(field=f"files.{number}.name", reason=reason)
    if len(set(names)) != len(names):
        raise InvalidRequestError(field="files", reason="names a file twice")
    prefix = upload_prefix(scope, new_id())
    uploads = [UploadAddress(name=name, url=files.upload_url(f"{prefix}{name}")) for name in names]
    return UploadView(input_uri=f"s3://{buckets.uploads_bucket_name}/{prefix}", uploads=uploads)
