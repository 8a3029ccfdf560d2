"""Metric values on their way to CloudWatch: written with what they tell of, removed once delivered."""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sagemaker_local.protocol.arns import Scope, parse_arn

TRAINING_NAMESPACE = "/aws/sagemaker/TrainingJobs"


#: Limit of PutMetricData: distinct values of one datum.
_VALUES_PER_DATUM = 150


@dataclass(frozen=True)
class Datum:
    """The values of one metric in one second, each with its count."""

    datum_id: int
    scope: Scope
    namespace: str
    dimensions: dict[str, str]
    name: str
    unit: str
    values: list[tuple[float, int]]
    at: float


def add(
    connection: sqlite3.Connection,
    *,
    scope: Scope,
    namespace: str,
    dimensions: Mapping[str, str],
    values: Sequence[tuple[str, float, float]],
    unit: str = "None",
) -> None:
    """Add (name, value, epoch seconds) of one set of dimensions."""
    text = json.dumps(dimensions, sort_keys=True)
    connection.executemany(
        "INSERT INTO metric_outbox "
        "(region, account_id, namespace, dimensions, name, unit, counts, at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                scope.region,
                scope.account_id,
                namespace,
                text,
                name,
                unit,
                json.dumps(list(counts.items())),
                second,
            )
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
        dimensions = {"TrainingJobName": str(row[0])}
        add(
            connection,
            scope=parse_arn(arn).scope,
            namespace=TRAINING_NAMESPACE,
            dimensions=dimensions,
            values=values,
        )


def oldest(connection: sqlite3.Connection, limit: int) -> list[Datum]:
    """The oldest data, all of the account, region and namespace of the first: what one call takes."""
    rows = connection.execute(
        "SELECT datum_id, region, account_id, namespace, dimensions, name, unit, counts, at "
        "FROM metric_outbox "
        "ORDER BY datum_id LIMIT ?",
        (limit,),
    ).fetchall()
    return [_datum(row) for row in rows if row[1:4] == rows[0][1:4]]


def _datum(row: tuple[Any, ...]) -> Datum:
    return Datum(
        datum_id=row[0],
        scope=Scope(row[1], row[2]),
        namespace=row[3],
        dimensions=json.loads(row[4]),
        name=row[5],
        unit=row[6],
        values=[(value, count) for value, count in json.loads(row[7])],
        at=row[8],
    )


def remove(connection: sqlite3.Connection, datum_ids: Sequence[int]) -> None:
    connection.executemany("DELETE FROM metric_outbox WHERE datum_id = ?", [(one,) for one in datum_ids])
