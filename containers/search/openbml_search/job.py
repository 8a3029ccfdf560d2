"""One job: a turn of the manager on the search that the environment names."""

import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime

import boto3

from openbml_kit.faults import PlatformFault, reporting_failures
from openbml_kit.places import Places
from openbml_kit.progress import Progress
from openbml_search.journal_dynamodb import DynamoJournal
from openbml_search.turns import take_turn

LINGER_S = 60.0


def main(env: Mapping[str, str] = os.environ) -> int:
    """Take a turn and return the process's exit code; being stopped at any moment is harmless."""
    places = Places.from_env(env)
    return reporting_failures(lambda: _turn(env), failure_file=places.output_data.parent / "message")


def _turn(env: Mapping[str, str]) -> None:
    try:
        table_name, partition = env["SEARCH_TABLE_NAME"], env["SEARCH_PARTITION"]
    except KeyError as error:
        raise PlatformFault(f"the job's environment lacks {error}") from error
    table = boto3.resource("dynamodb").Table(table_name)
    take_turn(
        DynamoJournal(table, partition),
        progress=Progress(),
        now=lambda: datetime.now(UTC),
        sleep=time.sleep,
        linger_s=float(env.get("SEARCH_LINGER_S", LINGER_S)),
    )
