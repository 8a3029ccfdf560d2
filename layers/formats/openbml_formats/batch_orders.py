"""Orders of batch predictions: what a function writes and the model's image reads.

The job finds its order at `/opt/ml/processing/input/order/order.json` and the model's folder at
`/opt/ml/processing/input/model`, reads and writes objects with its own credentials, and tells progress as
tagged lines. Its output is a sequence of parts of `part_items` items each; what the journal holds of a part
says that the part is written, so that a job that is started again goes on behind it.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, JsonValue

ORDER_FORMAT = "openbml.batch/1"


class InputFormat(StrEnum):
    """What an input is; `auto` is told by names and first bytes, or refused."""

    AUTO = "auto"
    JSONL = "jsonl"  # one request body per line
    FOLDER = "folder"  # a picture, text or sound per object
    ZIP = "zip"  # the same, packed
    CSV = "csv"  # a row per item
    PARQUET = "parquet"


class OutputFormat(StrEnum):
    JSONL = "jsonl"  # one answer per line
    FOLDER = "folder"  # one JSON file per item
    ZIP = "zip"  # the same, a zip per part
    CSV = "csv"  # the input's columns and the prediction's
    PARQUET = "parquet"


class BatchOrder(BaseModel):
    """What to predict, and where the predictions go.

    Attributes:
        input_uri: of an object, or of a prefix with `/` at its end: every object below it, by name.
        output_uri, journal_uri: prefixes with `/` at their ends.
        variant: the model's file that answers; None: the one that its manifest names.
        parameters: fields of every request that does not have them itself, e.g. `threshold`.
        part_items: items of a part; the same in every attempt.
    """

    model_config = ConfigDict(frozen=True)

    format: str = ORDER_FORMAT
    job_id: str
    input_uri: str = Field(pattern=r"^s3://")
    input_format: InputFormat = InputFormat.AUTO
    output_uri: str = Field(pattern=r"^s3://.+/$")
    output_format: OutputFormat = OutputFormat.JSONL
    journal_uri: str = Field(pattern=r"^s3://.+/$")
    variant: str | None = None
    parameters: Mapping[str, JsonValue] = Field(default_factory=dict)
    part_items: int = Field(ge=1, le=1_000_000)


class PartRecord(BaseModel):
    """A part that is written: `failed` of its `items` were answered with an error."""

    model_config = ConfigDict(frozen=True)

    items: int = Field(ge=1)
    failed: int = Field(ge=0)


class BatchSummary(BaseModel):
    """`summary.json` of the output, written when every part is there; the same from whichever node.

    Attributes:
        errors: how many items failed with each error code.
    """

    model_config = ConfigDict(frozen=True)

    job_id: str
    input_uri: str
    input_format: InputFormat
    output_format: OutputFormat
    items: int
    succeeded: int
    failed: int
    parts: int
    part_items: int
    errors: Mapping[str, int] = Field(default_factory=dict)


def part_name(index: int, extension: str) -> str:
    return f"part-{index:06}.{extension}"


def part_names(names: Sequence[str]) -> Sequence[int]:
    """Return the numbers of the parts among names of a journal, ascending."""
    found = [name.removeprefix("part-").removesuffix(".json") for name in names if name.startswith("part-")]
    return sorted(int(number) for number in found if number.isdigit())
