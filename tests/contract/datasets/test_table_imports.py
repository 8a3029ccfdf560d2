"""Tables from an upload to rows of a version (spec 01 QS-8, spec 02 sections 8.10, 9)."""

import zipfile
from io import BytesIO
from typing import Any

import pytest

from openbml.core.errors import InvalidRequestError
from openbml.core.ids import new_id
from openbml.datasets.datasets import DatasetVersion, VersionKey, VersionState
from openbml.datasets.events import ImportStateChanged
from openbml.datasets.garbage.marks import GRACE
from openbml.datasets.importing.data_imports import DataImport, FailureReason, ImportState
from openbml.datasets.importing.inputs import SourceVersion, Take
from openbml.datasets.importing.start_imports import import_from_version
from openbml.datasets.stored_objects import table_prefix
from openbml.datasets.tables.import_tables import TableImportHook
from openbml.datasets.tables.start_table_imports import import_from_catalogue
from openbml.datasets.tables.table_catalogues import CatalogueTable
from openbml.datasets.tables.table_settings import CataloguePlace, TableSettings
from openbml_formats.tables.schemas import TableSchema
from openbml_formats.tables.table_imports import ExternalFiles, TableFormat
from tests.contract.datasets.conftest import USER, World
from tests.contract.datasets.table_desk import TableDesk

pytestmark = pytest.mark.contract
CSV = b"id,amount,day\n1,2.5,2020-01-31\n2,,\n3,4,2020-02-01\n"
NAMES = ["id", "amount"]
ROWS = [[1, 2.5, "2020-01-31"], [2, None, None], [3, 4.0, "2020-02-01"]]


@pytest.fixture
def tables(world: World) -> TableDesk:
    return TableDesk(world)


def version(tables: TableDesk, key: VersionKey) -> DatasetVersion:
    return tables.world.datasets.version(key)


def marked(tables: TableDesk) -> set[str]:
    """Return the keys that will be swept a day from now."""
    later = tables.world.clock() + 2 * GRACE
    return {mark.name for mark in tables.world.marks.due(later)}


def test_a_csv_fills_a_version_with_rows(tables: TableDesk) -> None:
    key = tables.dataset()
    ended = tables.imported(key, CSV)

    assert (ended.state, ended.accepted, ended.rejected) == (ImportState.FINISHED, 3, 0)
    filled = version(tables, key)
    assert (filled.state, filled.sample_count, filled.labelled_count) == (VersionState.IMPORT_FINISHED, 3, 3)
    assert (filled.column_count, filled.active_import_id, filled.revision) == (3, None, 1)
    assert filled.size_bytes > 0
    assert tables.rows(key) == ROWS
    assert tables.rows(key, offset=1, limit=1) == ROWS[1:2]


def test_while_the_job_runs_the_version_is_importing_and_takes_no_other_import(tables: TableDesk) -> None:
    key = tables.dataset()
    data_import = tables.planned(key, CSV)

    assert data_import.state is ImportState.PLANNING
    assert version(tables, key).state is VersionState.IMPORTING
    assert [job.job_id for job in tables.jobs()] == [data_import.import_id]


def test_planning_again_asks_for_the_same_job(tables: TableDesk) -> None:
    key = tables.dataset()
    data_import = tables.planned(key, CSV)
    tables.world.planned(data_import)

    assert {job.job_id for job in tables.jobs()} == {data_import.import_id}
    assert len(tables.world.jobs.open_of(key)) == 1


def test_a_result_that_comes_twice_counts_once(tables: TableDesk) -> None:
    key = tables.dataset()
    data_import = tables.planned(key, CSV)
    (job,) = tables.jobs()
    result = tables.worked(job)
    tables.taken(job, result)
    before = version(tables, key)
    tables.taken(job, tables.worked(job))

    assert version(tables, key) == before
    assert tables.rows(key) == ROWS
    assert tables.world.current(data_import).accepted == 3


