"""Every objective value that the training jobs of a tuning job have reported, in order."""

import sqlite3
from collections.abc import Sequence

from sagemaker_local.state import processes


def record(
    connection: sqlite3.Connection, process_id: str, arn: str, values: Sequence[tuple[str, float]]
) -> None:
    """Keep the values of the objective metric; jobs that no tuning job made are left alone."""
    child = connection.execute("SELECT objective_metric FROM tuning_child WHERE arn = ?", (arn,)).fetchone()
    process = processes.get(connection, process_id) if child else None
    if process is None:
        return
    connection.executemany(
        "INSERT INTO objective_value (arn, attempt, node, value) VALUES (?, ?, ?, ?)",
        [(arn, int(process.group), process.ordinal, value) for name, value in values if name == child[0]],
    )


def series(connection: sqlite3.Connection, arn: str, *, attempts_continue: bool) -> tuple[float, ...]:
    """The values of one job, one per epoch.

    Of several nodes that print the metric the lowest counts. An attempt after an interruption goes
    on where the one before was when there are checkpoints (``attempts_continue``), else it starts again.
    """
    rows = connection.execute(
        "SELECT attempt, node, value FROM objective_value WHERE arn = ? ORDER BY attempt, node, rowid", (arn,)
    ).fetchall()
    speakers: dict[int, int] = {}
    for attempt, node, _ in rows:
        speakers.setdefault(attempt, node)
    last = max(speakers, default=0)
    return tuple(
        value
        for attempt, node, value in rows
        if node == speakers[attempt] and (attempts_continue or attempt == last)
    )


def forget(connection: sqlite3.Connection, arns: Sequence[str]) -> None:
    connection.executemany("DELETE FROM objective_value WHERE arn = ?", [(arn,) for arn in arns])
