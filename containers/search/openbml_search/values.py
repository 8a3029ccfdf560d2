"""Values of hyper-parameters between a search's space, its trials' texts and numbers to calculate with."""

import json
from collections.abc import Mapping

from openbml_catalog.networks import hyper_parameters
from openbml_catalog.search import search_parameters

Values = Mapping[str, float]


class Texts:
    """How a task's trials write their values."""

    def __init__(self, task: str) -> None:
        declared = hyper_parameters(task)
        self._rows = {name: (row, declared[row.parameter]) for name, row in search_parameters(task).items()}

    def write(self, values: Values) -> dict[str, str]:
        return {
            name: self._rows[name][0].text_of(value, self._rows[name][1]) for name, value in values.items()
        }


def read(parameters: Mapping[str, str]) -> dict[str, float]:
    """Return a trial's values as numbers; true is 1."""
    return {name: float(json.loads(text)) for name, text in parameters.items()}
