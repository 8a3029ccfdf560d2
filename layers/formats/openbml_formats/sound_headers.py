"""Kind, length, rate and channels of a sound file, told by its content and not by its name."""

from openbml_formats.sounds.facts import SOUND_BYTES, SoundError, SoundFacts
from openbml_formats.sounds.m4a import m4a_facts
from openbml_formats.sounds.mp3 import is_mp3, mp3_facts
from openbml_formats.sounds.wav import wav_facts


def sound_facts(data: bytes) -> SoundFacts:
    """Return what a whole file says of itself.

    Raises:
        SoundError: `sound_size`, `sound_format` (no wav, mp3 or m4a), `sound_codec` (one that is not read) or
            `sound_damaged`.
    """
    if len(data) > SOUND_BYTES:
        raise SoundError("sound_size", f"is larger than {SOUND_BYTES} bytes")
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        return wav_facts(data)
    if data[4:8] == b"ftyp":
        return m4a_facts(data)
    if is_mp3(data):
        return mp3_facts(data)
    raise SoundError("sound_format", "is no wav, mp3 or m4a file")


def checked_sound(data: bytes, *, limit_s: int | None) -> SoundFacts:
    """Return the facts of a sound that a dataset takes. Raises SoundError, also `sound_length`."""
    facts = sound_facts(data)
    if limit_s is not None and facts.duration_ms > limit_s * 1000:
        raise SoundError("sound_length", f"is {facts.duration_ms / 1000:.3f} s long, longer than {limit_s} s")
    return facts
