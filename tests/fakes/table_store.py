"""Parts and pages of tables in memory, and uploads from bytes."""

import io
from collections.abc import Iterator
from contextlib import contextmanager

from openbml_data.table_files import TableFile


class MemoryTableStore:
    """Objects appear at the end of their block; what fails inside it leaves none."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    @contextmanager
    def writing(self, key: str) -> Iterator[io.BytesIO]:
        sink = io.BytesIO()
        yield sink
        self.objects[key] = sink.getvalue()

    def put(self, key: str, body: bytes, *, content_type: str) -> None:
        self.objects[key] = body


def upload(data: bytes, name: str = "table.csv") -> TableFile:
    return TableFile(name, len(data), lambda: io.BytesIO(data))
