"""Datasets of one project."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from openbml_client.datasets.by_ids import VersionsByIds
from openbml_client.datasets.kinds import Kinds
from openbml_client.datasets.labels import LabelGroups
from openbml_client.datasets.tables import TablePreviews
from openbml_client.datasets.versions import DatasetVersion
from openbml_client.errors import ApiNotFoundError
from openbml_client.resources import Document, given, named
from openbml_client.transport import Transport

_REFERENCE = re.compile(r"(?P<name>.+):[vV]?(?P<version>[0-9]+)")


class Datasets(VersionsByIds):
    """Datasets of one project; `open` and `at` give a version with all that can be done in it."""

    def __init__(self, transport: Transport, base: str) -> None:
        super().__init__(transport, base)
        self.label_groups = LabelGroups(transport, base)
        self.table_previews = TablePreviews(transport, base)

    def kinds(self) -> Kinds:
        """Return the kinds of datasets there are, and the formats of imports and exports."""
        return Kinds(self._transport.call("GET", "/v1/datasets/kinds"))

    def create(
        self,
        name: str,
        *,
        kind: str | None = None,
        data_type: str | None = None,
        annotation_type: str | None = None,
        template: str | None = None,
        deduplicated: bool | None = None,
        tag_scheme: str | None = None,
        storage_path: str | None = None,
    ) -> Document:
        """Create a dataset with an empty version 1.

        Args:
            kind: code of a kind; or data_type, annotation_type and template, which say the same.
            deduplicated: whether a text is kept once; kinds whose choice it is drop duplicates by default.
            tag_scheme: of sequence labelling: IOB | IO | IOE | IOBES.
            storage_path: `s3://…` of your own where exports go; default: the platform's storage.

        Raises:
            NotFoundError: there is no such kind.
        """
        if kind is not None:
            found = self.kinds().kind(kind)
            data_type, annotation_type, template = (
                found["data_type"],
                found["annotation_type"],
                found["template"],
            )
        body = given(
            name=name,
            data_type=data_type,
            annotation_type=annotation_type,
            template=template,
            deduplicated=deduplicated,
            tag_scheme=tag_scheme,
            storage_type=None if storage_path is None else "usrBos",
            storage_path=storage_path,
        )
        return self._post("/datasets", body)

    def list(self, **filters: Any) -> Iterator[Document]:
        """Yield the datasets; filters are name, data_type and annotation_type."""
        return self._pages("/datasets", **filters)

    def get(self, dataset_id: int) -> Document:
        return self._get(f"/datasets/{dataset_id}")

    def find(self, reference: str | int) -> Document:
        """Return the dataset of that name or id. Raises NotFoundError."""
        if str(reference).isdecimal():
            try:
                return self.get(int(reference))
            except ApiNotFoundError:
                pass  # it may still be a name
        return named(self.list(name=str(reference)), reference, "dataset_id", "dataset")

    def open(self, reference: str | int, version: int | None = None) -> DatasetVersion:
        """Return a version of a dataset.

        Args:
            reference: name or id, or with a version `NAME:V2`.
            version: the version; default: the reference's, else 1.

        Raises:
            NotFoundError: the project has no such dataset.
        """
        name, told = split_reference(reference)
        return self.at(int(self.find(name)["dataset_id"]), version or told or 1)

    def rename(self, dataset_id: int, name: str) -> Document:
        return self._patch(f"/datasets/{dataset_id}", {"name": name})

    def delete(self, dataset_id: int) -> None:
        """Delete a dataset with all its versions, in the background."""
        self._delete(f"/datasets/{dataset_id}")

    def versions(self, dataset_id: int) -> Iterator[Document]:
        return self._pages(f"/datasets/{dataset_id}/versions")

    def create_version(self, dataset_id: int, *, description: str = "") -> Document:
        """Make a new, empty version; `DatasetVersion.copy` makes one with samples."""
        return self._post(f"/datasets/{dataset_id}/versions", {"description": description})

    def import_files(
        self, dataset_id: int, version_number: int, files: Sequence[str | Path], **settings: Any
    ) -> Document:
        """Upload files, folders or glob patterns and import them; see `Imports.import_files`."""
        return self.at(dataset_id, version_number).imports.import_files(files, **settings)


def split_reference(reference: str | int) -> tuple[str | int, int | None]:
    """Return the dataset and, of `NAME:V2` or `NAME:2`, the version."""
    found = _REFERENCE.fullmatch(str(reference))
    return (found["name"], int(found["version"])) if found else (reference, None)
