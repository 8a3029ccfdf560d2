"""Quality reports: what a version's samples are like, and what people should do about it."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

REPORT_FORMAT = "openbml.quality-report/1"
# Bounds that keep a report below a megabyte, whatever the version.
LISTED_SAMPLES = 20
LISTED_GROUPS = 200
LISTED_LABELS = 1_000
LISTED_COLUMNS = 1_000
LISTED_VALUES = 10


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True)


class QualitySettings(_Value):
    """What a report is ordered with.

    Attributes:
        similar_distance: how many of a look's 64 bits may differ between images that are called similar.
        table_manifest: key of the manifest that names a table's parts, data bucket.
    """

    similar_distance: int = Field(default=6, ge=0, le=7)
    table_manifest: str | None = None


class FindingSeverity(StrEnum):
    INFO = "info"
    WARNING = "warning"
    SERIOUS = "serious"


class SampleRef(_Value):
    sample_id: int
    name: str


class Finding(_Value):
    """Something that a person should know.

    Attributes:
        code: the same for findings of one sort.
        operator: code of a cleaning operator that mends it.
        count: how many samples, labels or columns it is about.
    """

    severity: FindingSeverity
    code: str
    message: str
    advice: str = ""
    operator: str | None = None
    count: int = 0
    samples: Sequence[SampleRef] = ()


class Distribution(_Value):
    """Figures of a quantity; bins are `edges[i] <= value < edges[i + 1]`, the last takes its upper edge.

    Attributes:
        sampled: quantiles and bins are of an even choice of the values, not of all.
    """

    count: int
    min: float
    max: float
    mean: float
    std: float
    p5: float
    p25: float
    p50: float
    p75: float
    p95: float
    edges: Sequence[float]
    counts: Sequence[int]
    sampled: bool = False


class SampleGroup(_Value):
    """Samples that are the same or similar; `samples` are the first of `count`."""

    count: int
    samples: Sequence[SampleRef]
    labels_differ: bool = False


class Duplicates(_Value):
    """Groups of the same samples; `extra` is how many would go if one of each group stayed."""

    groups: int = 0
    extra: int = 0
    listed: Sequence[SampleGroup] = ()


class LabelShare(_Value):
    """One label: in how many samples, how often, and over what share of an image's area in the mean."""

    label: str
    samples: int
    uses: int
    mean_area_share: float | None = None


class Balance(_Value):
    """How labels are spread; labels are the first thousand by number of samples."""

    samples: int = 0
    labelled: int = 0
    labels: Sequence[LabelShare] = ()
    label_count: int = 0
    ratio: float | None = None
    entropy: float | None = None


class ImageQuality(_Value):
    """Attributes:
    similar: groups by perceptual hash; `capped` tells how often not all candidates were compared.
    """

    measured: int
    width: Distribution | None = None
    height: Distribution | None = None
    aspect: Distribution | None = None
    size_kb: Distribution | None = None
    brightness: Distribution | None = None
    sharpness: Distribution | None = None
    broken: int = 0
    identical: Duplicates = Duplicates()
    similar: Duplicates = Duplicates()
    capped: int = 0


class RegionQuality(_Value):
    """Attributes:
    area_share: of a region's box in its image, 0 to 1.
    side_pixels: the shorter side of boxes.
    """

    regions: int
    per_sample: Distribution | None = None
    area_share: Distribution | None = None
    aspect: Distribution | None = None
    side_pixels: Distribution | None = None
    tiny: int = 0
    huge: int = 0
    outside: int = 0
    flat: int = 0
    overlapping: int = 0


class TextQuality(_Value):
    """Attributes:
    scripts: share of letters by script.
    vocabulary: distinct words (alphabets) and characters (Chinese); `vocabulary_capped`: there are more.
    noise: texts with markup, web addresses, e-mail addresses, emoji, full-width signs, loose blanks.
    same_pairs: pairs of twice the same text.
    """

    texts: int
    length: Distribution | None = None
    scripts: Mapping[str, float] = Field(default_factory=dict)
    vocabulary: int = 0
    vocabulary_capped: bool = False
    empty: int = 0
    noise: Mapping[str, int] = Field(default_factory=dict)
    duplicates: Duplicates = Duplicates()
    same_pairs: int = 0


class ChunkShare(_Value):
    """Chunks or spans of one entity type."""

    label: str
    chunks: int
    samples: int
    mean_length: float


class SequenceQuality(_Value):
    """Entities in texts: chunks of tags, or spans; lengths in tokens or characters."""

    chunks: int = 0
    types: Sequence[ChunkShare] = ()
    chunk_length: Distribution | None = None
    sentence_length: Distribution | None = None
    outside_share: float | None = None
    illegal: int = 0
    overlapping: int = 0
    blank_edges: int = 0


class SoundQuality(_Value):
    """Attributes:
    level_db: root mean square of PCM sounds against full scale.
    unmeasured: compressed sounds, of which only the duration is known.
    """

    sounds: int
    duration_s: Distribution | None = None
    sample_rates: Mapping[str, int] = Field(default_factory=dict)
    channels: Mapping[str, int] = Field(default_factory=dict)
    level_db: Distribution | None = None
    silent: int = 0
    clipped: int = 0
    broken: int = 0
    unmeasured: int = 0


class TopValue(_Value):
    value: str
    count: int


class ColumnProfile(_Value):
    """One column of a table.

    Attributes:
        sampled: of more than a million rows; distinct values are estimated, quantiles and top values are of
            every second, third … row.
        outliers: values beyond 1.5 times the interquartile range.
    """

    name: str
    type: str
    missing: int
    distinct: int
    sampled: bool = False
    min: str | None = None
    max: str | None = None
    mean: float | None = None
    std: float | None = None
    p5: float | None = None
    p25: float | None = None
    p50: float | None = None
    p75: float | None = None
    p95: float | None = None
    outliers: int | None = None
    zeros: int | None = None
    edges: Sequence[float] = ()
    counts: Sequence[int] = ()
    top: Sequence[TopValue] = ()
    constant: bool = False
    same_as: str | None = None


class TableQuality(_Value):
    """Attributes:
    columns: the first thousand of `column_count`.
    """

    rows: int
    column_count: int
    duplicate_rows: int | None = None
    columns: Sequence[ColumnProfile] = ()


class QualityReport(_Value):
    """One version's report; members are there for the kind of its samples."""

    format: str = REPORT_FORMAT
    dataset_name: str
    version_number: int
    kind: str
    samples: int
    balance: Balance | None = None
    images: ImageQuality | None = None
    regions: RegionQuality | None = None
    texts: TextQuality | None = None
    sequences: SequenceQuality | None = None
    sounds: SoundQuality | None = None
    table: TableQuality | None = None
    findings: Sequence[Finding] = ()
