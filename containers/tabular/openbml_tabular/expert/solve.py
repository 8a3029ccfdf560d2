"""Expert mode: one kind of model, searched as the script says, within the maximum training time."""

import contextlib
import hashlib
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from openbml_catalog.tabular.conf import ExpertConf
from openbml_kit.faults import UserFault
from openbml_kit.progress import Progress
from openbml_tabular.automl.budget import Budget
from openbml_tabular.automl.checkpoints import Store, digest_of
from openbml_tabular.automl.folds import Folds
from openbml_tabular.automl.memory import plannable_bytes
from openbml_tabular.automl.search import Zoo
from openbml_tabular.automl.solution import Solution
from openbml_tabular.automl.task import Task
from openbml_tabular.automl.workers import Executor, LocalWorkers
from openbml_tabular.examples import Examples
from openbml_tabular.expert.solving import Solving
from openbml_tabular.expert.study import Search
from openbml_tabular.expert.variants import FeatureVariant, Variants
from openbml_tabular.models.learner import Learner
from openbml_tabular.problem import Problem

_JOURNAL = "study.journal"


@dataclass(frozen=True)
class Solved:
    """Attributes:
    variant: number of the feature settings that the predictor's features come from.
    """

    solution: Solution
    variant: int = 0


def solve_expert(
    training: Examples,
    problem: Problem,
    folds: Folds | npt.NDArray[np.integer],
    conf: ExpertConf,
    *,
    learners: Mapping[str, Learner],
    budget_s: float,
    threads: int,
    seed: int,
    progress: Progress,
    checkpoints: Path | None = None,
    stop: Callable[[], str | None] = lambda: None,
    executor: Executor | None = None,
    variants: Sequence[FeatureVariant] = (),
    free_bytes: Callable[[], int] = plannable_bytes,
) -> Solved:
    """Return the best model of the script's search: a bag of one model for each fold, calibrated.

    At the end of the budget the solving stops by force: fits that still run are ended, the best model so far
    is kept, and the solution's `ended_early` is `time_limit`.

    Args:
        training: with the first feature settings.
        folds: each row's fold, shape (n,) or (n, repeats), -1 for rows that always train.
        budget_s: seconds of this call and of earlier ones with the same check-points.
        threads: cores that may be used.
        checkpoints: a folder that outlives the process; a repeated call goes on with the study in it.
        stop: asked often; its text ends the search and is the solution's `ended_early`.
        executor: where fits run; by default processes of this machine. It is closed in the end.
        variants: further feature settings, which are searched together with the hyper-parameters.

    Raises:
        UserFault: the model cannot learn such a problem, or every trial failed.
    """
    started = time.monotonic()
    learner = learners[conf.model_type]
    zoo = Zoo({conf.model_type: learner}, portfolio=(), spaces={})
    task = Task(training, problem, Folds.of(folds), zoo, seed)
    count = workers_for(threads, _needed_bytes(task, learner), free_bytes())
    with contextlib.ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="openbml-expert-")))
        workers = executor or LocalWorkers(count, zoo.learners)
        stack.callback(workers.close)
        store = Store.opened(checkpoints or scratch, _digest(task, conf))
        solving = Solving(
            task=task,
            conf=conf,
            search=Search(conf, variants=1 + len(variants), seed=seed, journal=store.folder / _JOURNAL),
            variants=Variants(task, variants, workers, scratch),
            budget=Budget(budget_s, store.used_s, started),
            store=store,
            workers=workers,
            threads=max(threads // count, 1),
            progress=progress,
            stop=stop,
        )
        return Solved(*solving.solved())


def workers_for(threads: int, needed_bytes: int, free_bytes: int) -> int:
    """Return how many fits run side by side: one for each core, as far as memory goes, and one at least."""
    return max(1, min(threads, free_bytes // max(needed_bytes, 1)))


def _needed_bytes(task: Task, learner: Learner) -> int:
    """Return the memory of one fit.

    Raises:
        UserFault: the learner cannot learn this.
    """
    rows, features = task.folds.most_rows(), task.training.x.shape[1]
    if not learner.takes(task.problem, rows=rows, features=features):
        raise UserFault(
            f"{learner.code} cannot learn {_told(task.problem)} from {rows} rows with {features} features in "
            "a sensible time; choose another model or a smaller dataset version"
        )
    return learner.memory_bytes(task.problem, rows=rows, features=features) + rows * features * 4


def _told(problem: Problem) -> str:
    kind = f"{problem.kind} problems"
    return kind if problem.is_classification else f"{kind} of the objective {problem.objective}"


def _digest(task: Task, conf: ExpertConf) -> str:
    """Tell one search from another: trials of other rows or another script are of no use."""
    of_rows = digest_of(task.training, task.problem, task.folds, task.seed)
    return hashlib.sha256(f"{of_rows}{conf!r}".encode()).hexdigest()
