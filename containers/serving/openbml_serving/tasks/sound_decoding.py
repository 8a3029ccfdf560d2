"""Sounds of requests: mp3, m4a and wav, at most 15 s, as mono samples of a model's rate (spec 08, 4.3).

The container's format is told from its first bytes and forced: a demuxer that guesses would also take
playlists, which name files and addresses to open.
"""

import io
from collections.abc import Iterable

import av
import numpy as np
import numpy.typing as npt
from av.audio.resampler import AudioResampler

from openbml_serving.replies import RequestError

MOST_SECONDS = 15.0
# Encoders pad: an mp3 of 15 s is a little longer.
_PADDING_S = 0.15

Samples = npt.NDArray[np.float32]


def decode_sound(data: bytes, sample_rate: int) -> Samples:
    """Return the sound, shape (samples,), -1..1.

    Raises:
        RequestError: no mp3, m4a or wav, damaged, without a sound, or too long.
    """
    name = _format_of(data)
    most = int((MOST_SECONDS + _PADDING_S) * sample_rate)
    parts: list[Samples] = []
    try:
        with av.open(io.BytesIO(data), format=name) as container:
            if not container.streams.audio:
                raise RequestError("audio_undecodable")
            resampler = AudioResampler(format="fltp", rate=sample_rate)
            for frame in container.decode(audio=0):
                parts += _mono(resampler.resample(frame))
                if sum(part.size for part in parts) > most:
                    raise RequestError("size_invalid")
            parts += _mono(resampler.resample(None))
    except (av.FFmpegError, ValueError, IndexError) as error:
        raise RequestError("audio_undecodable") from error
    if not any(part.size for part in parts):
        raise RequestError("audio_undecodable")
    return np.clip(np.concatenate(parts), -1.0, 1.0)


def _mono(frames: Iterable[av.AudioFrame]) -> list[Samples]:
    """The mean of the channels: FFmpeg's own way to mono changes the loudness."""
    return [frame.to_ndarray().mean(axis=0, dtype=np.float32) for frame in frames]


def _format_of(data: bytes) -> str:
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        return "wav"
    if data[4:8] == b"ftyp":
        return "mov"
    if data[:3] == b"ID3" or (len(data) > 1 and data[0] == 0xFF and data[1] & 0xE0 == 0xE0):
        return "mp3"
    raise RequestError("audio_undecodable")
