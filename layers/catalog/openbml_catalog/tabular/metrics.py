"""What models of tabular prediction can be chosen by."""

from collections.abc import Mapping, Sequence
from functools import cache

from pydantic import BaseModel, ConfigDict

from openbml_catalog.documents import load_document
from openbml_catalog.tabular.settings import AlgorithmType, Metric, Objective


class TabularMetric(BaseModel):
    """Attributes:
    kinds: of problems that it fits; objectives: of a regression, those that it fits.
    automatic: the default of these.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Metric
    kinds: tuple[AlgorithmType, ...]
    objectives: tuple[Objective, ...] = (Objective.MEAN,)
    automatic: bool = False
    lower_is_better: bool = False
    label_en: str
    label_zh: str
    help_en: str
    help_zh: str

    def fits(self, kind: AlgorithmType, objective: Objective) -> bool:
        return kind in self.kinds and objective in self.objectives


@cache
def metrics() -> Mapping[Metric, TabularMetric]:
    """Return all metrics by name, in the order that forms show them."""
    rows = [TabularMetric.model_validate(row) for row in load_document("tabular", "metrics.yaml")["metrics"]]
    return {row.name: row for row in rows}


def metrics_for(kind: AlgorithmType, objective: Objective = Objective.MEAN) -> Sequence[TabularMetric]:
    """Return the metrics of a kind of problem, never empty."""
    return [row for row in metrics().values() if row.fits(kind, objective)]


def chosen_metric(metric: Metric, kind: AlgorithmType, objective: Objective = Objective.MEAN) -> Metric:
    """Return what `automatic` stands for; any other metric is itself.

    Raises:
        ValueError: the metric does not fit such a problem; the text says which do.
    """
    fitting = metrics_for(kind, objective)
    if metric is Metric.AUTOMATIC:
        return next(row.name for row in fitting if row.automatic)
    if metric not in [row.name for row in fitting]:
        told = f"a {kind} of the objective {objective}" if kind is AlgorithmType.REGRESSION else f"{kind}"
        raise ValueError(f"{metric} does not fit {told}; use {', '.join(row.name for row in fitting)}")
    return metric
