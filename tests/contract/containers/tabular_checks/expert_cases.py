"""Tables, scripts, a learner and an executor for the checks of the expert mode."""

import io
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from openbml_catalog.tabular.conf import ExpertConf
from openbml_catalog.tabular.ranges import read_range
from openbml_catalog.tabular.settings import AlgorithmType, Metric, TrainingWay
from openbml_kit.progress import Progress
from openbml_kit.tables.features import Feature, FeatureKind
from openbml_tabular.automl.fits import Fit, Outcome, run
from openbml_tabular.automl.sharing import SharedExamples
from openbml_tabular.examples import Examples, Floats
from openbml_tabular.expert.solve import Solved, solve_expert
from openbml_tabular.models.learner import FitLimits, Learner, Parameters
from openbml_tabular.problem import Problem

CLASSES = {AlgorithmType.BINARY: 2, AlgorithmType.MULTICLASS: 3}


def table(kind: AlgorithmType, rows: int = 150, *, seed: int = 0) -> tuple[Examples, Problem]:
    """Return rows that three of their numbers and a code explain."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(rows, 5)).astype(np.float32)
    x[:, 4] = random.integers(0, 3, rows)
    x[::17, 2] = np.nan
    value = 2 * x[:, 0] - x[:, 1] + (x[:, 4] == 1) + random.normal(scale=0.3, size=rows)
    features = [Feature(name=f"n{place}", column=f"n{place}", kind=FeatureKind.NUMBER) for place in range(4)]
    features.append(Feature(name="city", column="city", kind=FeatureKind.CODE, cardinality=3))
    if kind is AlgorithmType.REGRESSION:
        return Examples(x, value.astype(np.float64), features), Problem(kind, Metric.RMSE)
    cuts = np.quantile(value, np.linspace(0, 1, CLASSES[kind] + 1)[1:-1])
    labels = [f"class {number}" for number in range(CLASSES[kind])]
    return Examples(x, np.digitize(value, cuts), features), Problem(kind, Metric.LOG_LOSS, labels)


def conf(space: dict[str, object], **changes: object) -> ExpertConf:
    """Return a search of the forest's hyper-parameters."""
    ranges = {name: read_range(document) for name, document in space.items()}
    plain = ExpertConf(AlgorithmType.REGRESSION, TrainingWay.SINGLE, True, "RF", {}, ranges, max_trials=8)
    return replace(plain, **changes)


@dataclass
class InlineExecutor:
    """Does each fit at once, in this process."""

    learners: dict[str, Learner]
    levels: dict[int, SharedExamples] = field(default_factory=dict)
    done: list[Outcome] = field(default_factory=list)

    def free(self) -> int:
        return int(not self.done)

    def share(self, level: int, examples: SharedExamples) -> None:
        self.levels[level] = examples

    def submit(self, fit: Fit) -> None:
        self.done.append(run(fit, self.learners, self.levels))

    def finished(self, timeout_s: float) -> Sequence[Outcome]:
        done, self.done = self.done, []
        return done

    def close(self) -> None:
        self.done.clear()


@dataclass(frozen=True)
class Scaled:
    """Says a share of the first feature."""

    share: float
    size_bytes: int = 100

    def predict(self, x: Floats) -> Floats:
        return (x[:, :1] * np.float32(self.share)).astype(np.float32)


@dataclass(frozen=True)
class ScalingLearner:
    """Says the better a share of the first feature, the nearer `min_samples_leaf` is to 5.

    Attributes:
        hangs_above, fails_above: values of `max_depth` from which a fit never ends, or fails.
    """

    hangs_above: int = 1000
    fails_above: int = 1000
    code: str = "RF"

    def takes(self, problem: Problem, *, rows: int, features: int) -> bool:
        return True

    def memory_bytes(self, problem: Problem, *, rows: int, features: int) -> int:
        return 1000

    def fit(
        self,
        training: Examples,
        validation: Examples | None,
        problem: Problem,
        parameters: Parameters,
        *,
        limits: FitLimits,
        seed: int,
    ) -> Scaled:
        depth = int(parameters.get("max_depth", 1))
        if depth > self.fails_above:
            raise ValueError(f"cannot be {depth} deep")
        while depth > self.hangs_above:
            time.sleep(1)
        return Scaled(2 - abs(int(parameters.get("min_samples_leaf", 1)) - 5) / 10)


def solved(wanted: ExpertConf, learner: Learner | None = None, **more: object) -> Solved:
    """Return the solution over three folds of a small table."""
    examples, problem = table(AlgorithmType.REGRESSION)
    learners = {"RF": learner or ScalingLearner()}
    told = {
        "learners": learners,
        "budget_s": 20.0,
        "threads": 1,
        "seed": 3,
        "progress": Progress(io.StringIO()),
        "executor": InlineExecutor(learners),
    }
    return solve_expert(examples, problem, np.arange(len(examples)) % 3, wanted, **{**told, **more})
