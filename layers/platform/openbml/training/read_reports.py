"""Use cases that read evaluation reports: one by its parts, as a file, and several side by side."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from openbml.core.errors import InvalidRequestError, OpenBMLError
from openbml.core.scope import ProjectScope
from openbml.training.job_files import REPORT_PAGE, JobFiles, Report
from openbml.training.report_examples import MistakeKind, examples_page
from openbml.training.runs import Run, RunNotFoundError, RunRepository, RunState
from openbml.training.training_data import TrainingData
from openbml_catalog.tasks import tasks

# A function's answer holds 6 MB, in which quotes are written twice.
_MOST_BYTES = 4_000_000
_LEAST_FOR_EXAMPLES = 500_000
# Left out in this order where a report has very many labels or columns; they stay in the downloaded page.
_HEAVY = (
    "pr_curves",
    "roc",
    "lift",
    "trials",
    "confusion_matrix",
    "partial_dependence",
    "history",
    "threshold_curve",
    "hints",
    "columns",
    "per_class",
    "importance",
    "slices",
    "data_card",
)
_HINT_SAMPLES = 12
_HEAT_MAP = re.compile(r"images/[\w-]+\.jpg")
_FEWEST_COMPARED, _MOST_COMPARED = 2, 10


class ReportNotReadyError(OpenBMLError):
    """The run has no report, not yet or not at all; details: run_id, state."""


class ReportQuery(BaseModel):
    """Which wrong examples of a report are wanted."""

    model_config = ConfigDict(frozen=True)

    label: str | None = None
    kind: MistakeKind | None = None
    after: int = Field(default=0, ge=0)
    limit: int = Field(default=200, ge=1, le=200)


class ReportDownload(BaseModel):
    """Address of `report.html`, good for some minutes."""

    model_config = ConfigDict(frozen=True)

    download_url: str


class ComparedRun(BaseModel):
    model_config = ConfigDict(frozen=True)

    run_id: int
    version_number: int
    state: RunState
    network: str
    remark: str
    figures: Mapping[str, float]
    recommended_threshold: float | None
    hyper_parameters: Mapping[str, str]
    labels: Sequence[str]
    training_seconds: float


class Comparison(BaseModel):
    """Runs side by side, as they were asked for; `figures` names all figures that one of them has."""

    model_config = ConfigDict(frozen=True)

    figures: Sequence[str]
    runs: Sequence[ComparedRun]


def run_report(
    scope: ProjectScope,
    run_id: int,
    query: ReportQuery,
    *,
    runs: RunRepository,
    files: JobFiles,
    data: TrainingData,
) -> dict[str, Any]:
    """Return the evaluation report with a page of its wrong examples.

    Of images, wrong examples and samples of hints carry `thumbnail_url` and `image_url` while the sample
    exists, heat maps an `image_url`. `wrong_examples_matching` and `wrong_examples_next` tell of the page,
    `left_out` of sections that were too large.

    Raises:
        RunNotFoundError, ReportNotReadyError, ReportUnreadableError
    """
    run = runs.get(scope, run_id)
    report = _report(run, files)
    document, left_out = _bounded({**report.document, "wrong_examples": []})
    given = report.document.get("wrong_examples")
    page = examples_page(
        given if isinstance(given, list) else [],
        label=query.label,
        kind=query.kind,
        after=query.after,
        limit=query.limit,
        most_bytes=_MOST_BYTES - _size(document),
    )
    hints = _hints(document)
    ids = [str(row["sample_id"]) for row in page.items]
    ids += [str(row["sample_id"]) for hint in hints for row in hint["samples"][:_HINT_SAMPLES]]
    has_pictures = tasks()[run.task_type].data_type == "image"
    urls = data.picture_urls(scope, list(dict.fromkeys(ids))) if ids and has_pictures else {}

    def pictured(row: Mapping[str, Any]) -> dict[str, Any]:
        if not has_pictures:
            return dict(row)
        found = urls.get(str(row["sample_id"]))
        addresses = found.model_dump() if found else {"thumbnail_url": None, "image_url": None}
        return {**row, **addresses}

    return {
        **document,
        "wrong_examples": [pictured(row) for row in page.items],
        "wrong_examples_matching": page.matching,
        "wrong_examples_next": page.next_after,
        "hints": [{**hint, "samples": [pictured(row) for row in hint["samples"]]} for hint in hints],
        "heat_maps": _heat_maps(document, run, files),
        "left_out": left_out,
    }


def report_download(
    scope: ProjectScope, run_id: int, *, runs: RunRepository, files: JobFiles
) -> ReportDownload:
    """Return where `report.html` can be fetched.

    Raises:
        RunNotFoundError, ReportNotReadyError, ReportUnreadableError
    """
    run = runs.get(scope, run_id)
    filename = f"{run.name} report.html"
    url = files.download_url(run.data_uri, REPORT_PAGE, filename) if run.data_uri else None
    if url is None:
        raise ReportNotReadyError(run_id=run_id, state=run.state)
    return ReportDownload(download_url=url)


def compare_runs(scope: ProjectScope, experiment_id: int, run_ids: str, *, runs: RunRepository) -> Comparison:
    """Return 2 to 10 runs of an experiment side by side.

    Args:
        run_ids: their ids with commas between, in the order they are shown in.

    Raises:
        InvalidRequestError: these are no 2 to 10 different ids.
        RunNotFoundError: the experiment has no such run.
    """
    chosen = [_of_experiment(runs.get(scope, run_id), experiment_id) for run_id in _ids(run_ids)]
    figures = dict.fromkeys(name for run in chosen for name in run.metrics or {})
    return Comparison(figures=list(figures), runs=[_compared(run) for run in chosen])


def _report(run: Run, files: JobFiles) -> Report:
    report = files.report(run.data_uri) if run.data_uri and run.metrics is not None else None
    if report is None:
        raise ReportNotReadyError(run_id=run.run_id, state=run.state)
    return report


def _bounded(document: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return the document without the sections that are too large for an answer, and their names."""
    kept, left_out = dict(document), []
    size = _size(kept)
    for name in _HEAVY:
        if size <= _MOST_BYTES - _LEAST_FOR_EXAMPLES:
            break
        if name in kept:
            size -= _size(kept.pop(name))
            left_out.append(name)
    return kept, left_out


