"""Use case: which of two online versions does better, by their calls and by what people said of them."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from openbml.core.clock import Clock
from openbml.core.errors import InvalidRequestError
from openbml.core.scope import ProjectScope
from openbml.services.calls.records import CallBook, Feedback, FeedbackBook
from openbml.services.calls.significance import adjusted, proportions_p_value, ranks_p_value
from openbml.services.calls.tallies import Tally
from openbml.services.repositories import ServiceRepository

FEWEST_CALLS = 100
FEWEST_FEEDBACK = 20
ALPHA = 0.05
LONGEST = timedelta(days=30)
_DEFAULT = timedelta(days=7)

Compared = Literal["main", "challenger"]


class Verdict(StrEnum):
    """`too_little_data`: fewer calls of a version than a test needs."""

    TOO_LITTLE_DATA = "too_little_data"
    NO_DIFFERENCE = "no_difference"
    CHALLENGER_BETTER = "challenger_better"
    CHALLENGER_WORSE = "challenger_worse"
    MIXED = "mixed"


class Measure(StrEnum):
    ERROR_RATE = "error_rate"
    LATENCY = "latency"
    ACCURACY = "accuracy"


class RoleFigures(BaseModel):
    """Attributes:
    accuracy: share of the answers that people called right, among those that they said something of.
    """

    model_config = ConfigDict(frozen=True)

    role: Compared
    model_versions: list[int]
    calls: int
    errors: int
    error_rate: float | None
    p50_ms: float | None
    p95_ms: float | None
    feedback: int
    correct: int
    accuracy: float | None


class MeasureTest(BaseModel):
    """Attributes:
    p_value, adjusted_p_value: None where a side has too little data; adjusted by Holm for all measures.
    difference: challenger less main, of shares in 0 to 1, of the median latency in ms.
    """

    model_config = ConfigDict(frozen=True)

    measure: Measure
    method: str
    difference: float | None
    p_value: float | None
    adjusted_p_value: float | None
    significant: bool


class OnlineComparison(BaseModel):
    model_config = ConfigDict(frozen=True)

    since: AwareDatetime
    until: AwareDatetime
    roles: list[RoleFigures]
    tests: list[MeasureTest]
    verdict: Verdict
    fewest_calls: int = FEWEST_CALLS
    fewest_feedback: int = FEWEST_FEEDBACK
    alpha: float = ALPHA


class _Side:
    """All that is known of one role."""

    def __init__(self, role: Compared, tally: Tally, versions: set[int], said: list[Feedback]) -> None:
        self.role = role
        self.tally = tally
        self.versions = versions
        self.said = len(said)
        self.correct = sum(row.correct for row in said)

    def figures(self) -> RoleFigures:
        calls = self.tally.calls
        return RoleFigures(
            role=self.role,
            model_versions=sorted(self.versions),
            calls=calls,
            errors=self.tally.errors,
            error_rate=self.tally.errors / calls if calls else None,
            p50_ms=self.tally.percentile_ms(0.5),
            p95_ms=self.tally.percentile_ms(0.95),
            feedback=self.said,
            correct=self.correct,
            accuracy=self.correct / self.said if self.said else None,
        )


def compare_versions(
    scope: ProjectScope,
    service_id: int,
    *,
    since: datetime | None,
    until: datetime | None,
    services: ServiceRepository,
    book: CallBook,
    feedback: FeedbackBook,
    now: Clock,
) -> OnlineComparison:
    """Compare main and challenger over whole hours; a challenger that only gets copies counts as one.

    Error rates and accuracy: z test of pooled shares, Fisher's where counts are small. Latency: Mann and
    Whitney on histograms of a fourth of an octave. The three p-values are adjusted by Holm, so that looking
    at all of them is no more often wrong than at one; looking every day until one is low is.

    Raises:
        ServiceNotFoundError; InvalidRequestError: `since` is not before `until`, or more than 30 days.
    """
    service = services.get(scope, service_id)
    until = until or now()
    since = since or max(service.created_at, until - _DEFAULT)
    if not timedelta(0) < until - since <= LONGEST:
        raise InvalidRequestError(field="from", reason="it must be before `to`, at most 30 days")
    sides = _sides(service_id, since, until, book, feedback)
    tests = _tests(*sides)
    return OnlineComparison(
        since=since,
        until=until,
        roles=[side.figures() for side in sides],
        tests=tests,
        verdict=_verdict(sides, tests),
    )


def _sides(
    service_id: int, since: datetime, until: datetime, book: CallBook, feedback: FeedbackBook
) -> tuple[_Side, _Side]:
    hours = book.hours(service_id, since, until)
    said = list(feedback.between(service_id, since, until))
    shadowed = not any(key.role == "challenger" for key in hours)

    def side(role: Compared, roles: set[str]) -> _Side:
        keys = [key for key in hours if key.role in roles]
        tally = Tally.sum_of(hours[key] for key in keys)
        versions = {key.model_version for key in keys}
        return _Side(role, tally, versions, [row for row in said if row.role in roles])

    return side("main", {"main"}), side("challenger", {"shadow"} if shadowed else {"challenger"})


def _tests(main: _Side, challenger: _Side) -> list[MeasureTest]:
    enough = min(main.tally.calls, challenger.tally.calls) >= FEWEST_CALLS
    told = min(main.said, challenger.said) >= FEWEST_FEEDBACK
    a, b = main.figures(), challenger.figures()
    errors = proportions_p_value(a.errors, a.calls, b.errors, b.calls) if enough else None
    latency = ranks_p_value(main.tally.histogram, challenger.tally.histogram) if enough else None
    accuracy = proportions_p_value(a.correct, a.feedback, b.correct, b.feedback) if told else None
    rows = [
        (Measure.ERROR_RATE, "two_proportions", _less(b.error_rate, a.error_rate), errors),
        (Measure.LATENCY, "mann_whitney", _less(b.p50_ms, a.p50_ms), latency),
        (Measure.ACCURACY, "two_proportions", _less(b.accuracy, a.accuracy), accuracy),
    ]
    corrected = adjusted([p_value for *_, p_value in rows])
    return [
        MeasureTest(
            measure=measure,
            method=method,
            difference=difference,
            p_value=p_value,
            adjusted_p_value=holm,
            significant=holm is not None and holm < ALPHA,
        )
        for (measure, method, difference, p_value), holm in zip(rows, corrected, strict=True)
    ]


def _less(value: float | None, other: float | None) -> float | None:
    return None if value is None or other is None else value - other


def _verdict(sides: Iterable[_Side], tests: list[MeasureTest]) -> Verdict:
    if any(side.tally.calls < FEWEST_CALLS for side in sides):
        return Verdict.TOO_LITTLE_DATA
    signs = {_is_better(test) for test in tests if test.significant}
    if not signs:
        return Verdict.NO_DIFFERENCE
    if len(signs) == 2:
        return Verdict.MIXED
    return Verdict.CHALLENGER_BETTER if signs == {True} else Verdict.CHALLENGER_WORSE


def _is_better(test: MeasureTest) -> bool:
    grows = test.measure is Measure.ACCURACY
    return ((test.difference or 0) > 0) is grows