def test_a_second_import_adds_its_rows_and_takes_the_names_for_a_header(tables: TableDesk) -> None:
    key = tables.dataset()
    tables.imported(key, CSV)
    tables.imported(key, b"id,amount,day\n7,8,2021-01-01\n")
    tables.imported(key, b"9,10,2022-01-01\n")

    assert tables.rows(key) == [*ROWS, [7, 8.0, "2021-01-01"], [9, 10.0, "2022-01-01"]]
    assert (version(tables, key).sample_count, version(tables, key).revision) == (5, 3)


def test_overwrite_replaces_rows_and_columns_and_lets_go_of_the_old_parts(tables: TableDesk) -> None:
    key = tables.dataset()
    tables.imported(key, CSV)
    old = [name for name in tables.world.keys("data") if name.endswith(".parquet")]
    tables.imported(key, b"x,y\n5,a\n", upload_type="overwrite")

    assert tables.rows(key) == [[5, "a"]]
    assert (version(tables, key).sample_count, version(tables, key).column_count) == (1, 2)
    assert set(old) < marked(tables)


def test_rows_of_other_columns_are_refused_and_the_table_stays(tables: TableDesk) -> None:
    key = tables.dataset()
    tables.imported(key, CSV)
    ended = tables.imported(key, b"1,2\n")

    assert ended.failure is not None
    assert ended.failure.reason is FailureReason.SCHEMA
    assert version(tables, key).state is VersionState.IMPORT_FAILED
    assert tables.rows(key) == ROWS


def test_bad_rows_stand_in_the_report(tables: TableDesk) -> None:
    key = tables.dataset()
    columns = {"columns": [0, 1], "raw_names": ["a", "b"], "names": ["a", "b"], "types": ["int", "string"]}
    ended = tables.imported(key, b"a,b\n1,x\nno,y\n3,z\n", columns=columns, column_error="skip")

    assert (ended.accepted, ended.rejected) == (2, 1)
    (problem,) = tables.world.problems(ended)
    assert (problem.file, problem.line, problem.reason) == ("t.csv", 3, "not_a_value")


def test_fail_ends_the_import_with_the_first_bad_value_and_no_row(tables: TableDesk) -> None:
    key = tables.dataset()
    columns = {"columns": [0, 1], "raw_names": ["a", "b"], "names": ["a", "b"], "types": ["int", "string"]}
    ended = tables.imported(key, b"a,b\n1,x\nno,y\n", columns=columns, column_error="fail")

    assert ended.failure is not None
    assert (ended.failure.reason, "line 3" in ended.failure.message) == (FailureReason.BAD_VALUE, True)
    assert tables.world.tables.find(key) is None


def test_a_failed_import_can_be_done_again_with_a_better_file(tables: TableDesk) -> None:
    key = tables.dataset()
    tables.imported(key, b"_x,y\n1,2\n")
    assert version(tables, key).failure_reason == "schema"

    tables.imported(key, CSV)
    assert (version(tables, key).state, version(tables, key).failure_reason) == (
        VersionState.IMPORT_FINISHED,
        None,
    )


def test_an_import_cancelled_while_its_job_runs_leaves_no_rows(tables: TableDesk) -> None:
    key = tables.dataset()
    data_import = tables.planned(key, CSV)
    (job,) = tables.jobs()
    result = tables.worked(job)
    tables.world.cancelled(data_import)
    tables.taken(job, result)

    assert tables.world.current(data_import).state is ImportState.CANCELLED
    assert tables.world.tables.find(key) is None
    assert result.parts[0].key in marked(tables)


def test_rows_of_a_deleted_dataset_are_swept(tables: TableDesk) -> None:
    key = tables.dataset()
    data_import = tables.planned(key, CSV)
    (job,) = tables.jobs()
    result = tables.worked(job)
    tables.world.imports.remove(tables.world.cancelled(data_import))
    tables.taken(job, result)

    assert result.parts[0].key in marked(tables)


class KilledError(BaseException):
    pass


