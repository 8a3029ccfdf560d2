"""Orders and results of data jobs: what a function writes and the `data` image reads, and back.

A job finds its order at `/opt/ml/processing/input/order/order.json`, reads and writes the project's objects
with its own credentials, tells progress as tagged lines, and leaves `result_key` in the uploads bucket as its
last act: whoever finds it there knows that everything else is written.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from openbml_formats.protocols import ExportInfo

ORDER_FORMAT = "openbml.data-job/1"


class DataJobKind(StrEnum):
    """What a data job does; the kind is the first argument of the image's `process`."""

    PLAN_IMPORT = "plan_import"  # reads an upload that is too large for a function, writes shards
    IMPORT_TABLE = "import_table"
    EXPORT = "export"
    QUALITY_REPORT = "quality_report"
    CLEANING = "cleaning"
    AUGMENTATION = "augmentation"


class DataJobOrder(BaseModel):
    """What to do, with which data.

    Attributes:
        project_prefix: `projects/{id}/`, under which everything lies that the job touches.
        samples: keys of listings in the uploads bucket, in order (`openbml_formats.listings`).
        uploads: keys of uploaded files with their names, for imports.
        shards_prefix: where shards of a planned import go (`openbml_formats.planned`), uploads bucket.
        settings: the kind's own, validated by its model on both sides.
    """

    model_config = ConfigDict(frozen=True)

    format: str = ORDER_FORMAT
    job_id: str
    kind: DataJobKind
    data_bucket: str
    uploads_bucket: str
    project_prefix: str
    dataset: ExportInfo
    samples: Sequence[str] = ()
    sample_count: int = 0
    uploads: Sequence[tuple[str, str]] = ()
    shards_prefix: str = ""
    result_key: str
    settings: Mapping[str, JsonValue] = Field(default_factory=dict)
