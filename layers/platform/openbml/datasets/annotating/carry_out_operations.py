"""The work of a bulk operation in one chunk; killed anywhere, a repeat goes on behind what is written."""

from collections.abc import Callable, Sequence
from datetime import timedelta

from openbml.core.clock import Clock
from openbml.core.queues import MessageQueue
from openbml.datasets.annotating.bulk_operations import (
    ActionKind,
    BulkAction,
    BulkOperation,
    OperationMessage,
    OperationNotFoundError,
    OperationRepository,
    OperationState,
    ask_for_work,
    plan_operation,
)
from openbml.datasets.annotating.edits import (
    AnnotationStore,
    Author,
    CheckpointMovedError,
    Edit,
    EditTooWideError,
)
from openbml.datasets.annotating.sample_search import SampleIndex, ids_of
from openbml.datasets.datasets import (
    DatasetDeletingError,
    DatasetRepository,
    DatasetVersionNotFoundError,
)
from openbml.datasets.samples import Sample, SampleRepository
from openbml_formats.annotations import Annotation

SILENCE_LIMIT = timedelta(minutes=30)  # a chunk is redelivered within it
_SAMPLES = 40  # read at a time; what one transaction of edits takes


def carry_out(
    message: OperationMessage,
    *,
    datasets: DatasetRepository,
    samples: SampleRepository,
    index: SampleIndex,
    store: AnnotationStore,
    operations: OperationRepository,
    queue: MessageQueue,
    now: Clock,
    has_time: Callable[[], bool],
) -> BulkOperation | None:
    """Plan an operation, or do its work in a chunk; ask again for what the time does not allow.

    Returns:
        The operation afterwards, None when it is gone with its version.
    """
    try:
        operation = operations.get(message.version_key, message.operation_id)
    except OperationNotFoundError:
        return None
    if message.chunk is None:
        return plan_operation(
            operation, datasets=datasets, index=index, operations=operations, queue=queue, now=now
        )
    if operation.state is not OperationState.RUNNING:
        return operation
    try:
        done = _work_through(operation, message.chunk, samples, store, operations, has_time)
    except CheckpointMovedError:
        return operations.get(message.version_key, message.operation_id)  # others are at it, or it has ended
    except (DatasetDeletingError, DatasetVersionNotFoundError):
        return operations.end(operation, OperationState.CANCELLED, now())
    except EditTooWideError as error:
        return operations.end(operation, OperationState.FAILED, now(), failure=str(error))
    if not done:
        queue.send([message])
        return operation
    operation = operations.finish_chunk(operation, message.chunk, now())
    if operation.state is OperationState.RUNNING and operation.chunks_done >= operation.chunk_count:
        return operations.end(operation, OperationState.FINISHED, now())
    return operation


def _work_through(
    operation: BulkOperation,
    chunk: int,
    samples: SampleRepository,
    store: AnnotationStore,
    operations: OperationRepository,
    has_time: Callable[[], bool],
) -> bool:
    """Return whether the chunk is done, False when the time is over."""
    author = Author.human(operation.created_by, operation.operation_id)
    while True:
        work = operations.work(operation, chunk)
        left = ids_of({chunk: work.bits >> (work.checkpoint.after + 1) << (work.checkpoint.after + 1)})
        ids = [sample_id for sample_id, _place in zip(left, range(_SAMPLES), strict=False)]
        if work.done or not ids:
            return True
        if not has_time():
            return False
        store.apply_edits(
            operation.version_key,
            _edits(operation, ids, samples),
            author=author,
            during_import=None,
            checkpoint=work.checkpoint,
        )


def _edits(operation: BulkOperation, ids: Sequence[int], samples: SampleRepository) -> list[Edit]:
    """Return an edit a sample, by the samples as they are now; of a missing one, one that finds nothing."""
    found = samples.find(operation.scope, ids)
    return [
        _edit(operation, found[sample_id], samples)
        if sample_id in found
        else Edit(sample_id=sample_id, annotation=Annotation(), expected_revision=0)
        for sample_id in ids
    ]


def _edit(operation: BulkOperation, sample: Sample, samples: SampleRepository) -> Edit:
    action = operation.action
    annotation = (
        None
        if action.kind is ActionKind.DELETE_SAMPLES
        else changed_annotation(action, samples.annotation_of(operation.scope, sample))
    )
    return Edit(
        sample_id=sample.sample_id,
        annotation=annotation,
        expected_revision=sample.annotation_revision,
        keeps_source=action.kind is ActionKind.RENAME_LABEL or annotation == sample.annotation,
    )


def changed_annotation(action: BulkAction, annotation: Annotation) -> Annotation:
    """Return what an annotation says after the action."""
    label = action.label or ""
    if action.kind is ActionKind.ADD_LABEL:
        labels = tuple(dict.fromkeys((*annotation.labels, label)))
        return annotation.model_copy(update={"labels": labels})
    if action.kind is ActionKind.SET_LABEL:
        return annotation.model_copy(update={"labels": (label,)})
    if action.kind is ActionKind.CLEAR_ANNOTATIONS:
        return Annotation()
    if action.kind is ActionKind.RENAME_LABEL:
        return _renamed(annotation, label, action.new_label or "")
    return _without(annotation, label)


def _renamed(annotation: Annotation, old: str, new: str) -> Annotation:
    def named(name: str) -> str:
        return new if name == old else name

    return annotation.model_copy(
        update={
            "labels": tuple(dict.fromkeys(named(name) for name in annotation.labels)),
            "regions": tuple(
                row.model_copy(update={"label": named(row.label)}) for row in annotation.regions
            ),
            "spans": tuple(row.model_copy(update={"label": named(row.label)}) for row in annotation.spans),
        }
    )


def _without(annotation: Annotation, label: str) -> Annotation:
    return annotation.model_copy(
        update={
            "labels": tuple(name for name in annotation.labels if name != label),
            "regions": tuple(row for row in annotation.regions if row.label != label),
            "spans": tuple(row for row in annotation.spans if row.label != label),
        }
    )


def resume_operations(
    *,
    datasets: DatasetRepository,
    index: SampleIndex,
    operations: OperationRepository,
    queue: MessageQueue,
    now: Clock,
) -> int:
    """Ask again for the work of operations that have been silent; return how many there are."""
    silent = operations.open_since(now() - SILENCE_LIMIT)
    for operation in silent:
        if operation.state is OperationState.PLANNING:
            plan_operation(
                operation, datasets=datasets, index=index, operations=operations, queue=queue, now=now
            )
        else:
            ask_for_work(operation, operations=operations, queue=queue, now=now)
    return len(silent)
