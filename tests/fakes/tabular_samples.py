"""A small world of tabular prediction: an experiment and a table of five columns."""

from typing import Any

from openbml.training.runs import Run
from tests.fakes.training_samples import TrainingWorld

COLUMNS = {"id": "bigint", "age": "int", "city": "string", "paid_on": "date", "churn": "string"}
EXPERT = {"mode": "expert", "target": "churn", "algorithm_type": "binary"}


class TabularWorld(TrainingWorld):
    task_type = "tabular_prediction"
    direction = "tabular"

    def __init__(self) -> None:
        super().__init__()
        self.selection = self.data.add_table(6, COLUMNS)

    @property
    def request(self) -> dict[str, Any]:
        return {
            "training_data": [self.selection],
            "machine_type": "GPU_P4",
            "max_training_minutes": 60,
            "tabular": {"target": "churn"},
        }

    def expert(self, **settings: Any) -> Run:
        """Create a run of the expert mode with these settings of tables."""
        nodes = settings.pop("node_count", 1)
        changes = {
            name: settings.pop(name) for name in ("network", "hyper_parameter_source") if name in settings
        }
        return self.create(tabular={**EXPERT, **settings}, node_count=nodes, **changes)
