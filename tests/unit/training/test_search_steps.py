"""Whatever order events come in, a search keeps its limits, and ends."""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from openbml.compute.failures import Failure, Fault
from openbml.training.events import UsageReported
from openbml.training.runs import RunState
from openbml_formats.searches import SearchState, TrialState
from openbml_search.turns import next_trial
from tests.fakes.search_world import MemoryJournal, SearchWorld

FAILURES = (
    Failure(fault=Fault.USER, message="the batch does not fit"),
    Failure(fault=Fault.PLATFORM, message="the machine went away"),
)
CONFIGS: dict[str, dict[str, Any]] = {
    "random": {"max_trials": 8},
    "bayesian": {"max_trials": 7, "max_concurrent": 2, "initial_points": 2, "target": 0.95},
    "evolutionary": {"population": 2, "rounds": 5, "max_trials": 7, "perturb_interval": 2},
}


class SearchMachine(RuleBasedStateMachine):
    """Jobs end in any order, events come twice, late or for others' trials, functions and managers die."""

    @initialize(strategy=st.sampled_from(sorted(CONFIGS)))
    def begin(self, strategy: str) -> None:
        self.search = SearchWorld(strategy, CONFIGS[strategy]).begin()
        self.stopped_by_user = False

    def trial(self, pick: int) -> int:
        return pick % max(1, len(self.search.trials))

    @precondition(lambda self: self.search.search.turn_open)
    @rule()
    def a_manager_proposes(self) -> None:
        self.search.propose()

    @precondition(lambda self: self.search.search.plan.strategy != "evolutionary")
    @rule(count=st.integers(1, 5))
    def a_manager_that_cannot_count_proposes(self, count: int) -> None:
        journal = MemoryJournal(self.search.world, self.search.search_id)
        for _ in range(count):
            journal.propose(next_trial(journal.read(), self.search.world.now))
        self.search.tell_turn()

    @rule(end=st.sampled_from(["completed", "failed", "stopped"]))
    def a_turn_ends(self, end: Any) -> None:
        failure = FAILURES[1] if end == "failed" else None
        self.search.end_turn(end, failure)

    @rule(pick=st.integers(0, 20))
    def a_job_trains(self, pick: int) -> None:
        self.search.trains(self.trial(pick))

    @rule(pick=st.integers(0, 20), epoch=st.integers(1, 3), quality=st.floats(0, 1))
    def a_job_tells_an_epoch(self, pick: int, epoch: int, quality: float) -> None:
        self.search.epoch(self.trial(pick), epoch, quality)

    @rule(pick=st.integers(0, 20), quality=st.floats(0, 1))
    def a_job_completes(self, pick: int, quality: float) -> None:
        if self.trial(pick) in self.search.running:
            self.search.leave_report(self.trial(pick), quality)
        self.search.change(f"trial/{self.trial(pick)}", "completed", minutes=1)

    @rule(pick=st.integers(0, 20), failure=st.sampled_from(FAILURES))
    def a_job_fails(self, pick: int, failure: Failure) -> None:
        self.search.fails(self.trial(pick), failure)

    @rule(pick=st.integers(0, 20))
    def a_job_is_stopped(self, pick: int) -> None:
        self.search.change(f"trial/{self.trial(pick)}", "stopped", minutes=1)

    @rule()
    def a_minute_passes(self) -> None:
        self.search.resume()

    @precondition(lambda self: not self.search.run.state.is_final and self.search.run.searching)
    @rule()
    def the_user_stops(self) -> None:
        self.search.world.stop(self.search.run)
        self.stopped_by_user = True

    @invariant()
    def no_more_run_than_may(self) -> None:
        assert len(self.search.running) <= self.search.search.plan.max_concurrent

    @invariant()
    def no_more_are_tried_than_may(self) -> None:
        jobs = [name for name in self.search.world.jobs.jobs if name.startswith("trial")]
        assert len(jobs) <= self.search.search.plan.max_trials

    @invariant()
    def every_trial_has_one_job_and_its_parents_weights(self) -> None:
        for trial in self.search.trials:
            if trial.state is TrialState.RUNNING:
                uris = {row.name: row.uri for row in self.search.job(trial.number).channels}
                parent = uris.get("base")
                assert parent == (None if trial.parent is None else self.search.data_uri(trial.parent))

    @invariant()
    def an_ended_search_has_nothing_left_and_its_run_goes_on_or_has_ended(self) -> None:
        search, run = self.search.search, self.search.run
        if search.state.is_final:
            assert not [trial for trial in self.search.trials if trial.state.is_open]
            assert search.settled
            assert not run.searching
            assert run.state.is_final or run.job_id in self.search.world.jobs.jobs
        if search.state is SearchState.FINISHED:
            assert search.best is not None

    @invariant()
    def use_is_told_once_and_only_of_what_was_not_our_fault(self) -> None:
        told = [event for event in self.search.world.events.published if isinstance(event, UsageReported)]
        assert len(told) <= 1
        run = self.search.run
        if run.state is RunState.FAILED and run.failure and run.failure.fault is Fault.PLATFORM:
            assert not told

    def teardown(self) -> None:
        """From any state, jobs that end and managers that work bring the search to its end."""
        if not hasattr(self, "search"):
            return
        for _ in range(60):
            if self.search.search.state.is_final:
                break
            if self.search.search.turn_open:
                self.search.propose()
                self.search.end_turn()
            for number in self.search.running:
                self.search.succeeds(number, 0.5)
            self.search.resume()
        assert self.search.search.settled
        if self.stopped_by_user:
            assert self.search.run.state is RunState.STOPPED


TestSearches = SearchMachine.TestCase
TestSearches.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
