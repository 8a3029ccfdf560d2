"""Adapter of `RunRecords`: the run repository of training and the reports that jobs left."""

import math
from collections.abc import Mapping
from typing import Any

from openbml.core.observability import logger
from openbml.core.scope import ProjectScope
from openbml.models.version_lineage import RunFacts
from openbml.training.job_files import JobFiles, Report, ReportUnreadableError
from openbml.training.runs import Run, RunNotFoundError, RunRepository


class TrainingRunRecords:
    def __init__(self, runs: RunRepository, files: JobFiles) -> None:
        self._runs = runs
        self._files = files

    def facts(self, scope: ProjectScope, run_id: int) -> RunFacts | None:
        try:
            run = self._runs.get(scope, run_id)
        except RunNotFoundError:
            return None
        report = self._report(run)
        document = report.document if report else {}
        basis = document.get("basis")
        basis = basis if isinstance(basis, dict) else {}
        evaluated = basis.get("evaluated_count")
        return RunFacts(
            run_id=run.run_id,
            name=run.name,
            experiment_id=run.experiment_id,
            network=run.network,
            machine_type=run.machine_type,
            finished_at=run.finished_at,
            figures=report.outcome.metrics if report else run.metrics or {},
            intervals=_intervals(document),
            basis=_text(basis.get("source")),
            evaluated_count=evaluated if isinstance(evaluated, int) else None,
            weights=_text(document.get("weights_source")),
        )

    def _report(self, run: Run) -> Report | None:
        if run.data_uri is None:
            return None
        try:
            return self._files.report(run.data_uri)
        except ReportUnreadableError:
            logger.warning("a run's report cannot be read", run_id=run.run_id)
            return None


def _text(value: Any) -> str | None:
    return value[:200] if isinstance(value, str) else None


def _intervals(document: Mapping[str, Any]) -> Mapping[str, tuple[float, float]]:
    told = document.get("intervals")
    rows = told.items() if isinstance(told, dict) else ()
    return {str(name): (float(ends[0]), float(ends[1])) for name, ends in rows if _is_interval(ends)}


def _is_interval(ends: Any) -> bool:
    return (
        isinstance(ends, list)
        and len(ends) == 2
        and all(isinstance(end, int | float) and math.isfinite(end) for end in ends)
    )
