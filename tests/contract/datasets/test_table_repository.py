"""What a TableRepository owes: an import and its rows end in one step, a slower writer is refused."""

import threading
from datetime import UTC, datetime

import pytest

from openbml.datasets.datasets import VersionKey, VersionState
from openbml.datasets.importing.data_imports import DataImport, ImportCounts, ImportState
from openbml.datasets.tables.table_versions import TableChangedError, TableRepository, VersionTable
from tests.contract.datasets.conftest import World

pytestmark = pytest.mark.contract
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
COUNTS = ImportCounts(accepted=4, rejected=1, changed=2)


@pytest.fixture
def tables(world: World) -> TableRepository:
    return world.tables


def planned(world: World, key: VersionKey) -> DataImport:
    data_import = world.uploaded(key, b"a,b\n1,2\n", names=["t.csv"], format_code="csv")
    return world.current(data_import)


def table_of(key: VersionKey, revision: int = 1, rows: int = 4) -> VersionTable:
    return VersionTable(
        scope=key.scope,
        dataset_id=key.dataset_id,
        version_number=key.version_number,
        manifest_key=f"manifest-{revision}",
        column_count=2,
        rows=rows,
        source_bytes=100,
        size_bytes=50,
        changed_at=NOON,
        revision=revision,
    )


def test_a_version_without_rows_has_no_table(world: World, tables: TableRepository) -> None:
    assert tables.find(world.dataset("t", "table")) is None


def test_a_commit_ends_the_import_and_fills_the_version(world: World, tables: TableRepository) -> None:
    key = world.dataset("t", "table")
    data_import = planned(world, key)
    tables.commit(data_import, table_of(key), COUNTS)

    ended, version = world.current(data_import), world.datasets.version(key)
    assert (ended.state, ended.finished_at, ended.accepted, ended.rejected, ended.changed) == (
        ImportState.FINISHED,
        NOON,
        4,
        1,
        2,
    )
    assert (version.state, version.active_import_id) == (VersionState.IMPORT_FINISHED, None)
    assert (version.sample_count, version.column_count, version.size_bytes) == (4, 2, 50)
    assert tables.find(key) == table_of(key)
    assert data_import.import_id not in {row.import_id for row in world.imports.open_since(world.clock())}


def test_an_import_is_committed_once(world: World, tables: TableRepository) -> None:
    key = world.dataset("t", "table")
    data_import = planned(world, key)
    tables.commit(data_import, table_of(key), COUNTS)
    for table in (table_of(key), table_of(key, revision=2, rows=8)):
        with pytest.raises(TableChangedError):
            tables.commit(data_import, table, COUNTS)

    assert world.datasets.version(key).sample_count == 4


def test_of_many_commits_at_once_one_counts(world: World, tables: TableRepository) -> None:
    key = world.dataset("t", "table")
    data_import = planned(world, key)
    refused: list[Exception] = []

    def commit() -> None:
        try:
            tables.commit(data_import, table_of(key), COUNTS)
        except TableChangedError as error:
            refused.append(error)

    threads = [threading.Thread(target=commit) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 5
    assert (world.datasets.version(key).sample_count, world.datasets.version(key).revision) == (4, 1)


def test_a_cancelled_import_commits_nothing(world: World, tables: TableRepository) -> None:
    key = world.dataset("t", "table")
    data_import = planned(world, key)
    world.cancelled(data_import)
    with pytest.raises(TableChangedError):
        tables.commit(data_import, table_of(key), COUNTS)

    assert tables.find(key) is None
    assert world.datasets.version(key).state is VersionState.EMPTY


def test_a_table_that_is_not_the_one_before_is_refused(world: World, tables: TableRepository) -> None:
    key = world.dataset("t", "table")
    tables.commit(planned(world, key), table_of(key), COUNTS)
    following = planned(world, key)
    for revision in (1, 3):
        with pytest.raises(TableChangedError):
            tables.commit(following, table_of(key, revision), COUNTS)
    tables.commit(following, table_of(key, 2, rows=8), COUNTS)

    assert world.datasets.version(key).sample_count == 8
