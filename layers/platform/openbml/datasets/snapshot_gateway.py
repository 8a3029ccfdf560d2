"""Snapshots as other contexts see them; made by `wiring.snapshot_gateway`."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor

from openbml.core.clock import Clock
from openbml.core.queues import MessageQueue
from openbml.core.scope import ProjectScope
from openbml.datasets import request_snapshots
from openbml.datasets.datasets import DatasetRepository
from openbml.datasets.samples import SampleRepository
from openbml.datasets.snapshots import Selection, SelectionView, Snapshot, SnapshotRepository
from openbml.datasets.stored_objects import ObjectStore


class SnapshotGateway:
    def __init__(
        self,
        *,
        datasets: DatasetRepository,
        samples: SampleRepository,
        snapshots: SnapshotRepository,
        scratch: ObjectStore,
        data: ObjectStore,
        data_bucket: str,
        packing: MessageQueue,
        executor: Executor,
        now: Clock,
    ) -> None:
        self._datasets = datasets
        self._samples = samples
        self._snapshots = snapshots
        self._scratch = scratch
        self._data = data
        self._data_bucket = data_bucket
        self._packing = packing
        self._executor = executor
        self._now = now

    def describe_selection(self, scope: ProjectScope, selection: Selection) -> SelectionView:
        """Raises SelectionRefusedError when there is no such version."""
        return request_snapshots.describe_selection(scope, selection, datasets=self._datasets)

    def request_snapshot(
        self, scope: ProjectScope, selections: Sequence[Selection], task: str, requester: str
    ) -> Snapshot:
        """Raises SelectionRefusedError, EmptySelectionError; see the use case."""
        return request_snapshots.request_snapshot(
            scope,
            selections,
            task,
            requester,
            datasets=self._datasets,
            samples=self._samples,
            snapshots=self._snapshots,
            scratch=self._scratch,
            packing=self._packing,
            executor=self._executor,
            now=self._now,
        )

    def snapshot(self, scope: ProjectScope, snapshot_id: str) -> Snapshot:
        """Raises SnapshotNotFoundError."""
        return request_snapshots.snapshot_of(scope, snapshot_id, snapshots=self._snapshots)

    def snapshot_uri(self, scope: ProjectScope, snapshot_id: str) -> str:
        return request_snapshots.snapshot_uri(scope, snapshot_id, bucket=self._data_bucket)

    def snapshot_manifest_uri(self, scope: ProjectScope, snapshot_id: str) -> str:
        return request_snapshots.snapshot_manifest_uri(scope, snapshot_id, bucket=self._data_bucket)

    def thumbnail_urls(self, scope: ProjectScope, sample_ids: Sequence[int]) -> Mapping[int, str]:
        """Return addresses by sample id; samples that are gone are left out."""
        return request_snapshots.thumbnail_urls(scope, sample_ids, samples=self._samples, data=self._data)