def _size(part: Any) -> int:
    return len(json.dumps(part))


def _hints(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the hints with their samples cut to those that are shown; one of another shape is left out."""
    hints = document.get("hints")
    return [
        {**hint, "samples": [row for row in hint["samples"] if isinstance(row, dict) and "sample_id" in row]}
        for hint in (hints if isinstance(hints, list) else [])
        if isinstance(hint, dict) and isinstance(hint.get("samples"), list)
    ]


def _heat_maps(document: Mapping[str, Any], run: Run, files: JobFiles) -> list[dict[str, Any]]:
    rows = document.get("heat_maps")
    return [
        {**row, "image_url": files.url(run.data_uri or "", row["file"])}
        for row in (rows if isinstance(rows, list) else [])
        if isinstance(row, dict) and _HEAT_MAP.fullmatch(str(row.get("file")))
    ]


def _ids(text: str) -> list[int]:
    parts = text.split(",")
    if not all(part.isascii() and part.isdecimal() and len(part) <= 16 for part in parts):
        raise InvalidRequestError(field="run_ids", reason="must be ids of runs with commas between")
    ids = list(dict.fromkeys(int(part) for part in parts))
    if not _FEWEST_COMPARED <= len(ids) <= _MOST_COMPARED:
        reason = f"must name {_FEWEST_COMPARED} to {_MOST_COMPARED} different runs"
        raise InvalidRequestError(field="run_ids", reason=reason)
    return ids


def _of_experiment(run: Run, experiment_id: int) -> Run:
    if run.experiment_id != experiment_id:
        raise RunNotFoundError(run_id=run.run_id)
    return run


def _compared(run: Run) -> ComparedRun:
    return ComparedRun(
        run_id=run.run_id,
        version_number=run.version_number,
        state=run.state,
        network=run.network,
        remark=run.remark,
        figures=run.metrics or {},
        recommended_threshold=run.recommended_threshold,
        hyper_parameters=run.hyper_parameters,
        labels=run.labels,
        training_seconds=run.training_seconds,
    )
