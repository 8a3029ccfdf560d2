"""A turn of the manager: propose what is wanted, wait a while for results, leave.

A turn keeps nothing but what is in the table. It leaves when nothing is wanted for some time, so that no
machine waits while trials train; the platform begins another turn when a result makes room for more.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from openbml_catalog.search import StrategyName
from openbml_formats.searches import SearchState, StudyTrial, proposals_wanted
from openbml_kit.progress import Progress
from openbml_search.independent import next_values
from openbml_search.population import next_individual
from openbml_search.study import Journal, Study
from openbml_search.values import Texts

POLL_S = 2.0


def take_turn(
    journal: Journal,
    *,
    progress: Progress,
    now: Callable[[], datetime],
    sleep: Callable[[float], None],
    linger_s: float,
) -> int:
    """Propose trials until nothing has been wanted for `linger_s`; return how many were proposed."""
    proposed, waited = 0, 0.0
    while True:
        study = journal.read()
        if study.state is not SearchState.RUNNING or len(study.trials) >= study.plan.max_trials:
            return proposed
        new = _proposed(study, journal, now)
        if new:
            proposed, waited = proposed + new, 0.0
            progress.work(len(study.trials) + new, study.plan.max_trials)
        elif proposals_wanted(study.plan, study.trials):
            continue  # another manager was faster: look again
        elif waited >= linger_s:
            return proposed
        else:
            sleep(POLL_S)
            waited += POLL_S


def next_trial(study: Study, now: Callable[[], datetime]) -> StudyTrial:
    """Return the search's next trial; the same table gives the same one."""
    number, texts = len(study.trials), Texts(study.task)
    if study.plan.strategy is StrategyName.EVOLUTIONARY:
        one, seed = next_individual(study)
        return StudyTrial(
            number=number,
            parameters=texts.write(one.values),
            seed=seed,
            generation=one.generation,
            parent=one.parent,
            proposed_at=now(),
        )
    values, seed = next_values(study)
    return StudyTrial(number=number, parameters=texts.write(values), seed=seed, proposed_at=now())


def _proposed(study: Study, journal: Journal, now: Callable[[], datetime]) -> int:
    """Propose what is wanted; return how many were added before someone else changed the table."""
    wanted = proposals_wanted(study.plan, study.trials)
    for done in range(wanted):
        trial = next_trial(study, now)
        if not journal.propose(trial):
            return done
        study = replace(study, trials=[*study.trials, trial])
    return wanted
