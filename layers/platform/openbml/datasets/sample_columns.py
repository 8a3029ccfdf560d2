"""Names, sizes and times of a chunk's samples in columns: what lists are searched and ordered by.

They never change while the sample exists, so that they are written once, with the chunk. The index says which
samples there are: a deleted one's row stays and is masked, one that came singly has its row made when it is
first asked for.
"""

import zlib
from collections.abc import Sequence
from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict

from openbml.datasets.samples import Sample

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class Columns(BaseModel):
    """One row a sample, by ordinal; times in milliseconds since 1970."""

    model_config = ConfigDict(frozen=True)

    ordinals: tuple[int, ...]
    names: tuple[str, ...]
    sizes: tuple[int, ...]
    added_ms: tuple[int, ...]


def columns_of(samples: Sequence[Sample]) -> Columns:
    rows = sorted(samples, key=lambda sample: sample.ordinal)
    return Columns(
        ordinals=tuple(row.ordinal for row in rows),
        names=tuple(row.name for row in rows),
        sizes=tuple(row.size_bytes for row in rows),
        added_ms=tuple(milliseconds(row.added_at or _LONG_AGO) for row in rows),
    )


def joined_columns(old: Columns, new: Columns) -> Columns:
    """Return the rows of both, by ordinal."""
    rows = sorted(
        [
            *zip(old.ordinals, old.names, old.sizes, old.added_ms, strict=True),
            *zip(new.ordinals, new.names, new.sizes, new.added_ms, strict=True),
        ]
    )
    return Columns(
        ordinals=tuple(row[0] for row in rows),
        names=tuple(row[1] for row in rows),
        sizes=tuple(row[2] for row in rows),
        added_ms=tuple(row[3] for row in rows),
    )


def milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def packed_columns(columns: Columns) -> bytes:
    return zlib.compress(columns.model_dump_json().encode(), level=6)


def unpacked_columns(data: bytes) -> Columns:
    return Columns.model_validate_json(zlib.decompress(data))
