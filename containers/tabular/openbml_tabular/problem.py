"""What is to be learned."""

from collections.abc import Sequence
from dataclasses import dataclass

from openbml_catalog.tabular.settings import AlgorithmType, Metric, Objective


@dataclass(frozen=True)
class Problem:
    """A target whose kind is decided.

    Attributes:
        kind: binary, multiclass or regression.
        labels: the classes in the order of a prediction's columns; of a binary one the positive class is the
            second. Empty for a regression.
        metric: what models are chosen by, never `automatic`.
    """

    kind: AlgorithmType
    metric: Metric
    labels: Sequence[str] = ()
    objective: Objective = Objective.MEAN
    quantiles: Sequence[float] = ()

    @property
    def is_classification(self) -> bool:
        return self.kind is not AlgorithmType.REGRESSION

    @property
    def outputs(self) -> int:
        """Columns of a prediction: a probability for each class, a value, or a value for each quantile."""
        return len(self.labels) or len(self.quantiles) or 1
