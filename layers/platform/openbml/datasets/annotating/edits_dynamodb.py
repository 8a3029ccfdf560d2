"""DynamoDB adapter of `AnnotationStore`: each group of samples with all its effects in one transaction.

Index and counts are read, computed and written on the condition that they are what was read; whoever comes
second reads again. A reader therefore needs no more than the index's own items.
"""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from openbml.core.clock import Clock
from openbml.datasets.annotating.edit_actions_dynamodb import (
    Action,
    Item,
    checkpoint_moved,
    import_reduced,
    index_changed,
    labels_counted,
    sample_deleted,
    sample_written,
    version_counted,
)
from openbml.datasets.annotating.edit_checks_dynamodb import (
    EditCall,
    check_checkpoint,
    check_labels,
    check_version,
)
from openbml.datasets.annotating.edit_effects import Change, Effects, Place, effects_of
from openbml.datasets.annotating.edits import (
    Author,
    Checkpoint,
    Edit,
    EditOutcome,
    EditsBusyError,
    EditStatus,
    edited,
    status_of,
)
from openbml.datasets.annotating.transaction_size import ACTIONS, TransactionSize
from openbml.datasets.annotating.wide_edits import narrower
from openbml.datasets.datasets import (
    VersionKey,
)
from openbml.datasets.importing.data_imports import DataImport
from openbml.datasets.importing.import_actions_dynamodb import import_of, volume_added, volume_keys
from openbml.datasets.sample_items_dynamodb import (
    content_key,
    history_key,
    index_key,
    kept_annotation,
    sample_key,
    sample_of,
)
from openbml.datasets.samples import Sample, sample_id_of
from openbml.datasets.stored_objects import ObjectStore
from openbml.datasets.tables_dynamodb import (
    TableBatches,
    failed_conditions,
    import_key,
    label_key,
    operation_chunk_key,
    operation_key,
    transact,
    version_item_key,
)

_SAMPLES = 40  # looked at for one transaction: each takes two actions or more
_ATTEMPTS = 24
_LONGEST_PAUSE_S = 0.4


class _Step(NamedTuple):
    """One transaction's worth of edits, read and judged."""

    outcomes: Sequence[EditOutcome]
    changes: Sequence[tuple[Change, Item]]


class _Known(NamedTuple):
    """What else was read for a step, as it was at that moment."""

    bits: Mapping[Place, Item]
    labels: Mapping[str, Item]
    contents: Mapping[str, Item]
    imports: Mapping[int, DataImport]


