"""Adapter of `RunSource`: the run repository of training."""

from openbml.core.scope import ProjectScope
from openbml.models.run_sources import PublishableRun, RunNotPublishableError
from openbml.models.versions import DatasetVersion
from openbml.training.runs import Run, RunRepository, RunState


class TrainingRuns:
    def __init__(self, runs: RunRepository) -> None:
        self._runs = runs

    def get(self, scope: ProjectScope, run_id: int) -> PublishableRun:
        run = self._runs.get(scope, run_id)
        if run.state is not RunState.SUCCEEDED or run.model_uri is None or run.snapshot_id is None:
            raise RunNotPublishableError(run_id=run_id, state=run.state)
        return PublishableRun(
            run_id=run.run_id,
            experiment_id=run.experiment_id,
            task_type=run.task_type,
            network=run.network,
            labels=run.labels,
            metrics=run.metrics or {},
            recommended_threshold=run.recommended_threshold,
            snapshot_id=run.snapshot_id,
            dataset_versions=_dataset_versions(run),
            hyper_parameters=run.hyper_parameters,
            model_uri=run.model_uri,
        )


def _dataset_versions(run: Run) -> tuple[DatasetVersion, ...]:
    rows = [
        DatasetVersion(dataset_id=row.dataset_id, version_number=row.version_number)
        for row in (*run.training_data, *run.evaluation_data)
    ]
    return tuple(dict.fromkeys(rows))
