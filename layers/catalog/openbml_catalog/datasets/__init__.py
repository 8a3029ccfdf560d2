"""Kinds of datasets and the formats they are imported from and exported to (spec 02 sections 1-4, 8.2, 9)."""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache

from pydantic import BaseModel, ConfigDict

from openbml_catalog.documents import load_document


class Content(StrEnum):
    """What a sample is."""

    IMAGE = "image"
    TEXT = "text"
    PAIR = "pair"
    TOKENS = "tokens"
    SOUND = "sound"
    ROWS = "rows"


class AnnotationForm(StrEnum):
    """What an annotation of the kind holds."""

    CLASSES = "classes"
    SIMILARITY = "similarity"
    BOXES = "boxes"
    POLYGONS = "polygons"
    TEXT_REGIONS = "text_regions"
    SPANS = "spans"
    TAGS = "tags"
    NONE = "none"


class LabelRule(StrEnum):
    IDENTIFIER = "identifier"
    ALPHANUMERIC = "alphanumeric"
    TEXT = "text"
    SIMILARITY = "similarity"


class Deduplication(StrEnum):
    ALWAYS = "always"
    CHOICE = "choice"
    NEVER = "never"


class LengthUnit(StrEnum):
    """`units` count a wide character, as Chinese ones are, as two."""

    CHARACTERS = "characters"
    UNITS = "units"


class ApiNames(BaseModel):
    """How the data API of the manual calls the kind (spec 02 section 8.2), and what its exports are."""

    model_config = ConfigDict(frozen=True)

    type: str
    template_type: str
    export_format: str


class DatasetKind(BaseModel):
    """A combination of data type, annotation type and template that a dataset can have."""

    model_config = ConfigDict(frozen=True)

    code: str
    data_type: str
    annotation_type: str
    template: str
    content: Content
    annotation_form: AnnotationForm
    several: bool
    label_rule: LabelRule
    deduplication: Deduplication
    online_annotation: bool
    unlabelled_import: bool = True
    regions_per_sample: int | None = None
    any_aspect_ratio: bool = False
    text_limit: int | None = None
    unit: LengthUnit = LengthUnit.CHARACTERS
    sound_limit_s: int | None = None
    tag_schemes: tuple[str, ...] = ()
    api: ApiNames | None = None


class FileSource(StrEnum):
    ARCHIVE = "archive"
    FILES = "files"
    EITHER = "either"


class DataFormat(BaseModel):
    """A file format; `reads` and `writes` are codes of dataset kinds."""

    model_config = ConfigDict(frozen=True)

    code: str
    title: str
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    labelled: bool
    source: FileSource
    suffixes: tuple[str, ...] = ()
    most_files: int = 1
    ours: bool = False


@cache
def dataset_kinds() -> Mapping[str, DatasetKind]:
    """Return all kinds by code."""
    rows = load_document("datasets", "kinds.yaml")["kinds"]
    return {row["code"]: DatasetKind.model_validate(row) for row in rows}


@cache
def data_formats() -> Mapping[str, DataFormat]:
    """Return all formats by code."""
    rows = load_document("datasets", "formats.yaml")["formats"]
    return {row["code"]: DataFormat.model_validate(row) for row in rows}


def find_kind(data_type: str, annotation_type: str, template: str) -> DatasetKind | None:
    wanted = (data_type, annotation_type, template)
    for kind in dataset_kinds().values():
        if (kind.data_type, kind.annotation_type, kind.template) == wanted:
            return kind
    return None
