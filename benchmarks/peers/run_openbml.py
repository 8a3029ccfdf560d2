"""Our AutoML, as a script would use it; what answers is the exported graph, as in serving."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy.typing as npt
import onnxruntime
import pyarrow as pa
import pyarrow.parquet as pq
from measured_system import Given, measure

from openbml_catalog.tabular.settings import AlgorithmType, Metric, TabularSettings
from openbml_tabular.automl.tables import TableSolution, solve_table
from openbml_tabular.features.encoding import encode_table
from openbml_tabular.graphs.builder import GraphBuilder


@dataclass
class Fitted:
    solved: TableSolution
    session: onnxruntime.InferenceSession
    classes: list[str]

    def predict(self, rows: pa.Table) -> npt.NDArray[Any]:
        features = encode_table(self.solved.feature_map, rows)
        (answers,) = self.session.run(None, {"features": features})
        return answers if self.classes else answers[:, 0]


def session_of(solved: TableSolution) -> onnxruntime.InferenceSession:
    graph = GraphBuilder(len(solved.feature_map.features))
    result = solved.solution.predictor.add_to(graph, graph.features)
    model = graph.finished(result, output="answers", width=solved.solution.problem.outputs)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model.SerializeToString(), options)


def fit(given: Given) -> Fitted:
    kind = AlgorithmType(given.kind)
    metric = Metric.AUTOMATIC if kind is AlgorithmType.REGRESSION else Metric(given.options["metric"])
    settings = TabularSettings(
        target=given.target, algorithm_type="automatic", metric=metric, seed=given.seed
    )
    solved = solve_table(given.train, settings, budget_s=given.budget_s, threads=2)
    for line in solved.solution.leaderboard:
        print(line)
    return Fitted(solved, session_of(solved), solved.labels)


def read(folder: Path, target: str) -> tuple[pa.Table, pa.Table]:
    return pq.read_table(folder / "train.parquet"), pq.read_table(folder / "test.parquet").drop([target])


def first(table: pa.Table, rows: int) -> pa.Table:
    return table.slice(0, rows)


if __name__ == "__main__":
    measure(fit, read, first)
