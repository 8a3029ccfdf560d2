"""Feature settings that a search chooses from: each has examples of its own, made when a trial first asks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from openbml_tabular.automl.sharing import SharedExamples
from openbml_tabular.automl.task import Task
from openbml_tabular.automl.workers import Executor
from openbml_tabular.examples import Examples

_FIRST_LABEL = "default"


@dataclass(frozen=True)
class FeatureVariant:
    """A setting of the feature-engineering operators.

    Attributes:
        label: what the report calls it.
        examples: makes the rows, the same in the same order as those of every other setting.
    """

    label: str
    examples: Callable[[], Examples]


class Variants:
    """Shares examples with those who fit, one level for each setting; levels are numbered from 1."""

    def __init__(self, task: Task, others: Sequence[FeatureVariant], workers: Executor, folder: Path) -> None:
        """Args:
        task: its examples have the first setting.
        """
        self._task, self._others, self._workers, self._folder = task, others, workers, folder
        self._shared: set[int] = set()

    def level(self, variant: int) -> int:
        """Return the level that has a setting's examples."""
        if variant not in self._shared:
            examples = self._task.training if variant == 0 else self._others[variant - 1].examples()
            folder = self._folder / f"features-{variant}"
            written = SharedExamples.written(examples, self._task.problem, self._task.folds, folder)
            self._workers.share(variant + 1, written)
            self._shared.add(variant)
        return variant + 1

    def label(self, variant: int) -> str | None:
        """Return what the report calls a setting; None where there is no choice."""
        if not self._others:
            return None
        return _FIRST_LABEL if variant == 0 else self._others[variant - 1].label
