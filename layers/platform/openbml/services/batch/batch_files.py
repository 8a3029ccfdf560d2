"""Files of batch predictions: orders, uploads of a form, what came out."""

from collections.abc import Sequence
from typing import Protocol

from pydantic import BaseModel, ConfigDict

from openbml.services.batch.batch_predictions import Position


class StoredFile(BaseModel):
    """A file of an output; `url` is an address that reads it for an hour."""

    model_config = ConfigDict(frozen=True)

    name: str
    size_bytes: int
    url: str


class BatchFiles(Protocol):
    """Port; addresses are computed without a call."""

    def put_order(self, folder: str, body: bytes) -> str:
        """Keep `order.json` in a folder of the data bucket; return the folder's address."""

    def upload_url(self, key: str) -> str:
        """Return an address that takes a file into the uploads bucket for an hour."""

    def outputs(
        self, prefix: str, *, limit: int, position: Position
    ) -> tuple[Sequence[StoredFile], Position]:
        """Return a page of the files below a prefix of the data bucket, by name."""

    def clear(self, folder: str) -> None:
        """Delete everything below a folder of the data bucket; a repeat is harmless."""
