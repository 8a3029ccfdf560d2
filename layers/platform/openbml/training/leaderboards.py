"""Leaderboards: the models that a run of tabular prediction has trained so far, the best first."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

MOST_ENTRIES = 20
_DIGITS = 12  # behind the point: what is smaller is 0


def _rounded(value: float) -> float:
    return round(value, _DIGITS)


_Figure = Annotated[float, Field(ge=-1e100, le=1e100, allow_inf_nan=False), AfterValidator(_rounded)]


class LeaderboardEntry(BaseModel):
    """One model.

    Attributes:
        model: its kind, a code of the catalogue.
        score: by the run's metric, higher is better; None while there is none.
        weight: its share in the ensemble that the run would keep now.
        fit_s: how long it was fitted, seconds.
        state: e.g. `done`, `failed`, `skipped`.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str = Field(min_length=1, max_length=200)
    model: str = Field(max_length=64)
    score: _Figure | None = None
    weight: _Figure | None = None
    fit_s: _Figure | None = None
    state: str = Field(default="", max_length=32)


class Leaderboard(BaseModel):
    """The newest state that the job told; `at` is its time, ISO 8601 in UTC, empty before the first."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    entries: tuple[LeaderboardEntry, ...] = Field(default=(), max_length=MOST_ENTRIES)
    at: str = Field(default="", max_length=64)
