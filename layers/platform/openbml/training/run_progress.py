"""What is known of a run while it trains: epochs, stage, notes, its leaderboard, log lines."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue, TypeAdapter, ValidationError

from openbml.core.scope import ProjectScope
from openbml.training.leaderboards import Leaderboard

_TEXT_CHARACTERS = 2_000
_FIGURE = TypeAdapter(float)


class Epoch(BaseModel):
    """The figures of one epoch by name, e.g. `train_loss`; null where a figure is not a number."""

    model_config = ConfigDict(frozen=True)

    epoch: int = Field(ge=0, le=1_000_000)
    epochs: int | None = Field(default=None, ge=0)
    at: str = ""
    figures: Mapping[str, float | None]

    def flat(self) -> dict[str, JsonValue]:
        """Return the epoch as its job wrote it: one object with all figures."""
        return {**self.figures, "epoch": self.epoch, "epochs": self.epochs, "at": self.at}


class SaidLabel(BaseModel):
    """A class, an object or the pixels of a label in an image.

    Attributes:
        box: of an object, x1, y1, x2, y2 in pixels of the original image.
        share: of a semantic map's pixels.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    label: str = Field(max_length=200)
    score: float | None = None
    box: tuple[float, float, float, float] | None = None
    share: float | None = None


class SamplePrediction(BaseModel):
    """What a model said of an evaluated sample while it trained, and what is true of it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    sample_id: str = Field(min_length=1, max_length=64)
    name: str = Field(default="", max_length=1000)
    true: tuple[SaidLabel, ...] = Field(default=(), max_length=100)
    predicted: tuple[SaidLabel, ...] = Field(default=(), max_length=100)


class SamplePredictions(BaseModel):
    """The predictions of one epoch's model."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    epoch: int = Field(ge=0, le=1_000_000)
    items: tuple[SamplePrediction, ...] = Field(max_length=64)


class LogEntry(BaseModel):
    """A line of the run's log; `id` sorts as the lines were written and tells a repeat."""

    model_config = ConfigDict(frozen=True)

    id: str
    at: AwareDatetime
    message: str


class Progress(BaseModel):
    """Where a run is."""

    model_config = ConfigDict(frozen=True)

    stage: str | None = None
    epoch: int | None = None
    epochs: int | None = None


class Reported(BaseModel):
    """The records of one delivery, sorted by kind."""

    model_config = ConfigDict(frozen=True)

    epochs: Sequence[Epoch] = ()
    stage: str | None = None
    stage_at: str = ""
    notes: Sequence[str] = ()
    samples: SamplePredictions | None = None
    leaderboard: Leaderboard | None = None

    @property
    def progress(self) -> Progress:
        newest = max(self.epochs, key=lambda row: row.epoch, default=None)
        if newest is None:
            return Progress(stage=self.stage)
        return Progress(stage=self.stage, epoch=newest.epoch, epochs=newest.epochs)


class RunProgressStore(Protocol):
    """Port; every write may be repeated."""

    def record(
        self, scope: ProjectScope, run_id: int, *, reported: Reported, lines: Sequence[LogEntry]
    ) -> None: ...

    def progress(self, scope: ProjectScope, run_id: int) -> Progress: ...

    def samples(self, scope: ProjectScope, run_id: int) -> SamplePredictions | None:
        """Return the newest epoch's predictions."""

    def leaderboard(self, scope: ProjectScope, run_id: int) -> Leaderboard | None:
        """Return the newest one."""

    def epochs(self, scope: ProjectScope, run_id: int) -> Sequence[Epoch]:
        """Return all epochs in order."""

    def lines(self, scope: ProjectScope, run_id: int, *, after: str | None, limit: int) -> Sequence[LogEntry]:
        """Return lines in order, beginning behind the line `after`."""


def sorted_records(records: Iterable[Mapping[str, JsonValue]]) -> Reported:
    """Return the records by kind; one of an unknown kind or shape is left out: it comes from a job."""
    epochs: dict[int, Epoch] = {}
    stage: str | None = None
    stage_at = ""
    notes: list[str] = []
    samples: SamplePredictions | None = None
    leaderboard: Leaderboard | None = None
    for record in records:
        match record.get("kind"):
            case "epoch":
                row = _epoch(record)
                epochs |= {row.epoch: row} if row else {}
            case "stage":
                stage = _text(record.get("stage")) or stage
                stage_at = _text(record.get("at")) or stage_at
            case "note":
                notes += [note] if (note := _text(record.get("message"))) else []
            case "samples":
                samples = _newest(samples, record)
            case "leaderboard":
                leaderboard = _newest_leaderboard(leaderboard, record)
    return Reported(
        epochs=[epochs[number] for number in sorted(epochs)],
        stage=stage,
        stage_at=stage_at,
        notes=notes,
        samples=samples,
        leaderboard=leaderboard,
    )


def _newest(known: SamplePredictions | None, record: Mapping[str, JsonValue]) -> SamplePredictions | None:
    try:
        found = SamplePredictions.model_validate(record)
    except ValidationError:
        return known
    return found if known is None or known.epoch <= found.epoch else known


def _newest_leaderboard(known: Leaderboard | None, record: Mapping[str, JsonValue]) -> Leaderboard | None:
    try:
        found = Leaderboard.model_validate(record)
    except ValidationError:
        return known
    return found if known is None or known.at <= found.at else known


def _epoch(record: Mapping[str, JsonValue]) -> Epoch | None:
    rest = {name: value for name, value in record.items() if name not in ("kind", "epoch", "epochs", "at")}
    figures = {name: _figure(value) for name, value in rest.items() if len(name) <= 64}
    try:
        return Epoch.model_validate(
            {
                "epoch": record.get("epoch"),
                "epochs": record.get("epochs"),
                "at": _text(record.get("at")) or "",
                "figures": dict(list(figures.items())[:50]),
            }
        )
    except ValidationError:
        return None


def _figure(value: JsonValue) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        return _FIGURE.validate_python(value)
    except ValidationError:
        return None


def _text(value: JsonValue) -> str | None:
    return value[:_TEXT_CHARACTERS] if isinstance(value, str) else None
