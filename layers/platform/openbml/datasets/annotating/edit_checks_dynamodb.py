"""What must hold before edits are written, told as the errors that callers see."""

from collections.abc import Mapping
from typing import NamedTuple

from openbml.datasets.annotating.edit_actions_dynamodb import CLOSED_STATES, Item, gives
from openbml.datasets.annotating.edit_effects import Effects
from openbml.datasets.annotating.edits import (
    Author,
    Checkpoint,
    CheckpointMovedError,
    LabelBusyError,
    LabelNotFoundError,
    TooManyLabelsError,
)
from openbml.datasets.datasets import (
    DatasetDeletingError,
    DatasetVersionNotFoundError,
    SmartLabellingRunningError,
    VersionBusyError,
    VersionKey,
    VersionState,
)
from openbml.datasets.limits import LABELS_PER_VERSION


class EditCall(NamedTuple):
    """What holds for all edits of a call."""

    key: VersionKey
    author: Author
    during_import: int | None
    create_labels: bool


def check_version(call: EditCall, item: Item | None) -> None:
    key = call.key
    names = {"dataset_id": key.dataset_id, "version_number": key.version_number}
    if item is None:
        raise DatasetVersionNotFoundError(**names)
    state = VersionState(item["state"])
    active = int(item.get("active_import_id", 0))
    if call.during_import is not None:
        if state is VersionState.IMPORTING and active == call.during_import:
            return
        raise VersionBusyError(**names, import_id=active)
    if state in CLOSED_STATES:
        raise closed_error(key, state, active)


def closed_error(key: VersionKey, state: VersionState, import_id: int) -> Exception:
    """Return why a version in one of the closed states takes no changes."""
    names = {"dataset_id": key.dataset_id, "version_number": key.version_number}
    if state is VersionState.DELETING:
        return DatasetDeletingError(dataset_id=key.dataset_id)
    if state is VersionState.SMART_LABELLING:
        return SmartLabellingRunningError(**names)
    return VersionBusyError(**names, import_id=import_id)


def check_checkpoint(checkpoint: Checkpoint, operation: Item | None, chunk: Item | None) -> None:
    at = int(chunk["after"]) if chunk and "after" in chunk else -1
    if operation is None or operation["state"] != "running" or at != checkpoint.after:
        raise CheckpointMovedError


def check_labels(call: EditCall, effects: Effects, known: Mapping[str, Item], version: Item) -> None:
    new = 0
    for name, delta in effects.labels.items():
        item = known.get(name)
        if item is None:
            new += 1
            if not call.create_labels:
                raise LabelNotFoundError(label=name)
        elif "operation_id" in item and gives(delta):
            raise LabelBusyError(label=name, operation_id=int(item["operation_id"]))
    if new and int(version.get("label_count", 0)) + new > LABELS_PER_VERSION:
        raise TooManyLabelsError(most=LABELS_PER_VERSION)
