"""What a repository of searches owes; the fake and the table pass the same suite."""

from itertools import count
from typing import Any, Protocol

import pytest

from openbml.compute.failures import Failure, Fault
from openbml.compute.intervals import Interval
from openbml.core.scope import ProjectScope
from openbml.training.jobs import JobPlaces
from openbml.training.search.searches import (
    BestTrial,
    Search,
    SearchConflictError,
    SearchNotFoundError,
    SearchRepository,
)
from openbml.training.search.searches_dynamodb import DynamoSearchRepository
from openbml.training.search.trials import Trial
from openbml_catalog.search import SearchConfig, search_plan
from openbml_formats.searches import SearchState, StudyTrial, TrialState, search_partition
from openbml_search.journal_dynamodb import DynamoJournal
from tests.contract.emulator import make_table
from tests.fakes.compute_memory import NOON
from tests.fakes.compute_samples import SCOPE
from tests.fakes.training_memory import InMemorySearchRepository

OTHER = ProjectScope(account_id=7, region="us-east-1", project_id=43)
PLACES = JobPlaces(train_uri="s3://d/t/", eval_uri=None, weights_uri=None, runs_uri="s3://d/runs/")
_IDS = count(7000)


class ProposingRepository(SearchRepository, Protocol):
    """A repository with the manager's side of it."""

    def propose(self, trial: Trial) -> bool: ...


class DynamoWithJournal(DynamoSearchRepository):
    """The table, written by both of its writers."""

    def propose(self, trial: Trial) -> bool:
        partition = search_partition(trial.scope.key, trial.search_id)
        known = StudyTrial.model_validate(trial.model_dump(include=set(StudyTrial.model_fields)))
        return DynamoJournal(self._table, partition).propose(known)


def new_search(strategy: str = "evolutionary", **changes: Any) -> Search:
    plan = search_plan(
        SearchConfig.model_validate({"strategy": strategy, "target": 0.95}),
        task="image_classification",
        network="ResNet18_vd",
    )
    fields = {
        "scope": SCOPE,
        "search_id": next(_IDS),
        "run_id": 1,
        "experiment_id": 2,
        "name": "pets V1",
        "task_type": "image_classification",
        "network": "ResNet18_vd",
        "weights_family": "public",
        "plan": plan,
        "created_at": NOON,
        "changed_at": NOON,
    }
    return Search.model_validate({**fields, **changes})


def trial_of(search: Search, number: int = 0) -> Trial:
    return Trial(
        scope=search.scope,
        search_id=search.search_id,
        number=number,
        parameters={"learning_rate": "5.123e-05", "mix_up": "true", "batch_size": "16"},
        seed=2**31 - 1,
        generation=0,
        proposed_at=NOON,
    )


def running(repository: SearchRepository, strategy: str = "random") -> Search:
    search = new_search(strategy)
    repository.add(search)
    begun = search.begun(PLACES, "pets V2", NOON).next_turn(0, NOON)
    repository.save(search, begun)
    return begun


