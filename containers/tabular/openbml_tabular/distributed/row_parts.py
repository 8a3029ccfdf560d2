"""Rows that no single machine holds: each reads a share of the parts and keeps what it made of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import dask.array as da
import numpy as np
import numpy.typing as npt
from dask.delayed import delayed
from distributed import Client, Future, wait

from openbml_kit.tables.features import Feature, FeatureKind
from openbml_tabular.examples import Examples
from openbml_tabular.models.blocks import Preparation

_SAMPLED_ROWS = 100_000  # what a preparation is fitted to
_SAMPLED_SHARE = 0.2
MOST_EVALUATED_ROWS = 200_000  # what the leader sees of the rows that judge models


@dataclass(frozen=True)
class PartRows:
    """Attributes:
    training, held_out: rows that train and rows that judge; either may be empty.
    """

    training: Examples
    held_out: Examples


# Reads one part on the machine that it is given to; it is pickled, so it names files and does not hold rows.
PartReader = Callable[[], PartRows]


@dataclass(frozen=True)
class _Counts:
    training: int
    held_out: int


class RowParts:
    """Parts on machines: machine i has the parts i, i + machines, i + 2 · machines, …"""

    def __init__(self, client: Client, readers: Sequence[PartReader], *, seed: int) -> None:
        """Have every machine read its parts.

        Raises:
            ValueError: there are fewer parts than machines, or none has rows of a kind.
        """
        self._client, self._seed = client, seed
        self.machines = sorted(client.nthreads())
        if len(readers) < len(self.machines):
            raise ValueError(f"{len(readers)} parts cannot be split between {len(self.machines)} machines")
        self._places = [self.machines[number % len(self.machines)] for number in range(len(readers))]
        read = [
            client.submit(_read, reader, workers=[place], allow_other_workers=False, pure=False)
            for reader, place in zip(readers, self._places, strict=True)
        ]
        self._parts = read
        self._counts: Sequence[_Counts] = client.gather(self._each(_counts))
        if not self.rows or not sum(count.held_out for count in self._counts):
            raise ValueError("the parts have no rows to train with, or none to judge with")

    @property
    def rows(self) -> int:
        return sum(count.training for count in self._counts)

    def sample(self, features: Sequence[Feature], one_hot: int) -> Examples:
        """Return rows of training that preparations are fitted to.

        Statistics of the target must not come from rows that train with them: where there are codes that
        need such, the sample is taken out of the training rows.
        """
        share = min(_SAMPLED_SHARE, _SAMPLED_ROWS / self.rows)
        codes = (feature for feature in features if feature.kind is FeatureKind.CODE)
        apart = any(code.cardinality > one_hot for code in codes)
        drawn = self._each(_sampled, share, self._seed)
        if apart:
            self._parts = self._each(_unsampled, share, self._seed)
            self._counts = self._client.gather(self._each(_counts))
        return _joined(self._client.gather(drawn))

    def evaluated(self) -> Examples:
        """Return the rows that judge models, or an even sample of them."""
        total = sum(count.held_out for count in self._counts)
        step = max(1, -(-total // MOST_EVALUATED_ROWS))
        return _joined(self._client.gather(self._each(_thinned, step)))

    def prepared(self, preparation: Preparation) -> "PreparedRows":
        """Have every machine prepare its rows for learning."""
        made = self._each(_prepared, preparation)
        width: int = self._client.submit(_width, made[0], pure=False).result()
        return PreparedRows(self._client, made, self._places, self._counts, width)

    def _each(self, work: Callable[..., Any], *arguments: object) -> list[Future]:
        return [
            self._client.submit(
                work, part, *arguments, workers=[place], allow_other_workers=False, pure=False
            )
            for part, place in zip(self._parts, self._places, strict=True)
        ]


@dataclass(frozen=True)
class PreparedRows:
    """Rows as Dask's arrays, whose blocks stay where they are."""

    client: Client
    parts: Sequence[Future]
    places: Sequence[str]
    counts: Sequence[_Counts]
    width: int

    def arrays(self, *, held_out: bool) -> tuple[da.Array, da.Array, da.Array]:
        """Return x, shape (n, width), y and weights, shape (n,)."""
        sizes = [count.held_out if held_out else count.training for count in self.counts]
        return (
            self._array("x", sizes, held_out=held_out, width=self.width),
            self._array("y", sizes, held_out=held_out),
            self._array("weights", sizes, held_out=held_out),
        )

    def _array(self, name: str, sizes: Sequence[int], *, held_out: bool, width: int = 0) -> da.Array:
        blocks = []
        for part, place, size in zip(self.parts, self.places, sizes, strict=True):
            if size:
                future = self.client.submit(
                    _piece, part, name, held_out, workers=[place], allow_other_workers=False, pure=False
                )
                shape = (size, width) if width else (size,)
                blocks.append(da.from_delayed(delayed(future), shape, dtype=np.float32))
        joined = da.concatenate(blocks)
        kept = self.client.persist(joined)
        wait(kept)
        return kept


def _read(reader: PartReader) -> PartRows:
    return reader()


def _counts(part: PartRows) -> _Counts:
    return _Counts(len(part.training), len(part.held_out))


def _is_sampled(rows: int, share: float, seed: int) -> npt.NDArray[np.bool_]:
    return np.random.default_rng([seed, rows]).random(rows) < share


def _sampled(part: PartRows, share: float, seed: int) -> Examples:
    return part.training.take(np.flatnonzero(_is_sampled(len(part.training), share, seed)))


def _unsampled(part: PartRows, share: float, seed: int) -> PartRows:
    rows = np.flatnonzero(~_is_sampled(len(part.training), share, seed))
    return replace(part, training=part.training.take(rows))


def _thinned(part: PartRows, step: int) -> Examples:
    return part.held_out.take(np.arange(0, len(part.held_out), step))


def _prepared(part: PartRows, preparation: Preparation) -> PartRows:
    return PartRows(
        replace(part.training, x=preparation.transform(part.training.x)),
        replace(part.held_out, x=preparation.transform(part.held_out.x)),
    )


def _width(part: PartRows) -> int:
    return int(part.training.x.shape[1])


def _piece(part: PartRows, name: str, held_out: bool) -> npt.NDArray[Any]:  # noqa: FBT001 - sent by position
    rows = part.held_out if held_out else part.training
    if name == "weights":
        return np.ones(len(rows), np.float32) if rows.weights is None else rows.weights.astype(np.float32)
    return np.asarray(getattr(rows, name))


def _joined(every: Sequence[Examples]) -> Examples:
    """Return the rows of several examples of the same features."""
    weighted = all(one.weights is not None for one in every)
    return Examples(
        np.concatenate([one.x for one in every]),
        np.concatenate([one.y for one in every]),
        every[0].features,
        np.concatenate([one.weights for one in every if one.weights is not None]) if weighted else None,
    )
