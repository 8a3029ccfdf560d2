"""Sounds of a version: durations for all; level, silence and clipping of uncompressed ones."""

import io
import math
import sys
import wave
from array import array
from collections import Counter
from operator import mul
from typing import NamedTuple

from openbml_data.quality.distributions import Quantity
from openbml_data.quality.findings import Noted
from openbml_formats.listings import ListedSample
from openbml_formats.quality import Finding, FindingSeverity, SoundQuality

SILENT_DB = -50.0
_FLOOR_DB = -120.0
_CLIPPED_SHARE = 0.001  # of the samples at full scale
_LISTED_RATES = 20
_SIGNED = bytes((level + 128) % 256 for level in range(256))  # 8 bits are stored around 128


class SoundMeasures(NamedTuple):
    """Figures of a PCM file; the level is against full scale."""

    duration_s: float
    sample_rate: int
    channels: int
    level_db: float
    clipped_share: float


class BrokenSoundError(ValueError):
    """A wav file that cannot be read."""


def measured_sound(data: bytes) -> SoundMeasures:
    """Return a wav file's figures. Raises BrokenSoundError."""
    try:
        with wave.open(io.BytesIO(data)) as sound:
            rate, channels, width = sound.getframerate(), sound.getnchannels(), sound.getsampwidth()
            frames = sound.readframes(sound.getnframes())
    except (wave.Error, EOFError, ValueError, RuntimeError) as error:
        raise BrokenSoundError("is no readable wav file") from error
    values = _levels(frames, width)
    if not values or not rate:
        raise BrokenSoundError("has no sound in it")
    top = 127 if values.typecode == "b" else 32_767
    level = math.sqrt(sum(map(mul, values, values)) / len(values)) / (top + 1)
    clipped = sum(values.count(value) for value in (top, top - 1, -top, -top - 1))
    return SoundMeasures(
        duration_s=len(values) / channels / rate,
        sample_rate=rate,
        channels=channels,
        level_db=max(_FLOOR_DB, 20 * math.log10(level)) if level else _FLOOR_DB,
        clipped_share=clipped / len(values),
    )


class SoundCount:
    def __init__(self) -> None:
        self._duration, self._level = Quantity(), Quantity()
        self._rates: Counter[str] = Counter()
        self._channels: Counter[str] = Counter()
        self._silent, self._clipped, self._broken = Noted(), Noted(), Noted()
        self._sounds = self._unmeasured = 0

    def add_unmeasured(self, sample: ListedSample) -> None:
        self._sounds += 1
        self._unmeasured += 1
        self._duration.add(sample.duration_ms / 1000)

    def add_broken(self, sample: ListedSample) -> None:
        self._sounds += 1
        self._broken.add(sample)

    def add(self, sample: ListedSample, measures: SoundMeasures) -> None:
        self._sounds += 1
        self._duration.add(measures.duration_s)
        self._level.add(measures.level_db)
        self._rates[str(measures.sample_rate)] += 1
        self._channels[str(measures.channels)] += 1
        if measures.level_db < SILENT_DB:
            self._silent.add(sample)
        if measures.clipped_share > _CLIPPED_SHARE:
            self._clipped.add(sample)

    def quality(self) -> SoundQuality:
        return SoundQuality(
            sounds=self._sounds,
            duration_s=self._duration.distribution(),
            sample_rates=dict(self._rates.most_common(_LISTED_RATES)),
            channels=dict(self._channels.most_common(_LISTED_RATES)),
            level_db=self._level.distribution(),
            silent=self._silent.count,
            clipped=self._clipped.count,
            broken=self._broken.count,
            unmeasured=self._unmeasured,
        )

    def findings(self) -> list[Finding]:
        found = [
            *self._broken.finding(FindingSeverity.SERIOUS, "sounds_broken", "{count} sounds cannot be read"),
            *self._silent.finding(
                FindingSeverity.WARNING, "sounds_silent", "{count} sounds are nearly silent",
                advice="Listen to them; they may be empty recordings.",
            ),
            *self._clipped.finding(
                FindingSeverity.WARNING, "sounds_clipped", "{count} sounds are cut at full scale",
                advice="They were recorded too loud.",
            ),
        ]  # fmt: skip
        if len(self._rates) > 1:
            found.append(
                Finding(
                    severity=FindingSeverity.INFO,
                    code="sounds_sample_rates",
                    message=f"The sounds have {len(self._rates)} sample rates",
                    advice="Training brings them to one; the lowest decides what can be heard.",
                    count=len(self._rates),
                )
            )
        return found


def _levels(frames: bytes, width: int) -> "array[int]":
    """Return PCM samples as signed integers of 8 bits, or of 16: the upper ones of 24 and 32."""
    if width == 1:
        return array("b", frames.translate(_SIGNED))
    if width not in (2, 3, 4):
        raise BrokenSoundError(f"has samples of {width} bytes")
    whole = frames[: len(frames) - len(frames) % width]
    upper = bytearray(2 * (len(whole) // width))
    upper[0::2], upper[1::2] = whole[width - 2 :: width], whole[width - 1 :: width]
    levels = array("h", bytes(upper))
    if sys.byteorder == "big":
        levels.byteswap()
    return levels
