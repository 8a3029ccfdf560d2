"""Calls by the ids of dataset and version: what there was before versions had an object of their own."""

from collections.abc import Iterator, Sequence
from typing import Any

from openbml_client.datasets.versions import DatasetVersion
from openbml_client.resources import Document, Resource


class VersionsByIds(Resource):
    """Versions by ids; `at` gives one with all that can be done in it."""

    def at(self, dataset_id: int, version_number: int) -> DatasetVersion:
        """Return a version, without asking whether it is there."""
        return DatasetVersion(self._transport, self._base, dataset_id, version_number)

    def version(self, dataset_id: int, version_number: int) -> Document:
        return self.at(dataset_id, version_number).get()

    def labels(self, dataset_id: int, version_number: int) -> Iterator[Document]:
        return self.at(dataset_id, version_number).labels.list()

    def samples(self, dataset_id: int, version_number: int, **filters: Any) -> Iterator[Document]:
        return self.at(dataset_id, version_number).samples.list(**filters)

    def start_import(
        self, dataset_id: int, version_number: int, *, filename: str, size_bytes: int
    ) -> Document:
        """Announce one archive of images with a json file each."""
        body = {"filename": filename, "size_bytes": size_bytes, "annotation_format": "json"}
        return self._post(f"/datasets/{dataset_id}/versions/{version_number}/imports", body)

    def data_import(self, dataset_id: int, version_number: int, import_id: int) -> Document:
        return self.at(dataset_id, version_number).imports.get(import_id)

    def part_urls(
        self, dataset_id: int, version_number: int, import_id: int, part_numbers: Sequence[int]
    ) -> Document:
        urls = self.at(dataset_id, version_number).imports.part_urls(import_id, part_numbers)
        return {"items": [{"part_number": number, "url": url} for number, url in urls.items()]}

    def uploaded_parts(self, dataset_id: int, version_number: int, import_id: int) -> Document:
        return {"items": self.at(dataset_id, version_number).imports.uploaded_parts(import_id)}

    def complete_import(
        self, dataset_id: int, version_number: int, import_id: int, parts: Sequence[Document]
    ) -> Document:
        return self.at(dataset_id, version_number).imports.complete(import_id, {0: parts})

    def cancel_import(self, dataset_id: int, version_number: int, import_id: int) -> Document:
        return self.at(dataset_id, version_number).imports.cancel(import_id)

    def import_problems(self, dataset_id: int, version_number: int, import_id: int) -> Iterator[Document]:
        return self.at(dataset_id, version_number).imports.problems(import_id)
