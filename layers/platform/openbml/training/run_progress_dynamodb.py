"""DynamoDB adapter of `RunProgressStore`.

Items below `{scope}#run#{run_id}`:
    progress          stage and newest epoch, kept apart from the run so that neither waits for the other
    epoch#{number}    figures of an epoch
    samples           what the newest epoch's model says of a few samples
    leaderboard       the newest one
    log#{id}          a line, for 90 days; at most 20,000 a run, since lines are as many as a job likes
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from boto3.dynamodb.conditions import Key

from openbml.core.clock import Clock
from openbml.core.items import from_item, to_item
from openbml.core.scope import ProjectScope
from openbml.training.leaderboards import Leaderboard
from openbml.training.run_progress import Epoch, LogEntry, Progress, Reported, SamplePredictions
from openbml.training.runs_dynamodb import run_key

_KEPT = timedelta(days=90)
_MAX_LINES = 20_000


class DynamoRunProgressStore:
    def __init__(self, table: Any, *, now: Clock) -> None:
        self._table = table
        self._now = now

    def record(
        self, scope: ProjectScope, run_id: int, *, reported: Reported, lines: Sequence[LogEntry]
    ) -> None:
        kept = self._within_limit(scope, run_id, lines)
        expires_at = int((self._now() + _KEPT).timestamp())
        with self._table.batch_writer(overwrite_by_pkeys=["pk", "sk"]) as batch:
            for row in reported.epochs:
                batch.put_item(Item=to_item(row, **run_key(scope, run_id, f"epoch#{row.epoch:07d}")))
            for line in kept:
                key = run_key(scope, run_id, f"log#{line.id}")
                batch.put_item(Item=to_item(line, **key, expires_at=expires_at))
        self._advance(scope, run_id, reported)
        if reported.samples is not None:
            self._keep_samples(scope, run_id, reported.samples)
        if reported.leaderboard is not None:
            self._keep_leaderboard(scope, run_id, reported.leaderboard)

    def leaderboard(self, scope: ProjectScope, run_id: int) -> Leaderboard | None:
        item = self._table.get_item(Key=run_key(scope, run_id, "leaderboard")).get("Item")
        return None if item is None else from_item(Leaderboard, item)

    def samples(self, scope: ProjectScope, run_id: int) -> SamplePredictions | None:
        item = self._table.get_item(Key=run_key(scope, run_id, "samples")).get("Item")
        return None if item is None else from_item(SamplePredictions, item)

    def progress(self, scope: ProjectScope, run_id: int) -> Progress:
        item = self._table.get_item(Key=run_key(scope, run_id, "progress"), ConsistentRead=True).get("Item")
        return from_item(Progress, item or {})

    def epochs(self, scope: ProjectScope, run_id: int) -> Sequence[Epoch]:
        query = {"KeyConditionExpression": _below(scope, run_id) & Key("sk").begins_with("epoch#")}
        found: list[Epoch] = []
        while True:
            page = self._table.query(**query)
            found += [from_item(Epoch, item) for item in page["Items"]]
            if "LastEvaluatedKey" not in page:
                return found
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def lines(self, scope: ProjectScope, run_id: int, *, after: str | None, limit: int) -> Sequence[LogEntry]:
        behind = f"log#{after} " if after else "log#"  # a space sorts before everything an id goes on with
        page = self._table.query(
            KeyConditionExpression=_below(scope, run_id) & Key("sk").between(behind, "log$"), Limit=limit
        )
        return [from_item(LogEntry, item) for item in page["Items"]]

    def _within_limit(
        self, scope: ProjectScope, run_id: int, lines: Sequence[LogEntry]
    ) -> Sequence[LogEntry]:
        if not lines:
            return ()
        reply = self._table.update_item(
            Key=run_key(scope, run_id, "progress"),
            UpdateExpression="ADD line_count :new",
            ExpressionAttributeValues={":new": len(lines)},
            ReturnValues="UPDATED_NEW",
        )
        before = int(reply["Attributes"]["line_count"]) - len(lines)
        return lines[: max(0, _MAX_LINES - before)]

    def _advance(self, scope: ProjectScope, run_id: int, reported: Reported) -> None:
        progress = reported.progress
        if progress.epoch is not None:
            values = {":epoch": progress.epoch, ":epochs": progress.epochs}
            self._forwards(scope, run_id, "SET epoch = :epoch, epochs = :epochs", "epoch", values)
        if reported.stage is not None:
            marks = {":stage": reported.stage, ":stage_at": reported.stage_at}
            self._forwards(scope, run_id, "SET stage = :stage, stage_at = :stage_at", "stage_at", marks)

    def _forwards(
        self, scope: ProjectScope, run_id: int, change: str, order: str, values: dict[str, Any]
    ) -> None:
        """Deliveries come out of order: an older one leaves the newer position."""
        try:
            self._table.update_item(
                Key=run_key(scope, run_id, "progress"),
                UpdateExpression=change,
                ConditionExpression=f"attribute_not_exists({order}) OR {order} <= :{order}",
                ExpressionAttributeValues=values,
            )
        except self._table.meta.client.exceptions.ConditionalCheckFailedException:
            return

    def _keep_samples(self, scope: ProjectScope, run_id: int, samples: SamplePredictions) -> None:
        expires_at = int((self._now() + _KEPT).timestamp())
        try:
            self._table.put_item(
                Item=to_item(samples, **run_key(scope, run_id, "samples"), expires_at=expires_at),
                ConditionExpression="attribute_not_exists(epoch) OR epoch <= :epoch",
                ExpressionAttributeValues={":epoch": samples.epoch},
            )
        except self._table.meta.client.exceptions.ConditionalCheckFailedException:
            return

    def _keep_leaderboard(self, scope: ProjectScope, run_id: int, leaderboard: Leaderboard) -> None:
        """It outlives the lines: a run that was stopped has no other."""
        try:
            self._table.put_item(
                Item=to_item(leaderboard, **run_key(scope, run_id, "leaderboard")),
                ConditionExpression="attribute_not_exists(#at) OR #at <= :at",
                ExpressionAttributeNames={"#at": "at"},
                ExpressionAttributeValues={":at": leaderboard.at},
            )
        except self._table.meta.client.exceptions.ConditionalCheckFailedException:
            return


def _below(scope: ProjectScope, run_id: int) -> Any:
    return Key("pk").eq(f"{scope.key}#run#{run_id}")
