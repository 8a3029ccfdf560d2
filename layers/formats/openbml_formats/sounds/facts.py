"""What is known of a sound, and what is wrong with one."""

from typing import NamedTuple

from openbml_formats.limits import MIB
from openbml_formats.records import AnnotationError

SOUND_BYTES = 4 * MIB  # as of images; 15 s of a CD are 2.5 MiB
MOST_CHANNELS = 8
RATES_HZ = range(4_000, 384_001)


class SoundError(AnnotationError):
    """A sound that no sample can have; `reason` is a report's code."""


class SoundFacts(NamedTuple):
    """`duration_ms` is rounded up: a sound of 15.0001 s is longer than 15 s."""

    extension: str
    duration_ms: int
    sample_rate: int
    channels: int


def facts(extension: str, samples: int, sample_rate: int, channels: int) -> SoundFacts:
    """Return the facts of `samples` per channel. Raises SoundError where they cannot be."""
    if sample_rate not in RATES_HZ or not 1 <= channels <= MOST_CHANNELS:
        raise SoundError("sound_damaged", f"says {sample_rate} Hz and {channels} channels")
    if samples <= 0:
        raise SoundError("sound_damaged", "holds no sound")
    return SoundFacts(extension, -(-samples * 1000 // sample_rate), sample_rate, channels)