@pytest.mark.parametrize("step", range(6))
def test_killed_at_any_step_a_repeat_gives_the_same_end(tables: TableDesk, step: int) -> None:
    key = tables.dataset()
    tables.imported(key, CSV)
    old = {name for name in tables.world.keys("data") if name.endswith(".parquet")}
    data_import = tables.planned(key, b"x,y\n5,a\n", upload_type="overwrite")
    (job,) = tables.jobs()
    result = tables.worked(job)
    steps = iter(range(100))

    class Killing:
        def __init__(self, real: Any) -> None:
            self._real = real

        def __getattr__(self, name: str) -> Any:
            real = getattr(self._real, name)

            def called(*given: Any, **named: Any) -> Any:
                if name in ("put", "commit", "publish", "mark") and next(steps) == step:
                    raise KilledError
                return real(*given, **named)

            return called

    importer = tables.world.importer
    names = ("data", "tables", "events", "marks")
    killed = importer._replace(**{name: Killing(getattr(importer, name)) for name in names})
    with pytest.raises(KilledError):
        TableImportHook(killed).completed(job, result.model_dump(mode="json"))
    tables.taken(job, result)

    assert tables.world.current(data_import).state is ImportState.FINISHED
    assert tables.rows(key) == [[5, "a"]]
    assert (version(tables, key).sample_count, version(tables, key).revision) == (1, 2)
    assert old < marked(tables)
    told = [event.state for event in tables.world.events.events if isinstance(event, ImportStateChanged)]
    assert told[-1] is ImportState.FINISHED


def test_a_job_that_dies_fails_its_import(tables: TableDesk) -> None:
    key = tables.dataset()
    data_import = tables.planned(key, CSV)
    (job,) = tables.jobs()
    tables.hook.not_completed(job)

    assert tables.world.current(data_import).state is ImportState.FAILED


def test_a_zip_and_parquet_are_taken_and_time_series_too(tables: TableDesk) -> None:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.csv", "m,v\n2020-01-01,1\n")
        archive.writestr("b.csv", "m,v\n2020-02-01,2\n")
    key = tables.dataset("series", "time_series")
    tables.imported(key, out.getvalue(), "t.zip")
    (part,) = [name for name in tables.world.keys("data") if name.endswith(".parquet")]
    again = tables.dataset("again", "time_series")
    tables.imported(again, tables.world.data.read(part), "t.parquet")

    assert tables.rows(key) == tables.rows(again) == [["2020-01-01", 1], ["2020-02-01", 2]]


def test_the_rows_of_another_version_are_copied_and_outlive_it(tables: TableDesk) -> None:
    world, key = tables.world, tables.dataset()
    tables.imported(key, CSV)
    series = tables.dataset("series", "time_series")
    source = SourceVersion(dataset_id=key.dataset_id, version_number=1, take=Take.ALL)
    for _ in range(2):
        copied = import_from_version(
            series,
            source,
            user_id=USER,
            datasets=world.datasets,
            imports=world.imports,
            archives=world.archives,
            events=world.events,
            new_id=new_id,
            now=world.clock,
        )
        world.planned(copied)
        ended = tables.ended(copied)
        assert (ended.failure, ended.accepted) == (None, 3)
    for name in world.keys("data", table_prefix(key)):
        world.data.delete(name)

    assert tables.rows(series) == ROWS * 2
    found, table = world.tables.find(series), world.tables.find(key)
    assert found is not None
    assert table is not None
    assert (found.rows, found.column_count) == (6, table.column_count)


def test_only_all_rows_of_a_table_are_taken_and_by_tables_only(tables: TableDesk) -> None:
    world, key = tables.world, tables.dataset()
    tables.imported(key, CSV)
    for target, take in ((tables.dataset("other"), Take.LABELLED), (world.dataset("images"), Take.ALL)):
        source = SourceVersion(dataset_id=key.dataset_id, version_number=1, take=take)
        with pytest.raises(InvalidRequestError):
            import_from_version(
                target,
                source,
                user_id=USER,
                datasets=world.datasets,
                imports=world.imports,
                archives=world.archives,
                events=world.events,
                new_id=new_id,
                now=world.clock,
            )