class SearchRepositoryContract:
    @pytest.mark.parametrize("strategy", ["random", "bayesian", "evolutionary"])
    def test_a_search_comes_back_as_it_was_kept_at_every_step(
        self, repository: ProposingRepository, strategy: str
    ) -> None:
        search = new_search(strategy)
        repository.add(search)
        assert repository.get(SCOPE, search.search_id) == search
        best = BestTrial(number=3, parameters={"learning_rate": "0.001"}, quality=0.912345678)
        begun = search.begun(PLACES, "pets V2", NOON).counted(best, 2, 1, NOON)
        repository.save(search, begun)
        assert repository.get(SCOPE, search.search_id) == begun
        failure = Failure(fault=Fault.USER, message="no")
        ended = begun.stopping(SearchState.FAILED, failure, NOON).ended(NOON)
        repository.save(begun, ended)
        assert repository.get(SCOPE, search.search_id) == ended

    def test_an_id_is_taken_once_and_other_projects_see_nothing(
        self, repository: ProposingRepository
    ) -> None:
        search = new_search()
        repository.add(search)
        with pytest.raises(SearchConflictError):
            repository.add(search)
        with pytest.raises(SearchNotFoundError):
            repository.get(OTHER, search.search_id)
        assert list(repository.trials(OTHER, search.search_id)) == []

    def test_a_proposal_comes_back_as_a_trial_of_its_number(self, repository: ProposingRepository) -> None:
        search = running(repository)
        for number in (0, 1, 10):
            assert repository.propose(trial_of(search, number))
        found = repository.trials(SCOPE, search.search_id)
        assert list(found) == [trial_of(search, number) for number in (0, 1, 10)]

    def test_a_number_is_taken_once_and_only_while_the_search_runs(
        self, repository: ProposingRepository
    ) -> None:
        search = running(repository)
        assert repository.propose(trial_of(search))
        assert not repository.propose(trial_of(search))
        repository.save(search, search.stopping(SearchState.STOPPED, None, NOON))
        assert not repository.propose(trial_of(search, 1))

    def test_a_trial_comes_back_as_it_was_kept_at_every_step(self, repository: ProposingRepository) -> None:
        search = running(repository)
        trial = trial_of(search)
        assert repository.propose(trial)
        started = trial.submitted()
        counted = search.counted(None, 1, 0, NOON)
        repository.save(search, counted, [started])
        progressed = started.training([Interval(start=NOON)], NOON).progressed(2, 0.3333333333333333)
        repository.save_trial(progressed.model_copy(update={"revision": started.revision + 1}))
        kept = repository.trials(SCOPE, search.search_id)[0]
        end = kept.finished(
            TrialState.SUCCEEDED,
            NOON,
            intervals=[Interval(start=NOON)],
            quality=0.8,
            model_uri="s3://m/",
            data_uri="s3://d/",
        )
        repository.save_trial(end)
        assert list(repository.trials(SCOPE, search.search_id)) == [end]

    def test_the_slower_of_two_writers_is_refused_and_none_of_its_trials_is_kept(
        self, repository: ProposingRepository
    ) -> None:
        search = running(repository)
        trials = [trial_of(search, number) for number in (0, 1)]
        for trial in trials:
            assert repository.propose(trial)
        repository.save(search, search.counted(None, 1, 0, NOON), [trials[0].submitted()])
        with pytest.raises(SearchConflictError):
            repository.save(search, search.counted(None, 1, 0, NOON), [trials[1].submitted()])
        assert repository.trials(SCOPE, search.search_id)[1].state is TrialState.PROPOSED
        with pytest.raises(SearchConflictError):
            repository.save_trial(trials[0].submitted())

    def test_unsettled_searches_are_found_until_they_are_settled(
        self, repository: ProposingRepository
    ) -> None:
        search = new_search()
        repository.add(search)
        assert (SCOPE, search.search_id) in repository.unsettled()
        repository.save(search, search.settled_at(NOON))
        assert (SCOPE, search.search_id) not in repository.unsettled()

    def test_finished_searches_are_listed_the_newest_first(self, repository: ProposingRepository) -> None:
        searches = [new_search() for _ in range(4)]
        for place, search in enumerate(searches):
            repository.add(search)
            verdict = SearchState.FINISHED if place != 1 else SearchState.FAILED
            repository.save(search, search.stopping(verdict, None, NOON).ended(NOON))
        listed = [search.search_id for search in repository.finished(SCOPE)]
        mine = [search.search_id for search in (searches[3], searches[2], searches[0])]
        assert [found for found in listed if found in mine] == mine
        assert searches[1].search_id not in listed
        assert list(repository.finished(OTHER)) == []


class TestInMemory(SearchRepositoryContract):
    @pytest.fixture
    def repository(self) -> ProposingRepository:
        return InMemorySearchRepository()


@pytest.mark.contract
class TestDynamo(SearchRepositoryContract):
    @pytest.fixture
    def repository(self, emulator_url: str) -> ProposingRepository:
        return DynamoWithJournal(make_table(emulator_url, "searches"))


@pytest.mark.contract
def test_the_manager_reads_the_search_that_the_platform_wrote(emulator_url: str) -> None:
    repository = DynamoWithJournal(make_table(emulator_url, "searches"))
    search = running(repository, "bayesian")
    assert repository.propose(trial_of(search))
    study = DynamoJournal(repository._table, search_partition(SCOPE.key, search.search_id)).read()
    assert (study.search_id, study.task, study.plan) == (search.search_id, search.task_type, search.plan)
    assert study.state is SearchState.RUNNING
    assert [trial.parameters for trial in study.trials] == [trial_of(search).parameters]
