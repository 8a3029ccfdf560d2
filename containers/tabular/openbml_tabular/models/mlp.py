"""A small neural network, code MLP."""

from openbml_tabular.examples import Examples
from openbml_tabular.models.learner import FitLimits, Parameters
from openbml_tabular.models.network import NetworkModel
from openbml_tabular.models.parameters import Settings, number, whole
from openbml_tabular.models.stopping import begun
from openbml_tabular.problem import Problem

KNOWN = {
    "hidden_width": whole(8, 1024),
    "hidden_layers": whole(1, 8),
    "learning_rate": number(1e-5, 1),
    "dropout": number(0, 0.9),
    "weight_decay": number(0, 10),
    "batch_size": whole(8, 4096),
    "epochs": whole(1, 1000),
    "wave_frequency": number(0.001, 10),
}
_MOST_ROWS = 300_000
_MOST_CELLS = 30_000_000


class NeuralNetwork:
    """RealMLP, made for one or two cores: three layers over waves of the numbers and embeddings of codes.

    The learning rate's schedule ends with the deadline where that is sooner than the planned steps.

    Source: Holzmüller et al. 2024, "Better by default", arXiv:2407.04491 (RealMLP-TD); labels are smoothed
    less the more rows there are, for the sake of probabilities.
    """

    code = "MLP"

    def takes(self, problem: Problem, *, rows: int, features: int) -> bool:
        return rows <= _MOST_ROWS and rows * features <= _MOST_CELLS and problem.outputs <= 200

    def memory_bytes(self, problem: Problem, *, rows: int, features: int) -> int:
        return rows * (features * 12 + 16) + features * 2_000_000 + 300_000_000

    def fit(
        self,
        training: Examples,
        validation: Examples | None,
        problem: Problem,
        parameters: Parameters,
        *,
        limits: FitLimits,
        seed: int,
    ) -> NetworkModel:
        settings = Settings(self.code, KNOWN, parameters)
        begun(limits)
        # torch takes seconds and 200 MB: only those who fit a network pay for it.
        from openbml_tabular.models.network_fitting import fitted_network

        return fitted_network(training, validation, problem, settings, limits=limits, seed=seed)
