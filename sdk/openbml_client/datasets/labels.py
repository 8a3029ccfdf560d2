"""Labels of a version, and groups of labels that a project puts into versions together."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from openbml_client.datasets.operations import Operations
from openbml_client.resources import Document, Resource, given, named
from openbml_client.transport import Transport
from openbml_client.waiting import Show

_BY_QUERY = "-"  # names travel as a query parameter: a path cannot carry every one


class Labels(Resource):
    """Labels of one version; renaming and deleting write all samples, so they are operations."""

    def __init__(self, transport: Transport, version: str, operations: Operations) -> None:
        super().__init__(transport, version)
        self._operations = operations

    def list(self, *, name: str | None = None, order: str | None = None) -> Iterator[Document]:
        """Yield the labels with their counts, pinned ones first.

        Args:
            name: only labels whose name holds this.
            order: name | count.
        """
        return self._pages("/labels", name=name, order=order)

    def add(
        self, name: str, *, remark: str | None = None, colour: str | None = None, pinned: bool = False
    ) -> Document:
        return self._post("/labels", given(name=name, remark=remark, colour=colour, pinned=pinned))

    def describe(
        self, name: str, *, remark: str | None = None, colour: str | None = None, pinned: bool | None = None
    ) -> Document:
        """Change what is said about a label; what is None stays."""
        changes = given(remark=remark, colour=colour, pinned=pinned)
        label: Document = self._patch(f"/labels/{_BY_QUERY}", changes, label=name)["label"]
        return label

    def rename(
        self, name: str, new_name: str, *, wait: bool = True, show: Show = lambda _: None
    ) -> Document | None:
        """Rename a label in all samples; return the operation, None when the name is the same.

        Raises:
            ConflictError: the version has the new label already, or another operation runs.
        """
        reply = self._patch(f"/labels/{_BY_QUERY}", {"name": new_name}, label=name)
        return self._followed(reply["operation"], wait, show)

    def delete(self, name: str, *, wait: bool = True, show: Show = lambda _: None) -> Document | None:
        """Take a label and all its annotations away; return the operation."""
        reply = self._delete(f"/labels/{_BY_QUERY}", label=name) or {}
        return self._followed(reply["operation"], wait, show)

    def add_group(self, group_id: int) -> Sequence[str]:
        """Make the labels of a group; return the names of those that were not there."""
        created: Sequence[str] = self._post("/label-groups", {"group_id": group_id})["created"]
        return created

    def _followed(self, operation: Document | None, wait: bool, show: Show) -> Document | None:
        if operation is None or not wait:
            return operation
        return self._operations.wait(int(operation["operation_id"]), show=show)


class LabelGroups(Resource):
    """Label groups of a project; labels are `{name, remark, colour}`."""

    def __init__(self, transport: Transport, project: str) -> None:
        super().__init__(transport, f"{project}/label-groups")

    def list(self) -> Iterator[Document]:
        return self._pages("")

    def find(self, reference: str | int) -> Document:
        return named(self.list(), reference, "group_id", "label group")

    def create(self, name: str, labels: Sequence[str | Mapping[str, Any]] = ()) -> Document:
        return self._post("", {"name": name, "labels": _labels(labels)})

    def change(
        self,
        group_id: int,
        *,
        name: str | None = None,
        labels: Sequence[str | Mapping[str, Any]] | None = None,
    ) -> Document:
        """Change the name, or replace all labels."""
        listed = None if labels is None else _labels(labels)
        return self._patch(f"/{group_id}", given(name=name, labels=listed))

    def delete(self, group_id: int) -> None:
        self._delete(f"/{group_id}")


def _labels(labels: Sequence[str | Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    return [{"name": label} if isinstance(label, str) else dict(label) for label in labels]
