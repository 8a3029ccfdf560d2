"""Lists of a version's samples, as jobs read them: compressed JSON, up to a thousand samples a file."""

import zlib
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, TypeAdapter

from openbml_formats.annotations import Annotation


class ListedSample(BaseModel):
    """One sample with all that is known of it; its content is the blob of that SHA-256, or its texts."""

    model_config = ConfigDict(frozen=True)

    sample_id: int
    name: str
    texts: tuple[str, ...] = ()
    annotation: Annotation = Annotation()
    annotation_source: str = "imported"
    extension: str = ""
    width: int = 0
    height: int = 0
    duration_ms: int = 0
    size_bytes: int = 0
    sha256: str = ""


_SAMPLES = TypeAdapter(list[ListedSample])


def packed_listing(samples: Sequence[ListedSample]) -> bytes:
    return zlib.compress(_SAMPLES.dump_json(list(samples), exclude_defaults=True), level=1)


def unpacked_listing(data: bytes) -> Sequence[ListedSample]:
    return _SAMPLES.validate_json(zlib.decompress(data))
