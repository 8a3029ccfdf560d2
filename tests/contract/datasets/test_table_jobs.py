"""Tables through the data image itself: the engine runs the jobs, an export brings the rows back."""

import io
import urllib.request
import zipfile
from pathlib import Path

import pytest

from openbml.datasets.importing.data_imports import ImportState
from openbml.datasets.jobs.data_jobs import DataJobState
from openbml.datasets.tables.import_tables import TableImportHook
from openbml_formats.data_jobs import DataJobKind
from tests.contract.datasets.conftest import World
from tests.contract.datasets.job_desk import JobDesk
from tests.contract.datasets.table_desk import TableDesk
from tests.contract.datasets.test_exports import engine
from tests.contract.sagemaker_local.engine_process import EngineProcess

__all__ = ["engine"]

pytestmark = pytest.mark.contract
CSV = b'id,cost,day,words\n1,2.5,2020-01-31,"a, b"\n2,,,\n3,4.0,2020-02-01,x\n'


@pytest.fixture
def desk(world: World, engine: EngineProcess) -> JobDesk:
    made = JobDesk(world, engine.sagemaker)
    importer = world.importer._replace(starting=made.starting)
    made.hooks[DataJobKind.IMPORT_TABLE] = TableImportHook(importer)
    return made


def test_a_table_is_imported_and_exported_by_the_data_image(world: World, desk: JobDesk) -> None:
    tables = TableDesk(world)
    key = tables.dataset()
    data_import = tables.planned(key, CSV)
    for job in tables.jobs():
        desk.started(job.job_id)
        ended = desk.until(job)
        assert (ended.state, ended.failure) == (DataJobState.FINISHED, None)
    assert world.current(data_import).state is ImportState.FINISHED
    assert tables.rows(key)[0] == [1, 2.5, "2020-01-31", "a, b"]

    table = world.tables.find(key)
    assert table is not None
    desk.manifests[key] = table.manifest_key
    export = desk.asked(key, format="csv")
    desk.start_all()
    assert desk.until(export).state is DataJobState.FINISHED
    url = desk.view(export).download_url
    assert url is not None
    with urllib.request.urlopen(url) as reply, zipfile.ZipFile(io.BytesIO(reply.read())) as archive:
        (name,) = archive.namelist()
        again = tables.dataset("again")
        tables.imported(again, archive.read(name))
    assert tables.rows(again) == tables.rows(key)


def test_a_file_that_is_no_table_fails_its_import_and_not_the_job(world: World, desk: JobDesk) -> None:
    tables = TableDesk(world)
    key = tables.dataset()
    data_import = tables.planned(key, Path(__file__).read_bytes(), header="true")
    for job in tables.jobs():
        desk.started(job.job_id)
        assert desk.until(job).state is DataJobState.FINISHED
    ended = world.current(data_import)
    assert ended.failure is not None
    assert (ended.state, ended.failure.reason.value) == (ImportState.FAILED, "schema")
