"""What an export job is told and what it leaves: settings and result of the kind `export`."""

from pydantic import BaseModel, ConfigDict, Field


class ExportSettings(BaseModel):
    """What to write, and where.

    Attributes:
        format: code of the catalogue's formats.
        target_bucket, target_key: where the archive goes, the project's own storage or the customer's.
        customers: whether the bucket is the customer's; then a refusal is theirs to mend.
        table_manifest: key of a table's manifest, data bucket; None for samples.
    """

    model_config = ConfigDict(frozen=True)

    format: str
    target_bucket: str
    target_key: str = Field(min_length=1)
    customers: bool = False
    table_manifest: str | None = None


class ExportResult(BaseModel):
    model_config = ConfigDict(frozen=True)

    bucket: str
    key: str
    size_bytes: int
    sample_count: int
