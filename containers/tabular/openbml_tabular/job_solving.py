"""The solving phase of a job: AutoML or the expert's search, on one machine or on all of a cluster."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from openbml_catalog.tabular.conf import ExpertConf
from openbml_catalog.tabular.literals import ExpertScriptError
from openbml_catalog.tabular.script import parse_script
from openbml_catalog.tabular.settings import FeatureMode, TabularMode
from openbml_kit.faults import PlatformFault, UserFault
from openbml_kit.places import Places
from openbml_kit.progress import Progress
from openbml_kit.stopping import SIGNAL, StopRequest
from openbml_kit.tables.feature_map import FeatureMap
from openbml_tabular.automl.memory import plannable_bytes
from openbml_tabular.automl.solution import Solution
from openbml_tabular.automl.solving import fits_side_by_side, solve
from openbml_tabular.automl.workers import Executor
from openbml_tabular.automl.zoo import default_zoo
from openbml_tabular.distributed.cluster_workers import Machines
from openbml_tabular.distributed.split_rows import solve_split
from openbml_tabular.examples import Examples
from openbml_tabular.expert.feature_settings import Chosen, feature_settings
from openbml_tabular.expert.solve import solve_expert
from openbml_tabular.expert.variants import FeatureVariant
from openbml_tabular.job_data import JobData, fitted_features
from openbml_tabular.job_settings import JobSettings
from openbml_tabular.models.registry import learners

SCRIPT_FILE = "script.py"


@dataclass(frozen=True)
class Solved:
    """A solution with the features and rows that its predictor was made from."""

    solution: Solution
    feature_map: FeatureMap
    training: Examples


class Features:
    """The training rows under one setting of the operators, made when they are first asked for."""

    def __init__(self, data: JobData, settings: JobSettings, operators: Chosen | None = None) -> None:
        self._data, self._settings, self._operators = data, settings, operators

    @cached_property
    def feature_map(self) -> FeatureMap:
        return fitted_features(self._data, self._settings.tabular, self._operators)

    @cached_property
    def examples(self) -> Examples:
        return self._data.examples(self.feature_map)


@dataclass(frozen=True)
class Solver:
    """How a job's problem is solved: within its time, on its cores, resumable.

    Attributes:
        machines: of a cluster; None: there is this one.
    """

    settings: JobSettings
    places: Places
    progress: Progress
    threads: int
    stop: StopRequest
    machines: Machines | None = None

    def solved(self, data: JobData) -> Solved:
        """Return what the solving phase found; it ends with the maximum training time.

        Raises:
            UserFault: the features or the script do not suit, or every trial failed.
        """
        self.progress.stage("features")
        features = self._features(data)
        first = features[0]
        training = first.examples
        self.progress.stage("training")
        if self.settings.tabular.mode is TabularMode.AUTOML:
            return Solved(self._automl(data, training), first.feature_map, training)
        solution, variant = self._expert(data, training, features[1:])
        chosen = features[variant]
        return Solved(solution, chosen.feature_map, chosen.examples)

    def _features(self, data: JobData) -> Sequence[Features]:
        engineering = self.settings.tabular.feature_engineering
        if engineering.mode is not FeatureMode.AUTO:
            return [Features(data, self.settings)]
        tried = feature_settings(engineering.operators, seed=self.settings.tabular.seed)
        return [Features(data, self.settings, operators) for operators in tried]

    def _automl(self, data: JobData, training: Examples) -> Solution:
        return solve(
            training,
            data.problem,
            data.folds(),
            zoo=default_zoo(),
            budget_s=float(self.settings.max_training_time_s),
            threads=self.threads,
            seed=self.settings.tabular.seed,
            progress=self.progress,
            checkpoints=self.places.checkpoints,
            stop=self._signalled,
            executor=self._executor(training),
            free_bytes=self._free_bytes,
        )

    def _free_bytes(self) -> int:
        """Machines of a job are alike: all have as much memory as this one."""
        return plannable_bytes() * (1 if self.machines is None else self.machines.count)

    def _executor(self, training: Examples) -> Executor | None:
        if self.machines is None:
            return None
        return self.machines.workers(learners(), each=fits_side_by_side(training.x.size, self.threads))

    def _on_split_rows(self, data: JobData, training: Examples, machines: Machines) -> Solution:
        """Every fit of the distributed way trains on all machines, each on its share of the rows."""
        return solve_split(
            training,
            data.problem,
            data.folds(),
            self._conf(data),
            client=machines.client,
            look=machines.look,
            learners=learners(),
            budget_s=float(self.settings.max_training_time_s),
            seed=self.settings.tabular.seed,
            progress=self.progress,
            checkpoints=self.places.checkpoints,
            stop=self._signalled,
        )

    def _expert(self, data: JobData, training: Examples, others: Sequence[Features]) -> tuple[Solution, int]:
        if self.machines is not None and not others:
            return self._on_split_rows(data, training, self.machines), 0
        solved = solve_expert(
            training,
            data.problem,
            data.folds(),
            self._conf(data),
            learners=learners(),
            budget_s=float(self.settings.max_training_time_s),
            threads=self.threads,
            seed=self.settings.tabular.seed,
            progress=self.progress,
            checkpoints=self.places.checkpoints,
            stop=self._signalled,
            executor=self._executor(training),
            variants=[
                FeatureVariant(f"setting {number}", lambda other=other: other.examples)  # type: ignore[misc]
                for number, other in enumerate(others, 2)
            ],
        )
        return solved.solution, solved.variant

    def _signalled(self) -> str | None:
        return SIGNAL if self.stop.reason == SIGNAL else None

    def _conf(self, data: JobData) -> ExpertConf:
        """Return what the script says; a run whose script does not suit was refused before it began."""
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
