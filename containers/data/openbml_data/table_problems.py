"""What an import of a table could not take, each case counted, the first ones listed; what ends one."""

from collections import Counter

from openbml_formats.records import Problem, Severity
from openbml_formats.tables.table_imports import LISTED_PROBLEMS


class TableRefusedError(Exception):
    """The import ends with nothing taken; `reason` is a code of the context's failures."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


def unreadable(message: str) -> TableRefusedError:
    return TableRefusedError("encoding", message)


def malformed(message: str) -> TableRefusedError:
    return TableRefusedError("schema", message)


class ProblemLog:
    """`severities` and `reasons` count what `add` and `count` were told."""

    def __init__(self) -> None:
        self.listed: list[Problem] = []
        self.reasons: Counter[str] = Counter()
        self.severities: Counter[str] = Counter()

    @property
    def is_full(self) -> bool:
        return len(self.listed) >= LISTED_PROBLEMS

    def add(
        self, file: str, reason: str, message: str, *, line: int | None = None, severity: Severity
    ) -> None:
        self.count(reason, severity)
        if not self.is_full:
            problem = Problem(
                file=file[:400], reason=reason, message=message[:500], line=line, severity=severity
            )
            self.listed.append(problem)

    def count(self, reason: str, severity: Severity) -> None:
        """Count a case that the list has no place for."""
        self.reasons[reason] += 1
        self.severities[severity.value] += 1
