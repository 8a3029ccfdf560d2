"""Sounds of every kind, made byte by byte: silence with the right headers around it."""

import struct

GUID_TAIL = bytes.fromhex("000000001000800000aa00389b71")


def wav(
    frames: int,
    *,
    rate: int = 8000,
    channels: int = 1,
    bits: int = 16,
    codec: int = 1,
    extensible: bool = False,
    told: int | None = None,
    extra: bytes = b"",
) -> bytes:
    """Return a wav file; `told` is a size of sound other than the true one."""
    frame_bytes = channels * bits // 8
    layout = struct.pack(
        "<HHIIHH", 0xFFFE if extensible else codec, channels, rate, rate * frame_bytes, frame_bytes, bits
    )
    if extensible:
        layout += struct.pack("<HHIH", 22, bits, 0, codec) + GUID_TAIL
    sound = bytes(frames * frame_bytes)
    size = len(sound) if told is None else told
    body = (
        b"WAVE"
        + b"fmt "
        + struct.pack("<I", len(layout))
        + layout
        + extra
        + b"data"
        + struct.pack("<I", size)
        + sound
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


def mp3_frame(
    *, kbits_index: int = 9, body: bytes = b"", mono: bool = False, version_1: bool = True
) -> bytes:
    """Return a frame at 44.1 kHz (MPEG-1) or 22.05 kHz (MPEG-2)."""
    version = 3 if version_1 else 2
    header = 0x7FF << 21 | version << 19 | 1 << 17 | 1 << 16 | kbits_index << 12 | (3 if mono else 0) << 6
    kbits = (
        (32, 40, 48, 56, 64, 80, 96, 112, 128)[kbits_index - 1]
        if version_1
        else (8, 16, 24, 32, 40, 48, 56, 64, 80)[kbits_index - 1]
    )
    size = 144 * kbits * 1000 // 44100 if version_1 else 72 * kbits * 1000 // 22050
    return (struct.pack(">I", header) + body).ljust(size, b"\0")


def xing_frame(frames: int, *, delay: int = 0, padding: int = 0, name: bytes = b"Xing") -> bytes:
    lame = b"LAME3.100".ljust(21, b"\0") + bytes(
        [delay >> 4, (delay & 15) << 4 | padding >> 8, padding & 255]
    )
    return mp3_frame(body=bytes(32) + name + struct.pack(">II", 1, frames) + lame)


def id3(size: int = 200) -> bytes:
    return (
        b"ID3\x04\0\0"
        + bytes([size >> 21 & 127, size >> 14 & 127, size >> 7 & 127, size & 127])
        + b"\xff" * size
    )


def mp3(frames: int, *, tags: bool = True, told: bytes = b"") -> bytes:
    """Return an mp3 file; bit rates alternate."""
    sound = b"".join(mp3_frame(kbits_index=5 + n % 5) for n in range(frames))
    return (id3() if tags else b"") + told + sound + (b"TAG".ljust(128, b"\0") if tags else b"")


def box(name: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), name) + body


def m4a(
    units: int,
    *,
    scale: int = 44100,
    channels: int = 2,
    codec: bytes = b"mp4a",
    edit: tuple[int, int] | None = None,
    handler: bytes = b"soun",
    long: bool = False,
    tracks: int = 1,
    sound: bytes = bytes(64),
    extra: bytes = b"",
) -> bytes:
    """Return an m4a file of `units` of the time scale; `edit` is (movie time scale, length in it)."""
    times = (
        struct.pack(">IQQIQ", 1 << 24, 0, 0, scale, units)
        if long
        else struct.pack(">IIIII", 0, 0, 0, scale, units)
    )
    entry = box(
        codec,
        bytes(6),
        struct.pack(">H", 1),
        bytes(8),
        struct.pack(">HHHHI", channels, 16, 0, 0, scale << 16 if scale < 1 << 16 else 0),
    )
    table = box(b"stbl", box(b"stsd", struct.pack(">II", 0, 1), entry))
    media = box(b"mdia", box(b"mdhd", times), box(b"hdlr", bytes(8), handler, bytes(12)), box(b"minf", table))
    movie_scale, length = edit or (1000, 0)
    edits = box(b"edts", box(b"elst", struct.pack(">IIIiI", 0, 1, length, 1024, 1 << 16))) if edit else b""
    movie = box(
        b"moov",
        box(b"mvhd", struct.pack(">IIIII", 0, 0, 0, movie_scale, length)),
        *[box(b"trak", edits, media)] * tracks,
    )
    return box(b"ftyp", b"M4A \0\0\0\0") + movie + extra + box(b"mdat", sound)
