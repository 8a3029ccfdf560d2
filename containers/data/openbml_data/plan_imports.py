"""Jobs of the kind `plan_import`: an upload that is too large for a function, read by the same readers."""

from collections import Counter
from collections.abc import Sequence
from typing import IO, cast

from openbml_data.workspace import Workspace
from openbml_formats.data_jobs import DataJobOrder
from openbml_formats.loose_files import LooseFile, LooseFiles
from openbml_formats.plan_jobs import (
    PlanJobFailure,
    PlanJobResult,
    PlanJobSettings,
    dumped_problems,
    problems_key,
)
from openbml_formats.planned import PlannedSample, packed_plan
from openbml_formats.planning import LocatedSource, PlanSummary, plan_upload
from openbml_formats.protocols import ReadSettings, Shared
from openbml_formats.records import NameMismatchError, Problem, Severity, SourceFormatError
from openbml_formats.zip_directory import read_directory
from openbml_formats.zip_source import ReadRange, ZipSource, litter

_PART = 500


def run(order: DataJobOrder, workspace: Workspace) -> PlanJobResult:
    """Return what was planned, or why nothing was: a wrong upload is no failure of the job."""
    settings = PlanJobSettings.model_validate(order.settings)
    output = _Output(settings, workspace)
    workspace.progress.stage("reading")
    try:
        source = _opened(order, settings, workspace, output)
        summary = plan_upload(
            settings.format, source, _read_settings(order, settings), settings.limits, output
        )
    except NameMismatchError as error:
        for problem in error.problems:
            output.problem(problem)
        return output.result(PlanSummary(), PlanJobFailure(reason=error.reason, message=str(error)))
    except SourceFormatError as error:
        return output.result(PlanSummary(), PlanJobFailure(reason=error.reason, message=str(error)))
    return output.result(summary, None)


class _Output:
    """The `PlanOutput` of a job: everything goes to the uploads bucket."""

    def __init__(self, settings: PlanJobSettings, workspace: Workspace) -> None:
        self._settings = settings
        self._workspace = workspace
        self._part: list[Problem] = []
        self._parts = 0
        self._counted: Counter[Severity] = Counter()
        self._entries = 0

    def shard(self, index: int, samples: Sequence[PlannedSample]) -> None:
        key = f"{self._settings.shards_prefix}{index:06}.json.z"
        self._workspace.put_upload(key, packed_plan(samples), content_type="application/octet-stream")
        self._entries += len(samples)
        self._workspace.progress.done(self._entries, 0)

    def shared(self, shared: Shared) -> None:
        key = f"{self._settings.shards_prefix}shared.json"
        body = shared.model_dump_json().encode()
        self._workspace.put_upload(key, body, content_type="application/json")

    def problem(self, problem: Problem) -> None:
        self._counted[problem.severity] += 1
        self._part.append(problem)
        if len(self._part) == _PART:
            self._close()

    def result(self, summary: PlanSummary, failure: PlanJobFailure | None) -> PlanJobResult:
        self._close()
        return PlanJobResult(
            summary=summary, problems=self._counted, problem_parts=self._parts, failure=failure
        )

    def _close(self) -> None:
        if self._part:
            key = problems_key(self._settings.problems_prefix, self._parts)
            self._workspace.put_upload(key, dumped_problems(self._part), content_type="application/json")
            self._parts += 1
            self._part = []


def _opened(
    order: DataJobOrder, settings: PlanJobSettings, workspace: Workspace, output: _Output
) -> LocatedSource:
    if not settings.archive:
        files = [LooseFile(name, key, workspace.open_upload(key).size) for key, name in order.uploads]
        return LooseFiles(files, lambda key, start, end: _range_of(workspace, key)(start, end))
    key, _name = order.uploads[0]
    file = workspace.open_upload(key)
    directory = read_directory(cast(IO[bytes], file), file.size)
    for name in directory.ignored:
        output.problem(litter(name))
    return ZipSource(directory, _range_of(workspace, key))


def _range_of(workspace: Workspace, key: str) -> ReadRange:
    file = workspace.open_upload(key)  # it keeps the last megabytes, in which neighbours lie

    def read(start: int, end: int) -> bytes:
        file.seek(start)
        return file.read(end - start)

    return read


def _read_settings(order: DataJobOrder, settings: PlanJobSettings) -> ReadSettings:
    return ReadSettings(
        kind=order.dataset.kind,
        labelled=settings.labelled,
        tag_scheme=order.dataset.tag_scheme,
        label_map=order.dataset.label_map or None,
    )
