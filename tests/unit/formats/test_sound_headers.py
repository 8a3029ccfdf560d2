"""Length, rate and channels of sounds, and sounds that are none."""

import contextlib
import struct
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbml_formats.sound_headers import checked_sound, sound_facts
from openbml_formats.sounds.facts import SOUND_BYTES, SoundError, SoundFacts
from tests.fakes.sound_files import box, id3, m4a, mp3, mp3_frame, wav, xing_frame

LIMIT_S = 15
INFO = xing_frame(100, delay=576, padding=1000, name=b"Info")


@pytest.mark.parametrize(
    ("data", "facts"),
    [
        (wav(8000), SoundFacts("wav", 1000, 8000, 1)),
        (wav(44100, rate=44100, channels=2, bits=24), SoundFacts("wav", 1000, 44100, 2)),
        (wav(480, rate=48000, bits=32, codec=3), SoundFacts("wav", 10, 48000, 1)),
        (wav(480, rate=48000, bits=64, codec=3), SoundFacts("wav", 10, 48000, 1)),
        (wav(80, bits=8, codec=7), SoundFacts("wav", 10, 8000, 1)),
        (wav(96000, rate=96000, channels=2, bits=24, extensible=True), SoundFacts("wav", 1000, 96000, 2)),
        (wav(96000, rate=96000, bits=32, codec=3, extensible=True), SoundFacts("wav", 1000, 96000, 1)),
        (wav(8000, extra=b"LIST" + struct.pack("<I", 3) + b"abc\0"), SoundFacts("wav", 1000, 8000, 1)),
        (wav(8000, told=0xFFFFFFFF), SoundFacts("wav", 1000, 8000, 1)),
        (wav(8000, told=0), SoundFacts("wav", 1000, 8000, 1)),
        (mp3(101, told=xing_frame(101)), SoundFacts("mp3", 2587, 44100, 2)),
        (mp3(100, told=xing_frame(100, delay=576, padding=1000)), SoundFacts("mp3", 2577, 44100, 2)),
        (mp3(100, told=INFO, tags=False), SoundFacts("mp3", 2577, 44100, 2)),
        (mp3(102), SoundFacts("mp3", 2613, 44100, 2)),
        (b"".join([mp3_frame(mono=True)] * 102), SoundFacts("mp3", 2613, 44100, 1)),
        (b"".join([mp3_frame(version_1=False)] * 103), SoundFacts("mp3", 2613, 22050, 2)),
        (m4a(44100), SoundFacts("m4a", 1000, 44100, 2)),
        (m4a(44100, long=True), SoundFacts("m4a", 1000, 44100, 2)),
        (m4a(44100 + 2112, edit=(1000, 1000)), SoundFacts("m4a", 1000, 44100, 2)),
        (m4a(96000, scale=96000, codec=b"alac", channels=1), SoundFacts("m4a", 1000, 96000, 1)),
        (m4a(44100, extra=box(b"free", bytes(40))), SoundFacts("m4a", 1000, 44100, 2)),
        (m4a(44100) + b"TAG" + bytes(125), SoundFacts("m4a", 1000, 44100, 2)),
    ],
)
def test_a_sound_tells_its_kind_length_rate_and_channels(data: bytes, facts: SoundFacts) -> None:
    found = sound_facts(data)
    assert (found.extension, found.sample_rate, found.channels) == (
        facts.extension,
        facts.sample_rate,
        facts.channels,
    )
    assert abs(found.duration_ms - facts.duration_ms) <= (0 if facts.extension != "mp3" else 60)


def long_mp3(samples: int) -> bytes:
    """Return frames for so many samples, as an encoder leaves them that tells its padding."""
    frames = samples // 1152 + 2
    return mp3(frames, told=xing_frame(frames, delay=576, padding=frames * 1152 - 576 - samples))


@pytest.mark.parametrize(
    "sound",
    [
        lambda samples: wav(samples, rate=44100),
        m4a,
        lambda samples: m4a(samples + 2112, edit=(44100, samples)),
        long_mp3,
    ],
    ids=["wav", "m4a", "m4a with an edit", "mp3"],
)
def test_exactly_15_seconds_are_taken_and_one_sample_more_is_not(sound: Callable[[int], bytes]) -> None:
    assert checked_sound(sound(LIMIT_S * 44100), limit_s=LIMIT_S).duration_ms == 15_000
    with pytest.raises(SoundError) as refused:
        checked_sound(sound(LIMIT_S * 44100 + 1), limit_s=LIMIT_S)
    assert refused.value.reason == "sound_length"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "sound_format"),
        (b"text", "sound_format"),
        (b"fLaC" + bytes(100), "sound_format"),
        (b"OggS" + bytes(100), "sound_format"),
        (b"\xff\xf1" + bytes(100), "sound_format"),
        (bytes(SOUND_BYTES + 1), "sound_size"),
        (b"RIFF\0\0\0\0WAVE", "sound_damaged"),
        (wav(8000)[:30], "sound_damaged"),
        (wav(8000)[:-100], "sound_damaged"),
        (wav(0), "sound_damaged"),
        (wav(100, rate=0), "sound_damaged"),
        (wav(100, channels=9), "sound_damaged"),
        (wav(100, codec=2), "sound_codec"),
        (wav(100, codec=0x55), "sound_codec"),
        (wav(100, codec=2, extensible=True), "sound_codec"),
        (id3(), "sound_damaged"),
        (id3() + bytes(5000), "sound_damaged"),
        (mp3(20, told=xing_frame(100)), "sound_damaged"),
        (mp3(20, tags=False) + b"\x01" * 9000, "sound_damaged"),
        (m4a(44100)[:-30], "sound_damaged"),
        (m4a(0), "sound_damaged"),
        (m4a(44100, scale=0), "sound_damaged"),
        (m4a(44100, tracks=2), "sound_damaged"),
        (m4a(44100, handler=b"text"), "sound_damaged"),
        (m4a(44100, handler=b"vide"), "sound_codec"),
        (m4a(44100, codec=b"enca"), "sound_codec"),
        (m4a(44100, extra=box(b"moof", b"")), "sound_codec"),
        (box(b"ftyp", b"M4A "), "sound_damaged"),
    ],
)
def test_what_is_no_sound_is_refused_with_its_reason(data: bytes, reason: str) -> None:
    with pytest.raises(SoundError) as refused:
        sound_facts(data)
    assert refused.value.reason == reason


SOUNDS = [
    wav(400),
    wav(400, extensible=True),
    mp3(20, told=xing_frame(20)),
    mp3(5),
    m4a(4410),
    m4a(4410, edit=(1000, 90)),
]


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from(SOUNDS),
    st.lists(st.tuples(st.integers(0, 3000), st.binary(max_size=4)), max_size=6),
    st.integers(0, 4000),
)
def test_a_damaged_sound_gives_facts_or_one_error(
    sound: bytes, changes: list[tuple[int, bytes]], end: int
) -> None:
    broken = bytearray(sound)
    for place, part in changes:
        broken[place % len(broken) : place % len(broken) + len(part)] = part
    with contextlib.suppress(SoundError):
        found = sound_facts(bytes(broken[:end]))
        assert found.duration_ms > 0
        assert found.channels > 0


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(
        [b"", b"RIFF\xff\xff\xff\xffWAVE", b"ID3\x03\0\0\0\0\0\0", b"\xff\xfb\x90\0", b"\0\0\0\x08ftyp"]
    ),
    st.binary(max_size=300),
)
def test_any_bytes_give_facts_or_one_error(start: bytes, rest: bytes) -> None:
    with contextlib.suppress(SoundError):
        sound_facts(start + rest)
