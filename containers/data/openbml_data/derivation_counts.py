"""Counts what cleaning and augmentation do, with examples and problems for people to look at."""

from collections import Counter
from collections.abc import Sequence

from openbml_formats.derivations import (
    LISTED_EXAMPLES,
    LISTED_PROBLEMS,
    DerivationResult,
    Example,
    OperationCount,
)
from openbml_formats.listings import ListedSample
from openbml_formats.operators.operations import Operation
from openbml_formats.records import Problem, Severity

_EXAMPLES_PER_OPERATION = 4
# What keeps a result small enough to stay with its job.
_NAME = 200
_MESSAGE = 300


class DerivationCounts:
    def __init__(self, operations: Sequence[Operation]) -> None:
        self._codes = list(dict.fromkeys(operation.code for operation in operations))
        self._changed: Counter[str] = Counter()
        self._dropped: Counter[str] = Counter()
        self._shown: Counter[str] = Counter()
        self._examples: list[Example] = []
        self._problems: list[Problem] = []
        self._reasons: Counter[str] = Counter()
        self._regions: Counter[str] = Counter()
        self.read = self.unchanged = self.changed = self.dropped = self.copies = 0

    def changed_by(self, sample: ListedSample, operations: Sequence[str], made: str) -> None:
        """Count a sample, or a copy, that operations made into another."""
        self._changed.update(set(operations))
        self._example(sample, operations, made, "")

    def dropped_by(self, sample: ListedSample, operation: str, reason: str, message: str) -> None:
        """Count a sample that the new version does not have."""
        self.dropped += 1
        self._dropped[operation] += bool(operation)
        self._example(sample, [operation] if operation else [], None, message)
        self.problem(sample, reason, message, Severity.SKIPPED if operation else Severity.REJECTED)

    def regions_lost(self, sample: ListedSample, labels: Sequence[str]) -> None:
        """Tell of objects or entities of which too little was left."""
        if not labels:
            return
        self._regions.update(labels)
        lost = ", ".join(f"{label or 'without a label'} ({n})" for label, n in Counter(labels).most_common(5))
        self.problem(sample, "annotation_lost", f"lost what was marked: {lost}", Severity.CHANGED)

    def problem(self, sample: ListedSample, reason: str, message: str, severity: Severity) -> None:
        self._reasons[reason] += 1
        if len(self._problems) < LISTED_PROBLEMS:
            self._problems.append(
                Problem(
                    file=sample.name[:_NAME], reason=reason, message=message[:_MESSAGE], severity=severity
                )
            )

    def _example(
        self, sample: ListedSample, operations: Sequence[str], made: str | None, message: str
    ) -> None:
        key = operations[0] if operations else ""
        if self._shown[key] < _EXAMPLES_PER_OPERATION and len(self._examples) < LISTED_EXAMPLES:
            self._shown[key] += 1
            self._examples.append(
                Example(
                    sample_id=sample.sample_id,
                    name=sample.name[:_NAME],
                    made=made,
                    operations=tuple(operations),
                    message=message,
                )
            )

    def result(self, *, shards: int, samples: int) -> DerivationResult:
        return DerivationResult(
            shards=shards,
            read=self.read,
            samples=samples,
            unchanged=self.unchanged,
            changed=self.changed,
            dropped=self.dropped,
            copies=self.copies,
            operations=[
                OperationCount(code=code, changed=self._changed[code], dropped=self._dropped[code])
                for code in self._codes
            ],
            dropped_regions=dict(self._regions.most_common(LISTED_PROBLEMS)),
            examples=self._examples,
            problems=self._problems,
            problem_counts=dict(self._reasons),
        )
