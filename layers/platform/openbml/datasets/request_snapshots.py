"""Asking for a snapshot: a selection is frozen, named by its content, and packed once."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from datetime import timedelta

from pydantic import BaseModel, ConfigDict

from openbml.core.clock import Clock
from openbml.core.queues import MessageQueue
from openbml.core.scope import ProjectScope
from openbml.datasets.datasets import (
    Dataset,
    DatasetNotFoundError,
    DatasetRepository,
    DatasetVersion,
    DatasetVersionNotFoundError,
    VersionState,
)
from openbml.datasets.freeze_tables import TableOf, freeze_tables
from openbml.datasets.samples import Sample, SampleRepository
from openbml.datasets.snapshot_lists import kind_of, layout_of, write_lists
from openbml.datasets.snapshots import (
    EmptySelectionError,
    FrozenVersion,
    PackMessage,
    Selection,
    SelectionRefusedError,
    SelectionView,
    Snapshot,
    SnapshotLayout,
    SnapshotNotFoundError,
    SnapshotRepository,
    SnapshotState,
    TableOutline,
    parts_manifest_key,
    snapshot_digest,
    snapshot_prefix,
    version_key,
)
from openbml.datasets.stored_objects import ObjectStore, blob_key, thumbnail_key

_LABELS = 100
# A message is handled or dead within this; a request after it asks for the missing shards again.
_PACKING_LIMIT = timedelta(hours=1)
# A request that has not asked for packing by then was killed in between.
_QUEUEING_LIMIT = timedelta(minutes=1)


def describe_selection(
    scope: ProjectScope, selection: Selection, *, datasets: DatasetRepository, table_of: TableOf
) -> SelectionView:
    """Return what the version offers: its type, state, and its labels with their counts, or its table.

    Raises:
        SelectionRefusedError: there is no such version.
    """
    dataset, version = _found(scope, selection, datasets)
    counts: dict[str, int] = {}
    position = None
    while True:
        labels, position = datasets.labels(version.key, limit=_LABELS, position=position)
        counts.update({label.name: label.sample_count for label in labels})
        if position is None:
            break
    return SelectionView(
        dataset_id=dataset.dataset_id,
        version_number=version.version_number,
        annotation_type=dataset.annotation_type,
        template=dataset.template,
        state=version.state.value,
        labels=counts,
        table=_outline(dataset, version, table_of),
    )


def request_snapshot(
    scope: ProjectScope,
    selections: Sequence[Selection],
    task: str,
    requester: str,
    *,
    datasets: DatasetRepository,
    samples: SampleRepository,
    snapshots: SnapshotRepository,
    scratch: ObjectStore,
    data: ObjectStore,
    table_of: TableOf,
    packing: MessageQueue,
    executor: Executor,
    now: Clock,
) -> Snapshot:
    """Freeze the labelled samples of the selections, or the rows; labels of the same name are one.

    Asking again, also at the same moment, gives the same snapshot, which is packed once.

    Raises:
        SelectionRefusedError: no such version, being imported or deleted, or of another type.
        EmptySelectionError: no labelled sample is selected.
    """
    versions = [_usable(scope, selection, task, datasets) for selection in selections]
    layout = layout_of(task)
    if layout is SnapshotLayout.PARQUET:
        for selection in selections:
            _freeze(scope, selection, datasets)
        return freeze_tables(
            scope,
            selections,
            task,
            requester,
            _frozen(versions),
            table_of=table_of,
            snapshots=snapshots,
            data=data,
            now=now,
        )
    chosen = _chosen(scope, selections, samples, executor)
    if not chosen:
        raise EmptySelectionError
    snapshot_id = snapshot_digest(task, chosen)
    known = snapshots.find(scope, snapshot_id)
    if known is None or known.state is SnapshotState.FAILED:
        return _made(
            Snapshot(
                scope=scope,
                snapshot_id=snapshot_id,
                task=task,
                labels=sorted({name for sample in chosen for name in sample.labels}),
                sample_count=len(chosen),
                shard_count=write_lists(
                    scope, snapshot_id, chosen, layout, samples=samples, scratch=scratch, executor=executor
                ),
                layout=layout,
                dataset_versions=_frozen(versions),
                requested_by=requester,
                created_at=now(),
            ),
            snapshots,
            packing,
            now,
        )
    return _followed(known, snapshots, packing, now)


def snapshot_of(scope: ProjectScope, snapshot_id: str, *, snapshots: SnapshotRepository) -> Snapshot:
    """Raises SnapshotNotFoundError."""
    snapshot = snapshots.find(scope, snapshot_id)
    if snapshot is None:
        raise SnapshotNotFoundError(snapshot_id=snapshot_id)
    return snapshot


def snapshot_uri(scope: ProjectScope, snapshot_id: str, *, bucket: str) -> str:
    """Return the folder with manifest and shards, as a job's channel takes it."""
    return f"s3://{bucket}/{snapshot_prefix(scope, snapshot_id)}"


def snapshot_parts_uri(snapshot: Snapshot, *, data: ObjectStore) -> str | None:
    """Return the manifest that a job's channel of a table's parts is filled by; None of another layout."""
    if snapshot.layout is not SnapshotLayout.PARQUET:
        return None
    return data.uri(parts_manifest_key(snapshot.scope, snapshot.snapshot_id))


