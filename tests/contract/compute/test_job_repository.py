"""What every JobRepository owes. The fake behind the unit tests passes the same suite."""

from itertools import count

import pytest

from openbml.compute.failures import Failure, Fault
from openbml.compute.intervals import Interval
from openbml.compute.jobs import (
    Job,
    JobConflictError,
    JobNotFoundError,
    JobReport,
    JobRepository,
    JobState,
)
from openbml.compute.jobs_dynamodb import DynamoJobRepository
from tests.contract.emulator import make_table
from tests.fakes.compute_memory import NOON, InMemoryJobRepository
from tests.fakes.compute_samples import job, processing_request

_IDS = (f"job{number}" for number in count())


class JobRepositoryContract:
    def test_a_job_comes_back_as_it_was_kept(self, jobs: JobRepository) -> None:
        kept = job(next(_IDS))
        jobs.add(kept)
        assert jobs.get(kept.job_id) == kept

    def test_a_processing_job_comes_back_as_one(self, jobs: JobRepository) -> None:
        kept = Job(request=processing_request(next(_IDS)), created_at=NOON, changed_at=NOON)
        jobs.add(kept)
        assert jobs.get(kept.job_id) == kept

    def test_an_unknown_job_is_not_found(self, jobs: JobRepository) -> None:
        with pytest.raises(JobNotFoundError):
            jobs.get("unknown")

    def test_an_id_is_taken_once(self, jobs: JobRepository) -> None:
        kept = job(next(_IDS))
        jobs.add(kept)
        with pytest.raises(JobConflictError):
            jobs.add(kept)

    def test_the_slower_of_two_writers_is_refused(self, jobs: JobRepository) -> None:
        kept = job(next(_IDS))
        jobs.add(kept)
        jobs.save(kept.observed(JobReport(state=JobState.RUNNING), NOON))
        with pytest.raises(JobConflictError):
            jobs.save(kept.observed(JobReport(state=JobState.STOPPED), NOON))

    def test_an_unknown_job_cannot_be_saved(self, jobs: JobRepository) -> None:
        with pytest.raises(JobConflictError):
            jobs.save(job(next(_IDS)).taken(NOON))

    def test_only_jobs_that_are_not_final_are_open(self, jobs: JobRepository) -> None:
        waiting, ended = job(next(_IDS)), job(next(_IDS))
        jobs.add(waiting)
        jobs.add(ended)
        failure = Failure(fault=Fault.USER, message="wrong data")
        report = JobReport(state=JobState.FAILED, failure=failure, intervals=[Interval(start=NOON, end=NOON)])
        jobs.save(ended.observed(report, NOON))
        open_ids = {row.job_id for row in jobs.open_jobs()}
        assert waiting.job_id in open_ids
        assert ended.job_id not in open_ids
        assert jobs.get(ended.job_id).failure == failure


class TestInMemory(JobRepositoryContract):
    @pytest.fixture
    def jobs(self) -> JobRepository:
        return InMemoryJobRepository()


@pytest.mark.contract
class TestDynamo(JobRepositoryContract):
    @pytest.fixture
    def jobs(self, emulator_url: str) -> JobRepository:
        return DynamoJobRepository(make_table(emulator_url, "compute-jobs"))