def external(tables: TableDesk, files: dict[str, bytes], **described: object) -> CatalogueTable:
    bucket = tables.world.archives._bucket
    for name, body in files.items():
        tables.world.s3.put_object(Bucket=bucket, Key=f"orders/{name}", Body=body)
    table = CatalogueTable.model_validate(
        {
            "database": "sales",
            "table": "orders",
            "columns": TableSchema.from_lists(
                [0, 1], ["id", "amount"], ["id", "amount"], ["int", "decimal(6,2)"]
            ),
            "files": ExternalFiles(bucket=bucket, prefix="orders"),
            "format": TableFormat.CSV,
            **described,
        }
    )
    tables.world.catalogue.tables["sales", "orders"] = table
    return table


def begun(tables: TableDesk, key: VersionKey, **settings: object) -> DataImport:
    place = CataloguePlace(database="sales", table="orders")
    return import_from_catalogue(
        key,
        TableSettings.model_validate({"catalogue": place, **settings}),
        user_id=USER,
        catalogue=tables.world.catalogue,
        datasets=tables.world.datasets,
        imports=tables.world.imports,
        archives=tables.world.archives,
        events=tables.world.events,
        new_id=new_id,
        now=tables.world.clock,
    )


def from_catalogue(tables: TableDesk, key: VersionKey, **settings: object) -> None:
    data_import = begun(tables, key, **settings)
    tables.world.planned(data_import)
    ended = tables.ended(data_import)
    assert ended.failure is None, ended.failure


def test_an_external_table_is_read_where_it_is(tables: TableDesk) -> None:
    key = tables.dataset()
    external(tables, {"part-0": b"1,2.50\n2,3\n", "part-1": b"3,\n", "_SUCCESS": b"", "_meta": b"?"})
    from_catalogue(tables, key)

    assert tables.rows(key) == [[1, "2.50"], [2, "3.00"], [3, None]]


def test_an_external_table_that_is_gone_or_closed_fails_its_import(tables: TableDesk) -> None:
    key = tables.dataset()
    external(tables, {"part-0": b"1,2\n"})
    data_import = begun(tables, key)
    tables.world.catalogue.tables.clear()
    tables.world.planned(data_import)
    ended = tables.world.current(data_import)
    assert ended.failure is not None
    assert ended.failure.reason is FailureReason.SOURCE_TABLE

    for bucket in ("no-such-bucket", tables.world.archives._bucket):
        described = external(tables, {})
        elsewhere = described.model_copy(update={"files": ExternalFiles(bucket=bucket, prefix="none")})
        tables.world.catalogue.tables["sales", "orders"] = elsewhere
        data_import = begun(tables, key)
        tables.world.planned(data_import)
        ended = tables.ended(data_import)
        assert ended.failure is not None
        assert ended.failure.reason is FailureReason.SOURCE_TABLE


def test_columns_of_an_external_table_are_chosen_renamed_and_typed(tables: TableDesk) -> None:
    key = tables.dataset()
    external(tables, {"part-0": b"id|amount\n1|2.50\n"}, header=True, delimiter="|")
    columns = {
        "columns": [1, 0],
        "raw_names": ["amount", "id"],
        "names": ["euro", "nr"],
        "types": ["double", "string"],
    }
    from_catalogue(tables, key, columns=columns)

    assert tables.rows(key) == [[2.5, "1"]]


def test_json_lines_of_an_external_table_are_read(tables: TableDesk) -> None:
    key = tables.dataset()
    external(tables, {"part-0": b'{"id": 1, "amount": 2.5}\n{"id": 2}\n'}, format=TableFormat.JSON)
    from_catalogue(tables, key)

    assert tables.rows(key) == [[1, "2.50"], [2, None]]
