"""Labels of a version: made, described and pinned at once; renamed and deleted by bulk operations."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Protocol

from openbml.core.errors import InvalidRequestError, OpenBMLError
from openbml.datasets.annotating.annotate import annotatable
from openbml.datasets.datasets import DatasetRepository, LabelCount, Position, VersionKey
from openbml_catalog.datasets import DatasetKind
from openbml_formats.label_names import checked_label
from openbml_formats.records import AnnotationError


class LabelTakenError(OpenBMLError):
    """The version has the label already; details: label."""


class LabelOrder(StrEnum):
    """Pinned labels come first in either."""

    NAME = "name"
    COUNT = "count"  # the most frequent first


class LabelRepository(Protocol):
    def all(self, key: VersionKey) -> Sequence[LabelCount]: ...

    def get(self, key: VersionKey, name: str) -> LabelCount:
        """Raises LabelNotFoundError."""

    def ensure(self, key: VersionKey, labels: Sequence[LabelCount]) -> Sequence[str]:
        """Make the labels that the version does not have and return their names.

        Raises:
            VersionBusyError, SmartLabellingRunningError, DatasetDeletingError: the version takes no changes.
            TooManyLabelsError: there would be too many.
        """

    def describe(self, key: VersionKey, name: str, changes: Mapping[str, Any]) -> LabelCount:
        """Set remark, colour, pinned. Raises LabelNotFoundError."""


def list_labels(
    key: VersionKey,
    *,
    name: str | None,
    order: LabelOrder,
    limit: int,
    position: Position | None,
    labels: LabelRepository,
) -> tuple[Sequence[LabelCount], Position | None]:
    """Return a page of labels, the pinned ones first; `name` is contained in theirs, whatever the case."""
    rows = [row for row in labels.all(key) if name is None or name.casefold() in row.name.casefold()]
    rows.sort(key=lambda row: _rank(row, order))
    if position is not None:
        last = (bool(position["unpinned"]), int(position["count"]), str(position["name"]))
        rows = [row for row in rows if _rank(row, order) > last]
    page = rows[:limit]
    if len(rows) <= limit:
        return page, None
    unpinned, count, last_name = _rank(page[-1], order)
    return page, {"unpinned": int(unpinned), "count": count, "name": last_name}


def _rank(label: LabelCount, order: LabelOrder) -> tuple[bool, int, str]:
    return (not label.pinned, -label.sample_count if order is LabelOrder.COUNT else 0, label.name)


def create_label(
    key: VersionKey, label: LabelCount, *, datasets: DatasetRepository, labels: LabelRepository
) -> LabelCount:
    """Make a label that no sample carries yet.

    Raises:
        LabelTakenError: it exists.
        InvalidRequestError: the kind of the dataset allows no such name.
        OnlineAnnotationError: labels of such a dataset come by imports only.
    """
    dataset = annotatable(key.scope, key.dataset_id, datasets)
    checked_label_name(label.name, dataset.kind)
    if not labels.ensure(key, [label]):
        raise LabelTakenError(label=label.name)
    return labels.get(key, label.name)


def checked_label_name(name: str, kind: DatasetKind) -> str:
    """Return the name. Raises InvalidRequestError where the kind does not allow it."""
    try:
        return checked_label(name, kind.label_rule)
    except AnnotationError as error:
        raise InvalidRequestError(field="name", reason=str(error)) from error
