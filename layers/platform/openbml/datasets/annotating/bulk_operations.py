"""Bulk operations: one action on all samples of a filter, carried out chunk by chunk in the background.

One runs on a version at a time, and none beside an import. People may go on editing; a label that is renamed
or deleted is given to nobody meanwhile. What an operation has done before it is cancelled stays done, and
stands in the history.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict

from openbml.core.clock import Clock
from openbml.core.errors import InvalidRequestError, OpenBMLError
from openbml.core.ids import IdFactory
from openbml.core.queues import MessageQueue
from openbml.core.scope import ProjectScope
from openbml.datasets.annotating.annotate import OnlineAnnotationError
from openbml.datasets.annotating.edits import Checkpoint
from openbml.datasets.annotating.labels import LabelRepository, checked_label_name
from openbml.datasets.annotating.sample_search import SampleFilter, SampleIndex, matching_bits
from openbml.datasets.datasets import (
    DatasetRepository,
    DatasetVersionNotFoundError,
    LabelCount,
    Position,
    VersionKey,
)
from openbml_catalog.datasets import AnnotationForm, Content, DatasetKind


class OperationNotFoundError(OpenBMLError):
    """The version has no such operation; details: operation_id."""


class OperationStateError(OpenBMLError):
    """The operation has ended; details: operation_id, state."""


class ActionKind(StrEnum):
    ADD_LABEL = "add_label"
    SET_LABEL = "set_label"
    REMOVE_LABEL = "remove_label"
    CLEAR_ANNOTATIONS = "clear_annotations"
    DELETE_SAMPLES = "delete_samples"
    RENAME_LABEL = "rename_label"
    DELETE_LABEL = "delete_label"

    @property
    def is_about_a_label(self) -> bool:
        """Whether the label itself changes, and with it all samples that carry it."""
        return self in (ActionKind.RENAME_LABEL, ActionKind.DELETE_LABEL)

    @property
    def takes_a_label(self) -> bool:
        return self not in (ActionKind.CLEAR_ANNOTATIONS, ActionKind.DELETE_SAMPLES)


class BulkAction(BaseModel):
    """Attributes: new_label: of a renaming."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: ActionKind
    label: str | None = None
    new_label: str | None = None


class OperationState(StrEnum):
    PLANNING = "planning"
    RUNNING = "running"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    FAILED = "failed"

    @property
    def is_final(self) -> bool:
        return self not in (OperationState.PLANNING, OperationState.RUNNING)


class BulkOperation(BaseModel):
    """Attributes: matched: samples of the filter; changed: samples that the action has changed so far."""

    model_config = ConfigDict(frozen=True)

    scope: ProjectScope
    dataset_id: int
    version_number: int
    operation_id: int
    action: BulkAction
    wanted: SampleFilter
    state: OperationState = OperationState.PLANNING
    created_by: int
    created_at: AwareDatetime
    changed_at: AwareDatetime
    finished_at: AwareDatetime | None = None
    matched: int = 0
    changed: int = 0
    chunk_count: int = 0
    chunks_done: int = 0
    failure: str | None = None

    @property
    def version_key(self) -> VersionKey:
        return VersionKey(scope=self.scope, dataset_id=self.dataset_id, version_number=self.version_number)


class OperationMessage(BaseModel):
    """Asks for an operation's plan, or for its work in one chunk."""

    model_config = ConfigDict(frozen=True)

    version_key: VersionKey
    operation_id: int
    chunk: int | None = None


class ChunkWork(BaseModel):
    """Attributes: bits: the chunk's samples that the operation is about; checkpoint: how far it is."""

    model_config = ConfigDict(frozen=True)

    bits: int
    checkpoint: Checkpoint
    done: bool = False


class OperationRepository(Protocol):
    def start(self, operation: BulkOperation, renamed: LabelCount | None) -> None:
        """Put the operation, hold its version, and its label where it is about one.

        Args:
            renamed: the label as it will be called, made at once.

        Raises:
            VersionBusyError, SmartLabellingRunningError, DatasetDeletingError: the version takes no changes.
            OperationRunningError: another operation runs on it.
            LabelNotFoundError: the label is gone.
            LabelTakenError: the version has the new label already.
        """

    def get(self, key: VersionKey, operation_id: int) -> BulkOperation:
        """Raises OperationNotFoundError."""

    def page(
        self, key: VersionKey, *, limit: int, position: Position | None
    ) -> tuple[Sequence[BulkOperation], Position | None]:
        """Newest first."""

    def open_since(self, changed_before: AwareDatetime) -> Sequence[BulkOperation]:
        """Return operations that are not final and have not moved since."""

    def plan(self, operation: BulkOperation, bits: Mapping[int, int], at: AwareDatetime) -> BulkOperation:
        """Record what is to be done in each chunk and run; a repeat changes nothing."""

    def chunks(self, operation: BulkOperation) -> Sequence[int]:
        """Return the chunks that are not done."""

    def work(self, operation: BulkOperation, chunk: int) -> ChunkWork: ...

    def finish_chunk(self, operation: BulkOperation, chunk: int, at: AwareDatetime) -> BulkOperation:
        """Count a chunk once; return the operation as it is now."""

    def end(
        self, operation: BulkOperation, state: OperationState, at: AwareDatetime, failure: str | None = None
    ) -> BulkOperation:
        """Move to a final state and let go of version and label; one that has ended stays as it is.

        A label that was renamed or deleted goes, if the operation finished.
        """


