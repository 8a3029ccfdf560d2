"""What a search proposes: only what the task offers, never twice, sooner or later what is better."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbml_catalog.augmentation import default_policies, operators_of
from openbml_catalog.augmentation.settings import read_augmentation
from openbml_deep.augmentation.candidates import Candidate, Proposals, Trial
from openbml_deep.augmentation.journal import FILE, Journal, JournalTrial, read_journal

TASK = "image_classification"


def tried(proposals: Proposals, count: int) -> list[Trial]:
    trials: list[Trial] = []
    for _ in range(count):
        candidate = proposals.next(trials)
        trials.append(Trial(candidate, loss_of(candidate)))
    return trials


def loss_of(candidate: Candidate) -> float:
    """Gentle changes of colour are the best."""
    return sum(abs(row.level - 5) + 4 * (row.name not in ("Brightness", "Color")) for row in candidate)


@pytest.mark.parametrize("task", sorted(default_policies()))
def test_proposals_are_two_operators_of_the_task_and_make_a_setting(task: str) -> None:
    proposals = Proposals(task, seed=1)
    for trial in tried(proposals, 30):
        assert len({choice.name for choice in trial.candidate}) == 2
        assert {choice.name for choice in trial.candidate} <= set(operators_of(task))
        operators = [
            {"name": step.name, "probability": step.probability}
            | ({"magnitude": [step.low, step.high]} if operators_of(task)[step.name].magnitude else {})
            for step in proposals.steps(trial.candidate)
        ]
        read_augmentation({"mode": "manual", "operators": operators}, task)


@given(seed=st.integers(0, 2**31))
def test_the_same_seed_proposes_the_same_and_nothing_twice(seed: int) -> None:
    first, second = tried(Proposals(TASK, seed=seed), 25), tried(Proposals(TASK, seed=seed), 25)
    assert first == second
    assert len({trial.candidate for trial in first}) == 25


def test_a_search_that_was_cut_off_proposes_what_it_would_have_proposed() -> None:
    trials = tried(Proposals(TASK, seed=7), 30)
    assert Proposals(TASK, seed=7).next(trials[:20]) == trials[20].candidate


def test_later_proposals_are_better_than_those_at_random() -> None:
    means = []
    for seed in range(5):
        losses = [trial.loss for trial in tried(Proposals(TASK, seed=seed), 60)]
        means.append((sum(losses[:12]) / 12, sum(losses[-12:]) / 12))
    assert all(late < early for early, late in means)


class TestJournal:
    def test_what_is_written_is_read(self, tmp_path: Path) -> None:
        candidate = Proposals(TASK, seed=1).next([])
        row = JournalTrial(candidate=candidate, loss=2.0)
        journal = Journal(fingerprint="a", seconds=3.5, plain_loss=1.25, trials=(row,))
        journal.write(tmp_path)
        assert read_journal(tmp_path, "a", unheard) == journal

    @pytest.mark.parametrize("text", [None, "{", '{"fingerprint": 3}', '{"fingerprint": "b"}'])
    def test_another_or_a_damaged_one_starts_anew_with_a_note(self, tmp_path: Path, text: str | None) -> None:
        heard: list[str] = []
        if text is not None:
            (tmp_path / FILE).write_text(text)
        assert read_journal(tmp_path, "a", lambda _level, words: heard.append(words)) == Journal(
            fingerprint="a"
        )
        assert len(heard) == (text is not None)


def unheard(_level: str, words: str) -> None:
    raise AssertionError(words)
