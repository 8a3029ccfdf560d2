"""`model.json` of a model of tables: what the training image says about it and the serving image reads.

The folder holds `model.onnx`, `features.json` (the feature map), `background.json` and this document. The
graph's input is `features`, shape (n, features), float32.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from openbml_catalog.tabular.settings import AlgorithmType
from openbml_kit.faults import PlatformFault
from openbml_kit.model_manifest import FORMAT, MANIFEST_FILE

FEATURES_FILE = "features.json"
BACKGROUND_FILE = "background.json"
MOST_BACKGROUND_ROWS = 200
# Rows of one run of the graph: a neighbour search needs memory for each pair of a row and a known one.
ROWS_OF_A_RUN = 250


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True)


class TableColumn(_Document):
    """A column of the rows that are sent, as a form shows it.

    Attributes:
        kind: number, category, date or text.
        example: a value of training; None where training had none.
        choices: the values to choose from; empty where any may be typed.
        minimum, maximum: of a number in training; a value may lie outside.
    """

    name: str
    kind: str
    required: bool = True
    example: int | float | str | None = None
    choices: Sequence[str] = ()
    minimum: float | None = None
    maximum: float | None = None


class TableProof(_Document):
    """That the graph equals the trained model on real rows, and how fast it is.

    Attributes:
        max_abs_diff: the largest difference of two numbers that belong together, of rows within tolerance.
        tolerance: the most that was allowed: of probabilities absolute, of values as a share of a value's
            size, of the usual size where it is smaller.
        rows_beyond: rows of a stacked model that differ by more, at most 1 %: a prediction lay on a
            threshold of the next level's trees.
        compared_samples: rows.
        row_ms: median time of one row, rows_per_second: of 1,000 rows at once; one core of the machine that
            made the file, features already encoded.
    """

    opset: int
    max_abs_diff: float
    tolerance: float
    sha256: str
    compared_samples: int = Field(ge=1)
    rows_beyond: int = 0
    row_ms: float
    rows_per_second: float


class TableManifest(_Document):
    """Attributes:
    labels: the classes in the order of the scores; empty for a regression.
    quantiles: those that the values are, ascending; empty: one value, the mean or median.
    positive_label: of two classes the one whose score `recommended_threshold` is compared with.
    code_digest, image_digest: of `openbml_kit.provenance`; None in models from before they were told.
    """

    format: Literal["openbml.model/1"] = FORMAT
    task: Literal["tabular_prediction"] = "tabular_prediction"
    network: str
    kind: AlgorithmType
    target: str
    labels: Sequence[str] = ()
    quantiles: Sequence[float] = ()
    positive_label: str | None = None
    recommended_threshold: float | None = Field(default=None, ge=0, le=1)
    columns: Sequence[TableColumn] = Field(min_length=1)
    onnx: TableProof
    run_id: str
    snapshot_id: str
    framework_versions: Mapping[str, str]
    code_digest: str | None = None
    image_digest: str | None = None

    @model_validator(mode="after")
    def _fits_its_kind(self) -> "TableManifest":
        regression = self.kind is AlgorithmType.REGRESSION
        if regression == bool(self.labels) or (self.quantiles and not regression):
            raise ValueError("classes have labels, regressions may have quantiles")
        if len(self.labels) == 1 or (self.kind is AlgorithmType.BINARY and len(self.labels) != 2):
            raise ValueError("a binary model has two labels, a multi-class one at least two")
        if self.positive_label is not None and self.positive_label not in self.labels:
            raise ValueError("the positive label is one of the labels")
        return self

    @property
    def output(self) -> Literal["scores", "values"]:
        """Name of the graph's output, shape (n, width)."""
        return "scores" if self.labels else "values"

    @property
    def width(self) -> int:
        return len(self.labels) or len(self.quantiles) or 1


class Background(_Document):
    """`background.json`: rows of training that stand for the usual ones, to explain others by.

    Attributes:
        rows: column name -> value, as a request would send it.
    """

    format: Literal["openbml.background/1"] = "openbml.background/1"
    rows: Sequence[Mapping[str, Any]] = Field(min_length=1, max_length=MOST_BACKGROUND_ROWS)


def read_table_manifest(folder: Path) -> TableManifest:
    """Return the manifest of a model folder.

    Raises:
        PlatformFault: it is missing, of another format or of another task.
    """
    try:
        return TableManifest.model_validate_json((folder / MANIFEST_FILE).read_bytes())
    except (OSError, ValidationError) as error:
        raise PlatformFault(f"{MANIFEST_FILE} cannot be read: {error}") from error


def read_background(folder: Path) -> Background:
    """Return the background rows of a model folder.

    Raises:
        PlatformFault: they are missing or malformed.
    """
    try:
        return Background.model_validate_json((folder / BACKGROUND_FILE).read_bytes())
    except (OSError, ValidationError) as error:
        raise PlatformFault(f"{BACKGROUND_FILE} cannot be read: {error}") from error
