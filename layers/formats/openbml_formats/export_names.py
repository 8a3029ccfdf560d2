"""Names of files in an export: as people know the samples, safe on every system, each stem once."""

import re
from pathlib import PurePosixPath

from openbml_formats.pairing import IMAGE_SUFFIXES
from openbml_formats.records import ExportSample

_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"|?*\\\ud800-\udfff]')
_PART_CHARACTERS = 120
_SOUND_SUFFIXES = frozenset({".wav", ".mp3", ".m4a"})


class ExportNames:
    """Gives each sample of one export a name of its own; memory is a hash per sample."""

    def __init__(self) -> None:
        self._taken: set[int] = set()

    def stem(self, sample: ExportSample) -> str:
        """Return the sample's name with its folders, without a suffix."""
        return self._unique(_safe_stem(sample.name), sample)

    def flat_stem(self, sample: ExportSample) -> str:
        """Return the sample's name without folders and suffix."""
        return self._unique(_safe_stem(sample.name).rpartition("/")[2], sample)

    def _unique(self, stem: str, sample: ExportSample) -> str:
        stem = stem or f"sample_{sample.sample_id}"
        unique, attempt = stem, 0
        while hash(unique.casefold()) in self._taken:
            attempt += 1
            unique = f"{stem}_{sample.sample_id}" + (f"_{attempt}" if attempt > 1 else "")
        self._taken.add(hash(unique.casefold()))
        return unique


def file_suffix(sample: ExportSample) -> str:
    """Return the suffix of the sample's content with its dot."""
    return f".{sample.extension.lstrip('.')}" if sample.extension else ""


def _safe_stem(name: str) -> str:
    parts = [_safe_part(part) for part in name.replace("\\", "/").split("/")]
    path = "/".join(part for part in parts if part)
    suffix = PurePosixPath(path).suffix.lower()
    known = suffix in IMAGE_SUFFIXES or suffix in _SOUND_SUFFIXES
    return path[: len(path) - len(suffix)] if known else path


def _safe_part(part: str) -> str:
    return _UNSAFE.sub("_", part).strip(" .")[-_PART_CHARACTERS:]
