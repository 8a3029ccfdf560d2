"""The model folder: one graph that is proven to be the model, and what the serving image needs beside it."""

import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime

from openbml_kit.faults import PlatformFault
from openbml_kit.files import sha256_of, write_json
from openbml_kit.model_manifest import MANIFEST_FILE, MODEL_FILE
from openbml_kit.provenance import code_digest, image_digest
from openbml_kit.tables.column_maps import NumberColumn
from openbml_kit.tables.feature_map import FeatureMap
from openbml_kit.tables.table_manifest import (
    BACKGROUND_FILE,
    FEATURES_FILE,
    MOST_BACKGROUND_ROWS,
    ROWS_OF_A_RUN,
    Background,
    TableColumn,
    TableManifest,
    TableProof,
)
from openbml_tabular.examples import Floats
from openbml_tabular.graphs.builder import FEATURES, OPSET, GraphBuilder
from openbml_tabular.problem import Problem

TOLERANCE = 1e-4
MOST_COMPARED_ROWS = 2_000
# Of the rows of a stacked model: a prediction that lies on a threshold of the next level's trees may be
# rounded to either side of it, and both are right.
_MOST_BEYOND = 0.01
_BATCH_ROWS = 1_000
_TIMED_ROWS = 50
_SMALLEST = float(np.finfo(np.float32).tiny)
_MOST_GRAPH_BYTES = 2**31 - 1  # of a protobuf message
Row = Mapping[str, Any]
Doubles = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]


class Exportable(Protocol):
    """What has a graph: a predictor, or a model that it is made of."""

    def predict(self, x: Floats) -> Floats: ...

    def add_to(self, graph: GraphBuilder, features: str) -> str: ...


@dataclass(frozen=True)
class ModelFacts:
    """What the manifest says beside what is measured.

    Attributes:
        network: `AutoML`, or the model type of the expert mode.
        positive_label, recommended_threshold: of a binary model.
    """

    network: str
    target: str
    run_id: str
    snapshot_id: str
    framework_versions: Mapping[str, str] = field(default_factory=dict)
    positive_label: str | None = None
    recommended_threshold: float | None = None


def export_model(
    predictor: Exportable,
    feature_map: FeatureMap,
    problem: Problem,
    facts: ModelFacts,
    *,
    rows: Floats,
    background: Sequence[Row],
    folder: Path,
    members: Mapping[str, Exportable] | None = None,
    stacked: bool = False,
) -> TableProof:
    """Write `model.onnx`, `features.json`, `background.json` and `model.json`.

    Args:
        rows: real ones, encoded, that the graph is compared on; of many, an even part.
        background: raw rows of training; of many, an even part. Columns that are no features are left out.
        members: models that the predictor is made of and that see the same features, to name the one whose
            graph differs.
        stacked: models of the predictor see what others predict.

    Raises:
        PlatformFault: the graph is not the model, or too large to be stored.
    """
    compared = rows[_spread(len(rows), MOST_COMPARED_ROWS)]
    path = folder / MODEL_FILE
    folder.mkdir(parents=True, exist_ok=True)
    _write_graph(predictor, problem, compared.shape[1], path)
    differences = _differences(predictor, path, compared, problem)
    beyond = differences > TOLERANCE
    culprits = _differing(members or {}, problem, compared, folder) if beyond.any() else ""
    if culprits or beyond.sum() > (_MOST_BEYOND * len(compared) if stacked else 0):
        worst = differences.max()
        raise PlatformFault(f"the exported graph differs from the model by {worst:.2g}{culprits}")
    proof = _proof(path, compared, differences[~beyond], beyond)
    _write_text(folder / FEATURES_FILE, feature_map.model_dump_json())
    _write_background(folder, feature_map, background)
    manifest = _manifest(feature_map, problem, facts, proof)
    write_json(folder / MANIFEST_FILE, manifest.model_dump(mode="json"))
    return proof


def _write_graph(model: Exportable, problem: Problem, features: int, path: Path) -> None:
    builder = GraphBuilder(features)
    result = model.add_to(builder, builder.features)
    output = "scores" if problem.is_classification else "values"
    graph = builder.finished(result, output=output, width=problem.outputs)
    if (size := graph.ByteSize()) > _MOST_GRAPH_BYTES:
        raise PlatformFault(f"the model's graph has {size / 2**30:.1f} GiB, 2 can be stored: use fewer trees")
    onnx.save(graph, str(path))
    onnx.checker.check_model(str(path))  # by its file: a model in memory would be copied twice


