"""Which reader an input needs: as ordered, or told by names and first bytes."""

from collections import Counter
from collections.abc import Sequence

from openbml_batch.items import Source
from openbml_batch.models import BatchModel
from openbml_batch.sources.archives import ArchivesSource
from openbml_batch.sources.lines import LinesSource
from openbml_batch.sources.listings import Listing
from openbml_batch.sources.objects import ObjectsSource
from openbml_batch.sources.tables import CsvSource, ParquetSource
from openbml_batch.storage import Stored
from openbml_formats.batch_orders import InputFormat
from openbml_kit.faults import UserFault

_EXTENSIONS = {
    ".jsonl": InputFormat.JSONL,
    ".ndjson": InputFormat.JSONL,
    ".csv": InputFormat.CSV,
    ".tsv": InputFormat.CSV,
    ".parquet": InputFormat.PARQUET,
    ".zip": InputFormat.ZIP,
}
_FILES = (".jpg", ".jpeg", ".png", ".bmp", ".txt", ".wav", ".mp3", ".m4a")
_MAGIC = {b"PAR1": InputFormat.PARQUET, b"PK\3\4": InputFormat.ZIP, b"PK\5\6": InputFormat.ZIP}
_CHOICES = ", ".join(one.value for one in InputFormat if one is not InputFormat.AUTO)


def open_source(listing: Listing, ordered: InputFormat, model: BatchModel) -> tuple[Source, InputFormat]:
    """Return the reader, and the format that it reads.

    Raises:
        UserFault: the format cannot be told, or the model takes nothing of its kind.
    """
    told = detected(listing) if ordered is InputFormat.AUTO else ordered
    return _source(listing, told, model), told


def detected(listing: Listing) -> InputFormat:
    """Return the format of what is listed. Raises UserFault."""
    found = Counter(_by_name(stored) for stored in listing.first)
    if len(found) == 1:
        format_, _count = found.popitem()
        if format_ is not None:
            return format_
        return _by_content(listing, listing.first[0]) if listing.count == 1 else InputFormat.FOLDER
    names = _shown([stored for stored in listing.first if _by_name(stored)], listing.first)
    raise UserFault(f"the input mixes formats ({names}): put one into a folder, or choose from {_CHOICES}")


def _source(listing: Listing, format_: InputFormat, model: BatchModel) -> Source:
    match format_:
        case InputFormat.JSONL:
            return LinesSource(listing, model.read, most_bytes=model.most_line_bytes)
        case InputFormat.CSV:
            return CsvSource(listing, model)
        case InputFormat.PARQUET:
            return ParquetSource(listing, model)
    if not model.payload.takes_files:
        raise UserFault(f"the model's requests are no files: order jsonl, csv or parquet, not {format_}")
    if format_ is InputFormat.ZIP:
        return ArchivesSource(listing, model.payload)
    return ObjectsSource(listing, model.payload)


def _by_name(stored: Stored) -> InputFormat | None:
    name = stored.name.lower()
    return next((format_ for end, format_ in _EXTENSIONS.items() if name.endswith(end)), None)


def _by_content(listing: Listing, stored: Stored) -> InputFormat:
    if stored.name.lower().endswith(_FILES):
        return InputFormat.FOLDER
    head = listing.bucket.read_range(stored, 0, min(stored.size, 512)) if stored.size else b""
    if format_ := _MAGIC.get(head[:4]):
        return format_
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return InputFormat.JSONL
    if head[:3] == b"\xff\xd8\xff" or head[:4] == b"\x89PNG" or head[:2] == b"BM":
        return InputFormat.FOLDER
    raise UserFault(f"{stored.name} is of no format that can be told: choose from {_CHOICES}")


def _shown(told: Sequence[Stored], others: Sequence[Stored]) -> str:
    untold = [stored for stored in others if stored not in told][:1]
    kinds = {_by_name(stored): stored for stored in told}
    return ", ".join(stored.name for stored in (*kinds.values(), *untold))
