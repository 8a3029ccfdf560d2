"""Metric values on their way to CloudWatch: written with what they tell of, removed once delivered."""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

TRAINING_NAMESPACE = "/aws/sagemaker/TrainingJobs"


#: Limit of PutMetricData: distinct values of one datum.
_VALUES_PER_DATUM = 150


@dataclass(frozen=True)
class Datum:
    """The values of one metric in one second, each with its count."""

    datum_id: int
    region: str
    namespace: str
    dimensions: dict[str, str]
    name: str
    unit: str
    values: list[tuple[float, int]]
    at: float


def add(
    connection: sqlite3.Connection,
    *,
    region: str,
    namespace: str,
    dimensions: Mapping[str, str],
    values: Sequence[tuple[str, float, float]],
    unit: str = "None",
) -> None:
    """Add (name, value, epoch seconds) of one set of dimensions."""
    text = json.dumps(dimensions, sort_keys=True)
    connection.executemany(
        "INSERT INTO metric_outbox (region, namespace, dimensions, name, unit, counts, at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (region, namespace, text, name, unit, json.dumps(list(counts.items())), second)
            for name, second, counts in gather(values)
        ],
    )


def gather(values: Iterable[tuple[str, float, float]]) -> list[tuple[str, int, dict[float, int]]]:
    """Values of one metric and second become one datum, as far as a datum takes them; none is lost."""
    found: list[tuple[str, int, dict[float, int]]] = []
    current: dict[tuple[str, int], dict[float, int]] = {}
    for name, value, at in values:
        key = (name, int(at))
        counts = current.get(key)
        if counts is None or (value not in counts and len(counts) >= _VALUES_PER_DATUM):
            counts = current[key] = {}
            found.append((*key, counts))
        counts[value] = counts.get(value, 0) + 1
    return found


def add_of_job(connection: sqlite3.Connection, arn: str, values: Sequence[tuple[str, float, float]]) -> None:
    """Add what a training job's own definitions found; a job that is deleted has no name any more."""
    row = connection.execute("SELECT name FROM resource WHERE arn = ?", (arn,)).fetchone()
    if row is not None:
        region = arn.split(":")[3]
        dimensions = {"TrainingJobName": str(row[0])}
        add(connection, region=region, namespace=TRAINING_NAMESPACE, dimensions=dimensions, values=values)


def oldest(connection: sqlite3.Connection, limit: int) -> list[Datum]:
    """The oldest data, all of the region and namespace of the first: what one call takes."""
    rows = connection.execute(
        "SELECT datum_id, region, namespace, dimensions, name, unit, counts, at FROM metric_outbox "
        "ORDER BY datum_id LIMIT ?",
        (limit,),
    ).fetchall()
    return [_datum(row) for row in rows if row[1:3] == rows[0][1:3]]


def _datum(row: tuple[Any, ...]) -> Datum:
    return Datum(
        datum_id=row[0],
        region=row[1],
        namespace=row[2],
        dimensions=json.loads(row[3]),
        name=row[4],
        unit=row[5],
        values=[(value, count) for value, count in json.loads(row[6])],
        at=row[7],
    )


def remove(connection: sqlite3.Connection, datum_ids: Sequence[int]) -> None:
    connection.executemany("DELETE FROM metric_outbox WHERE datum_id = ?", [(one,) for one in datum_ids])
