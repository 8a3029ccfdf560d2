"""Metric values on their way to CloudWatch: written with what they tell of, removed once delivered."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

TRAINING_NAMESPACE = "/aws/sagemaker/TrainingJobs"


@dataclass(frozen=True)
class OutboxValue:
    value_id: int
    region: str
    namespace: str
    dimensions: str  # JSON object
    name: str
    unit: str
    value: float
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
        "INSERT INTO metric_outbox (region, namespace, dimensions, name, unit, value, at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        [(region, namespace, text, name, unit, value, at) for name, value, at in values],
    )


def add_of_job(connection: sqlite3.Connection, arn: str, values: Sequence[tuple[str, float, float]]) -> None:
    """Add what a training job's own definitions found; a job that is deleted has no name any more."""
    row = connection.execute("SELECT name FROM resource WHERE arn = ?", (arn,)).fetchone()
    if row is not None:
        region = arn.split(":")[3]
        dimensions = {"TrainingJobName": str(row[0])}
        add(connection, region=region, namespace=TRAINING_NAMESPACE, dimensions=dimensions, values=values)


def oldest(connection: sqlite3.Connection, limit: int) -> list[OutboxValue]:
    """The oldest values, all of the region and namespace of the first."""
    rows = connection.execute(
        "SELECT value_id, region, namespace, dimensions, name, unit, value, at FROM metric_outbox "
        "ORDER BY value_id LIMIT ?",
        (limit,),
    ).fetchall()
    found = [OutboxValue(*row) for row in rows]
    return [one for one in found if (one.region, one.namespace) == (found[0].region, found[0].namespace)]


def remove(connection: sqlite3.Connection, value_ids: Sequence[int]) -> None:
    connection.executemany("DELETE FROM metric_outbox WHERE value_id = ?", [(one,) for one in value_ids])


def count(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT COUNT(*) FROM metric_outbox").fetchone()[0])
