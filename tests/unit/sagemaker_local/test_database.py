"""The state file: grouped commits that fail one by one, readers that cannot write."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from sagemaker_local.state import resources
from sagemaker_local.state.database import Database
from sagemaker_local.state.resources import ListFilter, Record

PREFIX = "arn:aws:sagemaker:us-east-1:000000000000:training-job/"


def put_tag(connection: sqlite3.Connection, key: str) -> None:
    connection.execute("INSERT INTO tag VALUES ('arn', ?, 'v')", (key,))


def keys_of(connection: sqlite3.Connection) -> set[str]:
    return {str(row[0]) for row in connection.execute("SELECT key FROM tag")}


def test_of_writes_committed_together_each_fails_alone(tmp_path: Path) -> None:
    def failing(connection: sqlite3.Connection) -> None:
        put_tag(connection, "bad")
        raise LookupError("refused")

    async def scene() -> tuple[list[object], set[str]]:
        database = Database(tmp_path / "db")
        writes = [database.run(lambda c, n=n: put_tag(c, f"k{n}")) for n in range(40)]  # type: ignore[misc]
        answers = await asyncio.gather(database.run(failing), *writes, return_exceptions=True)
        found = await database.read(keys_of)
        database.close()
        return list(answers), found

    answers, found = asyncio.run(scene())
    assert isinstance(answers[0], LookupError)
    assert answers[1:] == [None] * 40
    assert found == {f"k{n}" for n in range(40)}


def test_what_a_write_answered_is_on_disk_and_a_given_up_write_is_still_whole(tmp_path: Path) -> None:
    async def scene() -> None:
        database = Database(tmp_path / "db")
        await database.run(lambda c: put_tag(c, "kept"))
        abandoned = asyncio.create_task(database.run(lambda c: put_tag(c, "abandoned")))
        await asyncio.sleep(0)
        abandoned.cancel()
        await asyncio.gather(abandoned, return_exceptions=True)
        database.close()

    asyncio.run(scene())
    connection = sqlite3.connect(tmp_path / "db")
    try:
        assert keys_of(connection) == {"kept", "abandoned"}
    finally:
        connection.close()


def test_a_reader_cannot_write(tmp_path: Path) -> None:
    async def scene() -> None:
        database = Database(tmp_path / "db")
        try:
            await database.read(lambda c: put_tag(c, "sneaked in"))
        finally:
            database.close()

    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        asyncio.run(scene())


@pytest.mark.parametrize("sort_by", ["created_at", "modified_at", "name", "status"])
def test_pages_are_in_order_and_of_one_kind_whatever_they_are_sorted_by(tmp_path: Path, sort_by: str) -> None:
    statuses = ("Completed", "Failed", "InProgress")
    made = [
        Record(f"{PREFIX}j{n:03}", "training-job", f"j{n:03}", statuses[n % 3], n // 4, 100 - n // 3, str(n))
        for n in range(120)
    ]
    other = Record(PREFIX.replace("training-job", "model") + "m", "model", "m", "InService", 5, 5, "")

    async def scene() -> list[Record]:
        database = Database(tmp_path / "db")
        await database.run(lambda c: [resources.insert(c, one) for one in (*made, other)])
        found: list[Record] = []
        more = True
        while more:
            wanted = ListFilter(PREFIX, sort_by=sort_by, descending=False, limit=7, offset=len(found))
            page, more = await database.read(lambda c, w=wanted: resources.search(c, w))  # type: ignore[misc]
            found += page
        database.close()
        return found

    found = asyncio.run(scene())
    assert sorted(one.name for one in found) == [one.name for one in made]
    order = [getattr(one, sort_by) for one in found]
    assert order == sorted(order)
