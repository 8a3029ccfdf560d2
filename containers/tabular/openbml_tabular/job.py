"""One training job of tabular prediction, from its channels to its model folder."""

import signal
from collections.abc import Mapping
from dataclasses import dataclass, field

from openbml_catalog.tabular.conf import ExpertConf
from openbml_catalog.tabular.literals import ExpertScriptError
from openbml_catalog.tabular.script import parse_script
from openbml_catalog.tabular.settings import TabularMode
from openbml_kit.faults import PlatformFault, UserFault
from openbml_kit.places import Places, core_count
from openbml_kit.progress import Progress
from openbml_kit.stopping import SIGNAL, StopRequest
from openbml_tabular.automl.fallback import CODE as PRIOR
from openbml_tabular.automl.leaderboard import ENSEMBLE
from openbml_tabular.automl.solution import Solution
from openbml_tabular.automl.solving import solve
from openbml_tabular.automl.zoo import default_zoo, warm_up
from openbml_tabular.examples import Examples
from openbml_tabular.expert.solve import Solved, solve_expert
from openbml_tabular.job_data import JobData, read_job_data
from openbml_tabular.job_settings import JobSettings, read_settings
from openbml_tabular.job_variants import JobVariants
from openbml_tabular.models.registry import learners
from openbml_tabular.results import Finished, leave_results

SCRIPT_FILE = "script.py"


@dataclass(frozen=True)
class Solver:
    """How a job's problem is solved: within its time, on its cores, resumable."""

    settings: JobSettings
    places: Places
    progress: Progress
    threads: int
    stop: StopRequest = field(default_factory=lambda: StopRequest(max_seconds=0))

    def solved(self, data: JobData, training: Examples, variants: JobVariants) -> Solved:
        """Return what the solving phase found; it ends with the maximum training time.

        Args:
            training: with the first of the feature settings.

        Raises:
            UserFault: the script does not suit, or every trial failed.
        """
        folds = data.folds()
        seed, budget_s = self.settings.tabular.seed, float(self.settings.max_training_time_s)
        folder = self.places.checkpoints
        if self.settings.tabular.mode is TabularMode.AUTOML:
            return Solved(
                solve(
                    training,
                    data.problem,
                    folds,
                    zoo=default_zoo(),
                    budget_s=budget_s,
                    threads=self.threads,
                    seed=seed,
                    progress=self.progress,
                    checkpoints=folder,
                    stop=self._signalled,
                )
            )
        return solve_expert(
            training,
            data.problem,
            folds,
            self._conf(data),
            learners=learners(),
            budget_s=budget_s,
            threads=self.threads,
            seed=seed,
            progress=self.progress,
            checkpoints=folder,
            stop=self._signalled,
            variants=variants.others(),
        )

    def _signalled(self) -> str | None:
        return SIGNAL if self.stop.reason == SIGNAL else None

    def _conf(self, data: JobData) -> ExpertConf:
        """Return what the script says; the run was refused if it does not suit, unless the data changed."""
        folder = self.places.channel("code")
        if folder is None:
            raise PlatformFault("the job has no channel code with the expert script")
        try:
            conf = parse_script((folder / SCRIPT_FILE).read_text(encoding="utf-8"))
            conf.check_fits(data.problem.kind, self.settings.tabular.training_way)
        except OSError as error:
            raise PlatformFault(f"the expert script cannot be read: {error}") from error
        except ExpertScriptError as error:
            raise UserFault(f"the script: {error}") from error
        for warning in conf.warnings:
            self.progress.note("warning", warning)
        return conf


def run_job(places: Places, progress: Progress, env: Mapping[str, str]) -> None:
    """Read, solve, report, export. A stop request ends the solving early and keeps the best model so far.

    Raises:
        UserFault, PlatformFault: the job cannot be done.
    """
    settings = read_settings(places.hyper_parameters())
    solver = Solver(settings, places, progress, core_count(env))
    solver.stop.listen()
    progress.stage("loading")
    warm_up()
    data = read_job_data(places, settings.tabular)
    _tell(data, progress)
    progress.stage("features")
    variants = JobVariants(data, settings.tabular)
    training = variants.examples(0)
    progress.stage("training")
    solved = solver.solved(data, training, variants)
    solution = solved.solution
    for level, message in solution.notes:
        progress.note(level, message)
    if solution.ended_early is not None:
        progress.note("warning", f"training ended early: {solution.ended_early}")
    _refuse_broken(solution)
    if solved.variant:
        training = variants.examples(solved.variant)
    feature_map = variants.feature_map(solved.variant)
    leave_results(Finished(settings, data, feature_map, training, solution), places, progress)
    # A signal that comes now has nothing to save any more.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _tell(data: JobData, progress: Progress) -> None:
    analysis = data.target.analysis
    progress.note("info", f"{analysis.algorithm_type}: {analysis.reason_en}")
    for problem in analysis.problems:
        progress.note("warning", problem.message_en)
    if data.sampling is not None:
        progress.note("warning", data.sampling.reason_en)


def _refuse_broken(solution: Solution) -> None:
    """Raise PlatformFault where nothing but breakdowns left the best constant as the answer."""
    tried = [entry for entry in solution.leaderboard if entry.model not in (PRIOR, ENSEMBLE)]
    broken = [entry for entry in tried if entry.state == "failed"]
    if broken and not any(entry.state == "complete" for entry in tried):
        raise PlatformFault(f"no model could be trained: {broken[0].model}: {broken[0].reason}")
