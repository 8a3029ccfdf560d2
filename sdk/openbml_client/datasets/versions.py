"""One dataset version with everything in it."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from openbml_client.datasets.exports import Exports
from openbml_client.datasets.imports import Imports
from openbml_client.datasets.jobs import Augmentations, Cleanings, QualityReports
from openbml_client.datasets.kinds import Kinds
from openbml_client.datasets.labels import Labels
from openbml_client.datasets.operations import Operations
from openbml_client.datasets.samples import Samples
from openbml_client.datasets.tables import Tables
from openbml_client.resources import Document, Resource
from openbml_client.transport import Transport


class DatasetVersion(Resource):
    """One version; `imports`, `samples`, `labels`, `exports` … are what lies in it.

    Example:
        >>> version = client.project().datasets.open("gestures")
        >>> version.import_files(["photos/"])
        >>> [sample["name"] for sample in version.samples.list(label="left")]
    """

    def __init__(self, transport: Transport, project: str, dataset_id: int, version_number: int) -> None:
        self.dataset_id, self.version_number = dataset_id, version_number
        self._dataset = f"{project}/datasets/{dataset_id}"
        base = f"{self._dataset}/versions/{version_number}"
        super().__init__(transport, base)
        self.imports = Imports(transport, base, self.catalogue)
        self.samples = Samples(transport, base)
        self.operations = Operations(transport, base)
        self.labels = Labels(transport, base, self.operations)
        self.exports = Exports(transport, base)
        self.quality_reports = QualityReports(transport, base)
        self.cleanings = Cleanings(transport, base, self._imports_of)
        self.augmentations = Augmentations(transport, base, self._imports_of)
        self.table = Tables(transport, base)

    def get(self) -> Document:
        return self._get("")

    def dataset(self) -> Document:
        document: Document = self._transport.call("GET", self._dataset)
        return document

    def catalogue(self) -> tuple[Document, Kinds]:
        """Return the dataset's kind, and all kinds with their formats."""
        kinds = Kinds(self._transport.call("GET", "/v1/datasets/kinds"))
        return kinds.kind_of(self.dataset()), kinds

    def import_files(self, files: Sequence[str | Path], **settings: Any) -> Document:
        """Upload files, folders or glob patterns and import them; see `Imports.import_files`."""
        return self.imports.import_files(files, **settings)

    def describe(self, description: str) -> Document:
        return self._patch("", {"description": description})

    def delete(self) -> Document:
        """Delete the version in the background; the last one goes only with its dataset."""
        return self._delete("") or {}

    def copy(self, *, description: str = "") -> "DatasetVersion":
        """Make a new version with the same samples and annotations; they are copied in the background."""
        source = {"version_number": self.version_number}
        document: Document = self._transport.call(
            "POST", f"{self._dataset}/versions", body={"description": description, "source": source}
        )
        return self.sibling(int(document["version_number"]))

    def sibling(self, version_number: int) -> "DatasetVersion":
        """Return another version of the same dataset."""
        project = self._dataset.removesuffix(f"/datasets/{self.dataset_id}")
        return DatasetVersion(self._transport, project, self.dataset_id, version_number)

    def models(self) -> Iterator[Document]:
        """Yield the model versions that were trained on this version, the newest first."""
        return self._pages("/models")

    def operators(self) -> Mapping[str, Sequence[Document]]:
        """Return what the dataset can be cleaned and augmented with, with every parameter's bounds."""
        operators: Mapping[str, Sequence[Document]] = self._transport.call(
            "GET", f"{self._dataset}/operators"
        )
        return operators

    def _imports_of(self, version_number: int) -> Imports:
        return self.sibling(version_number).imports