def _session(path: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _run(session: onnxruntime.InferenceSession, rows: Floats) -> Floats:
    starts = range(0, len(rows), ROWS_OF_A_RUN)
    parts = [session.run(None, {FEATURES: rows[start : start + ROWS_OF_A_RUN]})[0] for start in starts]
    return np.concatenate(parts)


def _differences(model: Exportable, path: Path, rows: Floats, problem: Problem) -> Doubles:
    """Return each row's largest difference, shape (n,): of probabilities absolute, of values as a share of a
    value's size, of the usual size where it is smaller. Infinite where a number is not finite."""
    told, wanted = _run(_session(path), rows).astype(np.float64), model.predict(rows).astype(np.float64)
    if told.shape != wanted.shape:
        return np.full(len(rows), math.inf)
    with np.errstate(invalid="ignore"):
        difference = np.abs(told - wanted)
    if not problem.is_classification:
        size = np.abs(wanted)
        difference /= np.maximum(size, max(float(np.median(size)), _SMALLEST))
    largest: Doubles = np.where(np.isfinite(difference), difference, math.inf).max(axis=1)
    return largest


def _differing(members: Mapping[str, Exportable], problem: Problem, rows: Floats, folder: Path) -> str:
    """Return how far each member's own graph is off, worst first, as the end of a sentence."""
    found = {}
    path = folder / "member.onnx"
    for name, member in members.items():
        _write_graph(member, problem, rows.shape[1], path)
        found[name] = float(_differences(member, path, rows, problem).max())
        path.unlink()
    worst = sorted(found.items(), key=lambda item: -item[1])
    wrong = [f"{name} by {difference:.2g}" for name, difference in worst if difference > TOLERANCE]
    return f", of its members {', '.join(wrong)}" if wrong else ""


def _proof(path: Path, rows: Floats, within: Doubles, beyond: Booleans) -> TableProof:
    session = _session(path)
    singles = [rows[place : place + 1] for place in np.resize(np.arange(len(rows)), _TIMED_ROWS)]
    batch = np.resize(rows, (_BATCH_ROWS, rows.shape[1]))
    row_s = statistics.median(_seconds(partial(_run, session, row)) for row in singles)
    batch_s = min(_seconds(partial(_run, session, batch)) for _ in range(3))
    return TableProof(
        opset=OPSET,
        max_abs_diff=float(within.max()),
        rows_beyond=int(beyond.sum()),
        tolerance=TOLERANCE,
        sha256=sha256_of(path),
        compared_samples=len(rows),
        row_ms=round(row_s * 1000, 4),
        rows_per_second=round(_BATCH_ROWS / batch_s),
    )


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _manifest(
    feature_map: FeatureMap, problem: Problem, facts: ModelFacts, proof: TableProof
) -> TableManifest:
    return TableManifest(
        network=facts.network,
        kind=problem.kind,
        target=facts.target,
        labels=tuple(problem.labels),
        quantiles=tuple(problem.quantiles),
        positive_label=facts.positive_label,
        recommended_threshold=facts.recommended_threshold,
        columns=[
            TableColumn(
                name=column.name,
                kind=column.kind,
                required=column.required,
                example=column.example,
                choices=tuple(column.choices),
                minimum=column.minimum if isinstance(column, NumberColumn) else None,
                maximum=column.maximum if isinstance(column, NumberColumn) else None,
            )
            for column in feature_map.feature_columns
        ],
        onnx=proof,
        run_id=facts.run_id,
        snapshot_id=facts.snapshot_id,
        framework_versions=facts.framework_versions,
        code_digest=code_digest("openbml_tabular", "openbml_kit", "openbml_catalog"),
        image_digest=image_digest(),
    )


def _write_background(folder: Path, feature_map: FeatureMap, background: Sequence[Row]) -> None:
    names = [column.name for column in feature_map.feature_columns]
    chosen = [background[place] for place in _spread(len(background), MOST_BACKGROUND_ROWS)]
    document = Background(rows=[{name: _sendable(row[name]) for name in names} for row in chosen])
    write_json(folder / BACKGROUND_FILE, document.model_dump(mode="json"))


def _sendable(value: Any) -> int | float | str | bool | None:
    """Return a raw value as a request would send it; what is not finite is missing."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, Decimal):
        value = float(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    return value  # type: ignore[no-any-return]


def _spread(count: int, most: int) -> list[int]:
    """Return at most so many places, evenly spread over all."""
    places: list[int] = np.linspace(0, count - 1, min(count, most)).round().astype(int).tolist()
    return places


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