def snapshot_manifest_uri(scope: ProjectScope, snapshot_id: str, *, bucket: str) -> str:
    return f"{snapshot_uri(scope, snapshot_id, bucket=bucket)}manifest.json"


class PictureUrls(BaseModel):
    """Addresses of an image sample, good for some minutes."""

    model_config = ConfigDict(frozen=True)

    thumbnail_url: str
    image_url: str


def picture_urls(
    scope: ProjectScope, sample_ids: Sequence[int], *, samples: SampleRepository, data: ObjectStore
) -> Mapping[int, PictureUrls]:
    """Return addresses of images by sample id; samples that are gone are left out."""
    return {
        sample_id: PictureUrls(
            thumbnail_url=data.url(thumbnail_key(scope, sample.sha256)),
            image_url=data.url(blob_key(scope, sample.sha256)),
        )
        for sample_id, sample in samples.find(scope, sample_ids).items()
    }


def _found(
    scope: ProjectScope, selection: Selection, datasets: DatasetRepository
) -> tuple[Dataset, DatasetVersion]:
    try:
        dataset = datasets.get(scope, selection.dataset_id)
        return dataset, datasets.version(version_key(scope, selection))
    except (DatasetNotFoundError, DatasetVersionNotFoundError) as error:
        raise _refused(selection, "there is no such dataset version") from error


def _outline(dataset: Dataset, version: DatasetVersion, table_of: TableOf) -> TableOutline | None:
    manifest = table_of(version.key) if dataset.data_type == "table" else None
    if manifest is None:
        return None
    return TableOutline(columns=manifest.columns, rows=manifest.rows, source_bytes=manifest.source_bytes)


def _usable(
    scope: ProjectScope, selection: Selection, task: str, datasets: DatasetRepository
) -> DatasetVersion:
    dataset, version = _found(scope, selection, datasets)
    wanted = kind_of(task)
    if (dataset.annotation_type, dataset.template) != (wanted.annotation_type, wanted.template):
        raise _refused(
            selection, f"it is labelled for {dataset.annotation_type}/{dataset.template}, not {task}"
        )
    if version.state in (VersionState.IMPORTING, VersionState.SMART_LABELLING, VersionState.DELETING):
        raise _refused(selection, f"it is {version.state.value}")
    return version


def _freeze(scope: ProjectScope, selection: Selection, datasets: DatasetRepository) -> None:
    """Keep the rows before the snapshot names them: a deletion that comes first is seen."""
    try:
        datasets.freeze(version_key(scope, selection))
    except DatasetVersionNotFoundError as error:
        raise _refused(selection, "there is no such dataset version") from error


def _refused(selection: Selection, reason: str) -> SelectionRefusedError:
    return SelectionRefusedError(
        dataset_id=selection.dataset_id, version_number=selection.version_number, reason=reason
    )


def _chosen(
    scope: ProjectScope, selections: Sequence[Selection], samples: SampleRepository, executor: Executor
) -> Sequence[Sample]:
    """Return the labelled samples, each once, in the order of their ids."""
    found: dict[int, Sample] = {}
    for selection in selections:
        wanted = None if selection.labels is None else frozenset(selection.labels)
        chunks = samples.chunks(version_key(scope, selection))
        for rows in executor.map(lambda chunk: samples.of_chunk(scope, chunk), chunks):
            for sample in rows:
                if sample.labelled and (wanted is None or not wanted.isdisjoint(sample.label_counts)):
                    found[sample.sample_id] = sample
    return [found[sample_id] for sample_id in sorted(found)]


def _frozen(versions: Sequence[DatasetVersion]) -> Sequence[FrozenVersion]:
    rows = {(row.dataset_id, row.version_number): row.revision for row in versions}
    return [
        FrozenVersion(dataset_id=dataset_id, version_number=version_number, revision=revision)
        for (dataset_id, version_number), revision in sorted(rows.items())
    ]


def _made(snapshot: Snapshot, snapshots: SnapshotRepository, packing: MessageQueue, now: Clock) -> Snapshot:
    if snapshots.add(snapshot):
        return _packing_asked(snapshot, snapshots, packing, now)
    others = snapshot_of(snapshot.scope, snapshot.snapshot_id, snapshots=snapshots)
    return _followed(others, snapshots, packing, now)


def _followed(
    snapshot: Snapshot, snapshots: SnapshotRepository, packing: MessageQueue, now: Clock
) -> Snapshot:
    """Ask for the packing of another request's snapshot only when that request has lost it."""
    if snapshot.state is not SnapshotState.PREPARING:
        return snapshot
    waited = now() - (snapshot.queued_at or snapshot.created_at)
    if waited < (_PACKING_LIMIT if snapshot.queued_at else _QUEUEING_LIMIT):
        return snapshot
    return _packing_asked(snapshot, snapshots, packing, now)


def _packing_asked(
    snapshot: Snapshot, snapshots: SnapshotRepository, packing: MessageQueue, now: Clock
) -> Snapshot:
    done = snapshots.shards(snapshot)
    # With all shards packed only the manifest is missing: any one message writes it.
    missing = [index for index in range(snapshot.shard_count) if index not in done] or [0]
    packing.send(
        [
            PackMessage(scope=snapshot.scope, snapshot_id=snapshot.snapshot_id, index=index)
            for index in missing
        ]
    )
    snapshots.queued(snapshot, now())
    return snapshot
