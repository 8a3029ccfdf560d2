"""The catalogue of datasets: which kinds there are, and which formats each is read from and written to."""

from collections.abc import Sequence

from openbml_client.errors import NotFoundError
from openbml_client.resources import Document

_PARTS = ("data_type", "annotation_type", "template")


class Kinds:
    """Kinds and formats as the API lists them."""

    def __init__(self, document: Document) -> None:
        self.items: Sequence[Document] = document["items"]
        self.formats: Sequence[Document] = document["formats"]

    def kind(self, code: str) -> Document:
        """Raises NotFoundError."""
        for kind in self.items:
            if kind["code"] == code:
                return kind
        codes = ", ".join(kind["code"] for kind in self.items)
        raise NotFoundError(f"There is no kind {code!r} of datasets; there are {codes}.")

    def kind_of(self, dataset: Document) -> Document:
        """Return the kind of a dataset. Raises NotFoundError."""
        for kind in self.items:
            if all(kind[part] == dataset[part] for part in _PARTS):
                return kind
        raise NotFoundError(f"The catalogue has no kind for {'/'.join(dataset[part] for part in _PARTS)}.")

    def imports_of(self, kind: Document) -> Sequence[Document]:
        return [row for row in self.formats if kind["code"] in row["reads"]]

    def exports_of(self, kind: Document) -> Sequence[Document]:
        return [row for row in self.formats if kind["code"] in row["writes"]]