class DynamoAnnotationStore:
    """Args: objects: where large annotations lie; sleep: waits between attempts."""

    def __init__(
        self, table: Any, objects: ObjectStore, *, now: Clock, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._table = table
        self._objects = objects
        self._batches = TableBatches(table)
        self._now = now
        self._sleep = sleep

    def apply_edits(
        self,
        key: VersionKey,
        edits: Sequence[Edit],
        *,
        author: Author,
        during_import: int | None,
        create_labels: bool = True,
        checkpoint: Checkpoint | None = None,
    ) -> Sequence[EditOutcome]:
        call = EditCall(key, author, during_import, create_labels)
        pending, done = list(edits), list[EditOutcome]()
        attempts = 0
        while pending:
            step = self._step(call, pending[:_SAMPLES], checkpoint)
            if checkpoint and not step.outcomes:
                return [*done, self._conflict(call, pending[0])]
            wide = self._narrowed(call, step)
            if wide is not None:
                pending = [*self._written_in_part(call, wide, pending[0]), *pending[1:]]
                continue
            moved = self._moved(checkpoint, step)
            if not self._write(call, step, checkpoint, moved):
                attempts += 1
                self._pause(call, attempts)
                continue
            attempts, checkpoint = 0, moved
            done += step.outcomes
            pending = pending[len(step.outcomes) :]
        return done

    # --- what to do ---

    def _step(self, call: EditCall, edits: Sequence[Edit], checkpoint: Checkpoint | None) -> _Step:
        """Read samples and take as many edits as a transaction holds, and before a conflict if it matters."""
        items = self._sample_items(call.key, edits)
        taken, changes, size = dict[int, EditOutcome](), list[tuple[Change, Item]](), TransactionSize()
        for edit in edits:
            if edit.sample_id in taken:
                break  # one action an item
            item = items.get(edit.sample_id)
            outcome, change = self._judged(call, edit, item)
            if checkpoint and outcome.status is EditStatus.CONFLICT:
                break
            if change is not None and item is not None:
                size = size.grown(change, item)
                if changes and size.is_too_much:
                    break
                changes.append((change, item))
            taken[edit.sample_id] = outcome
        return _Step(list(taken.values()), changes)

    def _judged(self, call: EditCall, edit: Edit, item: Item | None) -> tuple[EditOutcome, Change | None]:
        sample = sample_of(item) if item else None
        status = status_of(sample, edit, call.author)
        if status is not EditStatus.APPLIED or sample is None:
            return EditOutcome(edit=edit, status=status, sample=sample), None
        if edit.annotation is None:
            return EditOutcome(edit=edit, status=status), Change(sample, None)
        after = edited(sample, edit, call.author, self._now())
        return EditOutcome(edit=edit, status=status, sample=after), Change(sample, after)

    def _sample_items(self, key: VersionKey, edits: Sequence[Edit]) -> Mapping[int, Item]:
        wanted = dict.fromkeys(edit.sample_id for edit in edits)
        items = self._batches.get([sample_key(key.scope, sample_id) for sample_id in wanted])
        version = (key.dataset_id, key.version_number)
        return {
            int(item["sample_id"]): item
            for item in items
            if (int(item["dataset_id"]), int(item["version_number"])) == version
        }

    def _conflict(self, call: EditCall, edit: Edit) -> EditOutcome:
        item = self._sample_items(call.key, [edit]).get(edit.sample_id)
        return EditOutcome(edit=edit, status=EditStatus.CONFLICT, sample=sample_of(item) if item else None)

    def _moved(self, checkpoint: Checkpoint | None, step: _Step) -> Checkpoint | None:
        if checkpoint is None:
            return None
        last = step.outcomes[-1].edit.sample_id - sample_id_of(checkpoint.chunk, 0)
        return checkpoint.model_copy(update={"after": last})

    # --- an edit of more labels than a transaction takes ---

    def _narrowed(self, call: EditCall, step: _Step) -> Edit | None:
        """Return an edit on the way, where a single change is too large for a transaction."""
        if len(step.changes) != 1:
            return None
        change, item = step.changes[0]
        effects = effects_of([change])
        if 10 + len(effects.bits) + len(effects.labels) <= ACTIONS:
            return None
        before = kept_annotation(call.key.scope, item, self._objects)
        return narrower(change, before, most_labels=(ACTIONS - 16) // 2)

    def _written_in_part(self, call: EditCall, part: Edit, whole: Edit) -> list[Edit]:
        outcome = self.apply_edits(
            call.key,
            [part],
            author=call.author,
            during_import=call.during_import,
            create_labels=call.create_labels,
        )[0]
        if outcome.status is EditStatus.CONFLICT or outcome.sample is None or whole.expected_revision is None:
            return [whole]  # judged anew
        return [whole.model_copy(update={"expected_revision": outcome.sample.annotation_revision})]

    # --- writing ---

    def _write(
        self, call: EditCall, step: _Step, before: Checkpoint | None, after: Checkpoint | None
    ) -> bool:
        """Return whether the step is written, False when something it rests on has changed."""
        changes = [change for change, _item in step.changes]
        if not changes and after is None:
            return True
        effects = effects_of(changes)
        known = self._known(call, changes, effects, before)
        actions = self._actions(call, step, effects, known)
        if before is not None and after is not None:
            actions += checkpoint_moved(call.key, before, after.after, len(changes), self._now())
        try:
            transact(self._table, actions)
        except ClientError as error:
            if not any(failed_conditions(error) or ()):
                raise
            return False
        self._drop_history(call.key, [change.before for change in changes if change.after is None])
        return True

    def _drop_history(self, key: VersionKey, gone: Sequence[Sample]) -> None:
        """Drop what deleted samples said before; what a kill leaves here goes with the chunk."""
        for sample in gone:
            if sample.annotation_revision > 1:
                earlier = range(1, sample.annotation_revision)
                self._batches.delete([history_key(key.scope, sample.sample_id, number) for number in earlier])

    def _actions(self, call: EditCall, step: _Step, effects: Effects, known: _Known) -> list[Action]:
        if not step.changes:
            return []
        key, at = call.key, self._now()
        new_labels = [name for name in effects.labels if name not in known.labels]
        actions: list[Action] = []
        removed: dict[int, int] = {}
        for change, item in step.changes:
            if change.after is not None:
                actions += sample_written(key, item, change.after, self._objects)
                continue
            sample = change.before
            claim = known.contents.get(sample.sha256)
            claimed = claim is not None and int(claim["sample_id"]) == sample.sample_id
            actions += sample_deleted(key, sample, claimed=claimed, at=at)
            removed[sample.import_id] = removed.get(sample.import_id, 0) + 1
        actions += index_changed(key, effects.bits, known.bits)
        actions += labels_counted(key, effects.labels, known.labels)
        actions.append(version_counted(key, effects, len(new_labels), call.during_import, at))
        return actions + _volumes_given_back(key, removed, known.imports)

    def _known(
        self, call: EditCall, changes: Sequence[Change], effects: Effects, checkpoint: Checkpoint | None
    ) -> _Known:
        key = call.key
        gone = [change.before for change in changes if change.after is None]
        keys = [
            version_item_key(key),
            *(index_key(key, place.facet, place.chunk) for place in effects.bits),
            *(label_key(key, name) for name in effects.labels),
            *(content_key(key, sha256) for sha256 in {sample.sha256 for sample in gone}),
            *(import_key(key, import_id) for import_id in {sample.import_id for sample in gone}),
        ]
        if checkpoint is not None:
            keys += [
                operation_key(key, checkpoint.operation_id),
                operation_chunk_key(checkpoint.operation_id, checkpoint.chunk),
            ]
        found = {(item["pk"], item["sk"]): item for item in self._batches.get(keys)}

        def at(where: dict[str, str]) -> Item | None:
            return found.get((where["pk"], where["sk"]))

        check_version(call, at(version_item_key(key)))
        if checkpoint is not None:
            check_checkpoint(
                checkpoint,
                at(operation_key(key, checkpoint.operation_id)),
                at(operation_chunk_key(checkpoint.operation_id, checkpoint.chunk)),
            )
        labels = {name: item for name in effects.labels if (item := at(label_key(key, name)))}
        check_labels(call, effects, labels, at(version_item_key(key)) or {})
        return _Known(
            bits={
                place: item
                for place in effects.bits
                if (item := at(index_key(key, place.facet, place.chunk)))
            },
            labels=labels,
            contents={
                sample.sha256: item for sample in gone if (item := at(content_key(key, sample.sha256)))
            },
            imports={
                sample.import_id: import_of(item)
                for sample in gone
                if (item := at(import_key(key, sample.import_id)))
            },
        )

    def _pause(self, call: EditCall, attempts: int) -> None:
        if attempts >= _ATTEMPTS:
            raise EditsBusyError(dataset_id=call.key.dataset_id, version_number=call.key.version_number)
        self._sleep(min(_LONGEST_PAUSE_S, 0.005 * 2**attempts) * random.random())


def _volumes_given_back(
    key: VersionKey, removed: Mapping[int, int], imports: Mapping[int, DataImport]
) -> list[Action]:
    """Return account's and users' volumes less the deleted samples, of imports that still hold theirs."""
    volumes: dict[str, tuple[DataImport, dict[str, str], int]] = {}
    actions: list[Action] = []
    for import_id, count in sorted(removed.items()):
        data_import = imports.get(import_id)
        if data_import is None:
            continue  # its whole volume was given back with it
        actions.append(import_reduced(key, import_id, count))
        for volume in volume_keys(data_import):
            before = volumes[volume["sk"]][2] if volume["sk"] in volumes else 0
            volumes[volume["sk"]] = (data_import, volume, before + count)
    return actions + [
        {"Update": volume_added(data_import, volume, -count)}
        for data_import, volume, count in volumes.values()
    ]
