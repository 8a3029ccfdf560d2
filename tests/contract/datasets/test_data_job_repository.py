"""What every DataJobRepository owes. The fake behind the unit tests passes the same suite."""

from itertools import count

import pytest

from openbml.compute.failures import Failure, Fault
from openbml.datasets.datasets import VersionKey
from openbml.datasets.jobs.data_jobs import (
    DataJobConflictError,
    DataJobNotFoundError,
    DataJobRepository,
    DataJobState,
    WorkProgress,
)
from openbml.datasets.jobs.data_jobs_dynamodb import DynamoDataJobRepository
from openbml_formats.data_jobs import DataJobKind
from tests.contract.emulator import make_table
from tests.fakes.compute_memory import NOON
from tests.fakes.data_jobs_memory import KEY, SCOPE, InMemoryDataJobRepository, data_job

_IDS = count(7_000_000_000_000_000)


class DataJobRepositoryContract:
    def test_a_job_comes_back_as_it_was_kept(self, jobs: DataJobRepository) -> None:
        kept = data_job(next(_IDS), uploads=(("a/key", "name.csv"),))
        assert jobs.add(kept)
        assert jobs.get(kept.version_key, kept.job_id) == kept
        assert jobs.find(kept.job_id) == kept

    def test_results_keep_fractions_and_nulls(self, jobs: DataJobRepository) -> None:
        kept = data_job(next(_IDS))
        jobs.add(kept)
        finished = kept.finished({"share": 0.1, "none": None, "list": [1, {"x": 2.5}]}, NOON)
        jobs.save(finished)
        assert jobs.get(kept.version_key, kept.job_id) == finished

    def test_an_id_is_taken_once(self, jobs: DataJobRepository) -> None:
        kept = data_job(next(_IDS))
        assert jobs.add(kept)
        assert not jobs.add(kept.model_copy(update={"created_by": 8}))
        assert jobs.find(kept.job_id) == kept

    def test_an_unknown_job_is_not_found(self, jobs: DataJobRepository) -> None:
        assert jobs.find(1) is None
        with pytest.raises(DataJobNotFoundError):
            jobs.get(KEY, 1)

    def test_the_slower_of_two_writers_is_refused(self, jobs: DataJobRepository) -> None:
        kept = data_job(next(_IDS))
        jobs.add(kept)
        jobs.save(kept.ordered(3, NOON))
        with pytest.raises(DataJobConflictError):
            jobs.save(kept.stopping(NOON))

    def test_progress_goes_forward_until_the_end(self, jobs: DataJobRepository) -> None:
        kept = data_job(next(_IDS))
        jobs.add(kept)
        assert jobs.record_progress(kept, WorkProgress(done=5, total=9))
        assert not jobs.record_progress(kept, WorkProgress(done=4, total=9))
        assert jobs.get(kept.version_key, kept.job_id).progress == WorkProgress(done=5, total=9)
        jobs.save(kept.failed(Failure(fault=Fault.PLATFORM, message="lost"), NOON))
        assert not jobs.record_progress(kept, WorkProgress(done=9, total=9))

    def test_a_versions_jobs_are_listed_by_kind_and_page_the_newest_first(
        self, jobs: DataJobRepository
    ) -> None:
        key = VersionKey(scope=SCOPE, dataset_id=next(_IDS), version_number=1)
        at = {"dataset_id": key.dataset_id}
        exports = [data_job(next(_IDS), **at) for _ in range(3)]
        report = data_job(next(_IDS), kind=DataJobKind.QUALITY_REPORT, **at)
        for job in (*exports, report):
            jobs.add(job)
        first, position = jobs.page(key, DataJobKind.EXPORT, limit=2, position=None)
        rest, _ = jobs.page(key, DataJobKind.EXPORT, limit=2, position=position)
        assert [*first, *rest] == exports[::-1]
        everything, _ = jobs.page(key, None, limit=9, position=None)
        assert everything == [report, *exports[::-1]]

    def test_only_jobs_that_have_not_ended_are_open(self, jobs: DataJobRepository) -> None:
        key = VersionKey(scope=SCOPE, dataset_id=next(_IDS), version_number=1)
        waiting, ended = (data_job(next(_IDS), dataset_id=key.dataset_id) for _ in range(2))
        jobs.add(waiting)
        jobs.add(ended)
        jobs.save(ended.ended(DataJobState.CANCELLED, NOON))
        assert jobs.open_of(key) == [waiting]
        open_ids = {job.job_id for job in jobs.open_jobs()}
        assert (waiting.job_id in open_ids, ended.job_id in open_ids) == (True, False)

    def test_a_removed_versions_jobs_are_gone(self, jobs: DataJobRepository) -> None:
        key = VersionKey(scope=SCOPE, dataset_id=next(_IDS), version_number=1)
        job = data_job(next(_IDS), dataset_id=key.dataset_id)
        jobs.add(job)
        jobs.remove_all(key)
        jobs.remove_all(key)
        assert jobs.find(job.job_id) is None
        assert jobs.page(key, None, limit=9, position=None)[0] == []


class TestInMemory(DataJobRepositoryContract):
    @pytest.fixture
    def jobs(self) -> DataJobRepository:
        return InMemoryDataJobRepository()


@pytest.mark.contract
class TestDynamo(DataJobRepositoryContract):
    @pytest.fixture
    def jobs(self, emulator_url: str) -> DataJobRepository:
        return DynamoDataJobRepository(make_table(emulator_url, "data-jobs"))
