"""Adapter of `TrainingData` over the use cases of datasets."""

from collections.abc import Mapping, Sequence

from openbml.core.clock import utc_now
from openbml.core.scope import ProjectScope
from openbml.datasets import request_snapshots, wiring
from openbml.datasets.datasets import VersionKey
from openbml.datasets.snapshots import EmptySelectionError, SelectionRefusedError, Snapshot, version_key
from openbml.datasets.snapshots import Selection as DatasetSelection
from openbml.datasets.stored_objects import blob_key
from openbml.datasets.tables.browse_tables import first_rows
from openbml.training.training_data import (
    DataNotSelectableError,
    DatasetView,
    PictureUrls,
    SampleContent,
    Selection,
    SnapshotState,
    SnapshotView,
    TableBeginning,
)

_REQUESTER = "training"


class DatasetsTrainingData:
    """Calls datasets in this process, with the collaborators of its own wiring."""

    def describe(self, scope: ProjectScope, selection: Selection) -> DatasetView:
        try:
            view = request_snapshots.describe_selection(
                scope, _theirs(selection), datasets=wiring.dataset_repository(), table_of=wiring.table_of
            )
        except SelectionRefusedError as error:
            raise DataNotSelectableError(**error.details) from error
        return DatasetView.model_validate(view.model_dump())

    def request_snapshot(
        self, scope: ProjectScope, task: str, selections: Sequence[Selection]
    ) -> SnapshotView:
        try:
            snapshot = request_snapshots.request_snapshot(
                scope,
                [_theirs(selection) for selection in selections],
                task,
                _REQUESTER,
                datasets=wiring.dataset_repository(),
                samples=wiring.sample_repository(),
                snapshots=wiring.snapshot_repository(),
                scratch=wiring.archive_store(),
                data=wiring.data_store(),
                table_of=wiring.table_of,
                packing=wiring.packing_queue(),
                executor=wiring.executor(),
                now=utc_now,
            )
        except SelectionRefusedError as error:
            raise DataNotSelectableError(**error.details) from error
        except EmptySelectionError as error:
            first = selections[0]
            raise DataNotSelectableError(
                dataset_id=first.dataset_id,
                version_number=first.version_number,
                reason="it has no labelled samples of the chosen labels",
            ) from error
        return _view(scope, snapshot)

    def kept_snapshot(self, scope: ProjectScope, snapshot_id: str) -> SnapshotView | None:
        snapshot = wiring.snapshot_repository().find(scope, snapshot_id)
        return None if snapshot is None else _view(scope, snapshot)

    def table_beginning(self, scope: ProjectScope, selection: Selection, *, cells: int) -> TableBeginning:
        self.describe(scope, selection)
        key = version_key(scope, _theirs(selection))
        manifest = wiring.table_of(key)
        if manifest is None or not manifest.rows:
            raise DataNotSelectableError(
                dataset_id=key.dataset_id, version_number=key.version_number, reason="it has no rows"
            )
        width = len(manifest.columns.columns)
        rows = first_rows(manifest, limit=max(1, cells // width), data=wiring.data_store())
        return TableBeginning(
            columns=manifest.columns,
            rows=manifest.rows,
            source_bytes=manifest.source_bytes,
            values=list(zip(*rows, strict=True)),
        )

    def picture_urls(self, scope: ProjectScope, sample_ids: Sequence[str]) -> Mapping[str, PictureUrls]:
        numbers = [int(sample_id) for sample_id in sample_ids if sample_id.isdecimal()]
        urls = request_snapshots.picture_urls(
            scope, numbers, samples=wiring.sample_repository(), data=wiring.data_store()
        )
        return {
            str(sample_id): PictureUrls(thumbnail_url=found.thumbnail_url, image_url=found.image_url)
            for sample_id, found in urls.items()
        }

    def sample_content(
        self, scope: ProjectScope, dataset_id: int, version_number: int, sample_id: int
    ) -> SampleContent:
        key = VersionKey(scope=scope, dataset_id=dataset_id, version_number=version_number)
        wiring.dataset_repository().version(key)
        samples = wiring.sample_repository()
        sample = samples.get(key, sample_id)
        return SampleContent(
            name=sample.name,
            data=wiring.data_store().read(blob_key(scope, sample.sha256)),
            annotation=samples.annotation_of(scope, sample),
        )


def _view(scope: ProjectScope, snapshot: Snapshot) -> SnapshotView:
    bucket = wiring.datasets_settings().data_bucket_name
    return SnapshotView(
        snapshot_id=snapshot.snapshot_id,
        state=SnapshotState(snapshot.state.value),
        uri=request_snapshots.snapshot_uri(scope, snapshot.snapshot_id, bucket=bucket),
        parts_uri=request_snapshots.snapshot_parts_uri(snapshot, data=wiring.data_store()),
        labels=snapshot.labels,
        sample_count=snapshot.sample_count,
        failure=snapshot.failure,
    )


def _theirs(selection: Selection) -> DatasetSelection:
    return DatasetSelection.model_validate(selection.model_dump())