def start_operation(
    key: VersionKey,
    wanted: SampleFilter,
    action: BulkAction,
    *,
    user_id: int,
    datasets: DatasetRepository,
    labels: LabelRepository,
    operations: OperationRepository,
    queue: MessageQueue,
    new_id: IdFactory,
    now: Clock,
) -> BulkOperation:
    """Check the action, hold the version for it, and ask for its plan.

    Raises:
        InvalidRequestError: the action lacks its label, or the kind of the dataset does not know it.
        OnlineAnnotationError: annotations of such a dataset come by imports only.
        and what `OperationRepository.start` raises.
    """
    kind = datasets.get(key.scope, key.dataset_id).kind
    checked_action(action, kind)
    wanted.facets()
    at = now()
    operation = BulkOperation(
        scope=key.scope,
        dataset_id=key.dataset_id,
        version_number=key.version_number,
        operation_id=new_id(),
        action=action,
        wanted=SampleFilter(label=action.label) if action.kind.is_about_a_label else wanted,
        created_by=user_id,
        created_at=at,
        changed_at=at,
    )
    operations.start(operation, _prepared_label(key, action, labels))
    queue.send([OperationMessage(version_key=key, operation_id=operation.operation_id)])
    return operation


def _prepared_label(key: VersionKey, action: BulkAction, labels: LabelRepository) -> LabelCount | None:
    """Return what a label will be called; make the label that samples will be given."""
    if action.kind in (ActionKind.ADD_LABEL, ActionKind.SET_LABEL):
        labels.ensure(key, [LabelCount(name=action.label or "")])
        return None
    if not action.kind.takes_a_label:
        return None
    label = labels.get(key, action.label or "")
    if action.kind is not ActionKind.RENAME_LABEL:
        return None
    return label.model_copy(update={"name": action.new_label, "sample_count": 0, "object_count": 0})


def checked_action(action: BulkAction, kind: DatasetKind) -> None:
    """Let an action through that makes sense for a kind of dataset.

    Raises:
        InvalidRequestError, OnlineAnnotationError: it does not.
    """
    if kind.content is Content.ROWS:
        raise OnlineAnnotationError(kind=kind.code)
    if action.kind is ActionKind.DELETE_SAMPLES:
        return
    if not kind.online_annotation:
        raise OnlineAnnotationError(kind=kind.code)
    if action.kind.takes_a_label and not action.label:
        raise InvalidRequestError(field="action.label", reason="is missing")
    if action.kind in (ActionKind.ADD_LABEL, ActionKind.SET_LABEL):
        _check_given_label(action, kind)
    if action.kind is ActionKind.RENAME_LABEL:
        if not action.new_label or action.new_label == action.label:
            raise InvalidRequestError(field="action.new_label", reason="must be another name")
        checked_label_name(action.new_label, kind)


def _check_given_label(action: BulkAction, kind: DatasetKind) -> None:
    if kind.annotation_form not in (AnnotationForm.CLASSES, AnnotationForm.SIMILARITY):
        raise InvalidRequestError(
            field="action.kind", reason=f"samples of {kind.code} have no label as a whole"
        )
    if action.kind is ActionKind.ADD_LABEL and not kind.several:
        raise InvalidRequestError(
            field="action.kind", reason="samples have one label here: set_label sets it"
        )
    checked_label_name(action.label or "", kind)


def plan_operation(
    operation: BulkOperation,
    *,
    datasets: DatasetRepository,
    index: SampleIndex,
    operations: OperationRepository,
    queue: MessageQueue,
    now: Clock,
) -> BulkOperation:
    """Find the samples of the filter as they are now, and ask for the work in each of their chunks."""
    if operation.state is OperationState.PLANNING:
        try:
            version = datasets.version(operation.version_key)
        except DatasetVersionNotFoundError:
            return operation  # gone with its operations
        bits = matching_bits(version, operation.wanted, index=index)
        operation = operations.plan(operation, bits, now())
    return ask_for_work(operation, operations=operations, queue=queue, now=now)


def ask_for_work(
    operation: BulkOperation, *, operations: OperationRepository, queue: MessageQueue, now: Clock
) -> BulkOperation:
    """Ask for what is not done yet; end an operation that has nothing left."""
    if operation.state is not OperationState.RUNNING:
        return operation
    left = operations.chunks(operation)
    if not left:
        return operations.end(operation, OperationState.FINISHED, now())
    queue.send(
        [
            OperationMessage(
                version_key=operation.version_key, operation_id=operation.operation_id, chunk=chunk
            )
            for chunk in left
        ]
    )
    return operation


def cancel_operation(
    key: VersionKey, operation_id: int, *, operations: OperationRepository, now: Clock
) -> BulkOperation:
    """Stop an operation; what it has done stays done.

    Raises:
        OperationNotFoundError: the version has none of that id.
        OperationStateError: it has ended otherwise.
    """
    ended = operations.end(operations.get(key, operation_id), OperationState.CANCELLED, now())
    if ended.state is not OperationState.CANCELLED:
        raise OperationStateError(operation_id=operation_id, state=ended.state)
    return ended
