"""Rows of the tabular benchmark, and what they say together: ranks, wins, ratios."""

import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

OURS = "openbml"
LOWER_IS_BETTER = frozenset({"log_loss", "rmse", "mae"})
RANKED = ("log_loss", "roc_auc", "accuracy", "rmse")
# Figures that differ by less are a tie.
_TIE = 1e-4


@dataclass(frozen=True)
class Row:
    """One system on one set, budget and seed.

    Attributes:
        scores: of the test rows; empty where it failed.
        peak_mib, proportional_mib: resident and proportional memory of the process tree at its highest.
        load: of the machine over the last minute, at the end; the benchmark alone is 1 to 2.
    """

    system: str
    set: str
    kind: str
    budget_s: float
    seed: int
    peak_mib: int
    proportional_mib: int = 0
    scores: Mapping[str, float] = field(default_factory=dict)
    fit_s: float | None = None
    single_row_ms: float | None = None
    rows_per_s: float | None = None
    load: float | None = None
    failure: str | None = None

    def failed(self, tail: str) -> "Row":
        return replace(self, failure=tail)

    def measured(self, scores: Mapping[str, float], result: Mapping[str, float], load: float) -> "Row":
        return replace(self, scores=scores, load=round(load, 2), **result)

    def line(self) -> str:
        head = f"{self.set:<14}{self.system:<18}{self.budget_s:>5g} s seed {self.seed}"
        if self.failure is not None:
            return f"{head}  FAILED {self.failure.splitlines()[-1] if self.failure.strip() else ''}"
        scores = "  ".join(f"{name} {value:.5g}" for name, value in self.scores.items())
        speed = f"{self.single_row_ms:.2f} ms/row, {self.rows_per_s:,.0f} rows/s"
        memory = f"{self.peak_mib} MiB resident, {self.proportional_mib} proportional"
        return f"{head}  {scores}  fit {self.fit_s:.1f} s, {speed}, {memory}, load {self.load}"


def ranks(values: Mapping[str, float], metric: str) -> dict[str, float]:
    """Return each system's rank, 1 is best; ties share the mean of their places."""
    sign = 1 if metric in LOWER_IS_BETTER else -1
    return {
        name: 1
        + sum(_better(other, value, sign) for other in values.values())
        + (sum(_tied(other, value) for other in values.values()) - 1) / 2
        for name, value in values.items()
    }


def _tied(one: float, other: float) -> bool:
    return abs(one - other) <= _TIE * max(abs(one), abs(other), 1e-12)


def _better(one: float, than: float, sign: int) -> bool:
    return not _tied(one, than) and sign * one < sign * than


def tables(rows: Sequence[Row], metric: str) -> list[dict[str, float]]:
    """Return, for each comparison with at least two systems, their figures."""
    found: dict[tuple[str, float, int], dict[str, float]] = defaultdict(dict)
    for row in rows:
        if metric in row.scores:
            found[row.set, row.budget_s, row.seed][row.system] = row.scores[metric]
    return [figures for figures in found.values() if len(figures) > 1]


def printed(rows: Sequence[Row]) -> str:
    """Return the summary of every budget: mean ranks, then ours against each peer."""
    parts = []
    for budget in sorted({row.budget_s for row in rows}):
        mine = [row for row in rows if row.budget_s == budget]
        parts.append(f"\n== {budget:g} s")
        parts += [_mean_ranks(mine, metric) for metric in RANKED]
        parts += _against_peers(mine)
        parts += _costs(mine)
    return "\n".join(part for part in parts if part)


def _mean_ranks(rows: Sequence[Row], metric: str) -> str:
    placed = defaultdict(list)
    compared = tables(rows, metric)
    for figures in compared:
        for name, rank in ranks(figures, metric).items():
            placed[name].append(rank)
    told = sorted((statistics.fmean(places), name) for name, places in placed.items())
    return f"mean rank {metric:<9} ({len(compared)} sets): " + ", ".join(f"{n} {r:.2f}" for r, n in told)


def _against_peers(rows: Sequence[Row]) -> list[str]:
    lines = []
    for peer in sorted({row.system for row in rows} - {OURS}):
        told = [f"{metric} {_record(rows, metric, peer)}" for metric in RANKED]
        lines.append(f"{OURS} against {peer}, wins/ties/losses: " + ", ".join(told))
    return lines


def _record(rows: Sequence[Row], metric: str, peer: str) -> str:
    sign = 1 if metric in LOWER_IS_BETTER else -1
    pairs = [(f[OURS], f[peer]) for f in tables(rows, metric) if OURS in f and peer in f]
    wins = sum(_better(ours, theirs, sign) for ours, theirs in pairs)
    losses = sum(_better(theirs, ours, sign) for ours, theirs in pairs)
    return f"{wins}/{len(pairs) - wins - losses}/{losses}"


def _costs(rows: Sequence[Row]) -> list[str]:
    """Medians over the sets, and ours as a ratio to each peer, per set."""
    lines = []
    for figure, unit in (
        ("single_row_ms", "ms"),
        ("rows_per_s", "rows/s"),
        ("peak_mib", "MiB"),
        ("proportional_mib", "MiB"),
    ):
        by_system: dict[str, dict[tuple[str, int], float]] = defaultdict(dict)
        for row in rows:
            value = getattr(row, figure)
            if value is not None and row.failure is None:
                by_system[row.system][row.set, row.seed] = value
        ours = by_system.get(OURS, {})
        for system, values in sorted(by_system.items()):
            both = [values[key] / ours[key] for key in values if key in ours]
            ratio = f", theirs/ours {statistics.median(both):.2f}" if both and system != OURS else ""
            lines.append(f"{figure} {system}: median {statistics.median(values.values()):,.1f} {unit}{ratio}")
    return lines
