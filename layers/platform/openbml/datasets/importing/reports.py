"""Reports of imports: every file and line that was not taken as it was, with its reason."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Protocol

from openbml.datasets.datasets import Position
from openbml.datasets.importing.data_imports import DataImport, ImportCounts, ImportStateError
from openbml.datasets.limits import PROBLEMS_PER_PART
from openbml.datasets.stored_objects import ObjectMissingError, ObjectStore
from openbml_formats.records import Problem, Severity

PLAN = -1  # the plan's own place among the shards' problems
_COLUMNS = ("file", "line", "severity", "reason", "message")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class ReportRepository(Protocol):
    """The problems of imports, in the order in which they were met: the plan's, then those of each shard."""

    def add(self, data_import: DataImport, shard: int, place: int, problems: Sequence[Problem]) -> None:
        """Keep one part of a shard's problems (`PLAN`: the plan's); a repeat overwrites it with the same."""

    def page(
        self, data_import: DataImport, *, severity: Severity | None, limit: int, position: Position | None
    ) -> tuple[Sequence[Problem], Position | None]: ...

    def parts(self, data_import: DataImport) -> Iterator[Sequence[Problem]]:
        """Yield all problems, some hundred at a time."""

    def remove(self, data_import: DataImport) -> None:
        """Drop an import's problems and its report file."""


class ProblemLog:
    """Takes one shard's problems and keeps them part by part, so that memory does not grow with them."""

    def __init__(self, data_import: DataImport, shard: int, reports: ReportRepository) -> None:
        self._import = data_import
        self._shard = shard
        self._reports = reports
        self._part: list[Problem] = []
        self._places = 0
        self._counted: Counter[Severity] = Counter()

    def add(self, problem: Problem) -> None:
        self._counted[problem.severity] += 1
        self._part.append(problem)
        if len(self._part) == PROBLEMS_PER_PART:
            self.close()

    def close(self) -> None:
        """Keep what has gathered."""
        if self._part:
            self._reports.add(self._import, self._shard, self._places, self._part)
            self._places += 1
            self._part = []

    @property
    def counts(self) -> ImportCounts:
        counted = self._counted
        return ImportCounts(
            duplicate=counted[Severity.DUPLICATE],
            rejected=counted[Severity.REJECTED],
            skipped=counted[Severity.SKIPPED],
            cut=counted[Severity.CUT],
            changed=counted[Severity.CHANGED],
            ignored=counted[Severity.IGNORED],
        )


def report_key(data_import: DataImport) -> str:
    return f"{data_import.scope.prefix}reports/{data_import.import_id}.csv"


def write_report(data_import: DataImport, *, reports: ReportRepository, data: ObjectStore) -> str:
    """Write all problems of an import as one CSV file; a repeat writes the same. Returns its key."""
    text = io.StringIO(newline="")
    rows = csv.writer(text)
    rows.writerow(_COLUMNS)
    for part in reports.parts(data_import):
        rows.writerows(_row(problem) for problem in part)
    key = report_key(data_import)
    # The mark at the start makes spreadsheets read UTF-8.
    data.put(key, text.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8")
    return key


def report_url(data_import: DataImport, *, reports: ReportRepository, data: ObjectStore) -> str:
    """Return an address of an ended import's report; one that its end left behind unwritten is written now.

    Raises:
        ImportStateError: the import still runs.
    """
    if not data_import.state.is_final:
        raise ImportStateError(import_id=data_import.import_id, state=data_import.state.value, wanted="ended")
    key = report_key(data_import)
    try:
        data.size(key)
    except ObjectMissingError:
        write_report(data_import, reports=reports, data=data)
    return data.url(key)


def _row(problem: Problem) -> Sequence[str]:
    line = "" if problem.line is None else str(problem.line)
    return [
        _plain(problem.file),
        line,
        problem.severity.value,
        problem.reason,
        _plain(problem.message),
    ]


def _plain(text: str) -> str:
    """Return text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
