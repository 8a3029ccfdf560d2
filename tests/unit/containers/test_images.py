"""How image files become pixels: the same in training, evaluation and serving, whatever the file holds."""

import io
import re
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from openbml_kit.images import (
    PREDICTION_SIDES,
    TRAINING_SIDES,
    ImageSidesError,
    Normalisation,
    UndecodableImageError,
    decode,
    evaluation_view,
    shrunk,
)

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def gradient(width: int = 64, height: int = 48) -> Image.Image:
    """Red grows to the right, green downwards; blue is constant."""
    pixels = np.zeros((height, width, 3), dtype=np.uint8)
    pixels[:, :, 0] = np.linspace(0, 255, width)
    pixels[:, :, 1] = np.linspace(0, 255, height)[:, None]
    pixels[:, :, 2] = 77
    return Image.fromarray(pixels)


def pixels_of(data: bytes) -> np.ndarray:
    return np.asarray(decode(data, limits=PREDICTION_SIDES))


@pytest.mark.parametrize("kind", ["PNG", "BMP"])
def test_lossless_formats_come_back_as_they_were(kind: str) -> None:
    assert (pixels_of(encoded(gradient(), kind)) == np.asarray(gradient())).all()


@pytest.mark.parametrize(
    ("orientation", "turn"),
    [
        (2, Image.Transpose.FLIP_LEFT_RIGHT),
        (3, Image.Transpose.ROTATE_180),
        (4, Image.Transpose.FLIP_TOP_BOTTOM),
        (5, Image.Transpose.TRANSPOSE),
        (6, Image.Transpose.ROTATE_90),
        (7, Image.Transpose.TRANSVERSE),
        (8, Image.Transpose.ROTATE_270),
    ],
)
def test_an_exif_orientation_is_undone(orientation: int, turn: Image.Transpose) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = gradient().transpose(turn)
    upright = pixels_of(encoded(stored, "PNG", exif=exif))
    assert (upright == np.asarray(gradient())).all()


def test_a_damaged_exif_block_does_not_spoil_the_image() -> None:
    data = encoded(gradient(), "JPEG", quality=95, exif=b"Exif\x00\x00MM\x00\x2a\xff\xff\xff\xff")
    assert pixels_of(data).shape == (48, 64, 3)


def test_cmyk_jpeg_becomes_the_same_colours() -> None:
    red = Image.new("RGB", (32, 32), (250, 10, 10)).convert("CMYK")
    middle = pixels_of(encoded(red, "JPEG", quality=95))[16, 16]
    assert middle == pytest.approx(np.array([250, 10, 10]), abs=6)


def test_sixteen_bit_grey_is_scaled_to_eight_bits() -> None:
    levels = np.full((20, 20), 40_000, dtype=np.uint16)
    assert pixels_of(encoded(Image.fromarray(levels), "PNG"))[5, 5].tolist() == [40_000 >> 8] * 3


def test_transparency_is_laid_over_white() -> None:
    image = Image.new("RGBA", (20, 20), (0, 0, 0, 0))
    assert pixels_of(encoded(image))[5, 5].tolist() == [255, 255, 255]


def test_a_palette_image_with_a_transparent_colour_is_laid_over_white() -> None:
    image = Image.new("P", (20, 20), 1)
    image.putpalette([10, 20, 30, 200, 100, 50])
    image.paste(0, (0, 0, 20, 10))
    pixels = pixels_of(encoded(image, "PNG", transparency=1))
    assert (pixels[2, 2].tolist(), pixels[15, 15].tolist()) == ([10, 20, 30], [255, 255, 255])


def test_an_animation_gives_its_first_frame() -> None:
    first, second = Image.new("RGB", (20, 20), "red"), Image.new("RGB", (20, 20), "blue")
    data = encoded(first, "PNG", save_all=True, append_images=[second])
    assert pixels_of(data)[5, 5].tolist() == [255, 0, 0]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP"])
def test_a_truncated_file_is_undecodable(kind: str) -> None:
    data = encoded(gradient(), kind)
    with pytest.raises(UndecodableImageError):
        decode(data[: len(data) // 2], limits=PREDICTION_SIDES)


@pytest.mark.parametrize(
    "data", [b"", b"GIF89a" + bytes(50), b"not an image", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"]
)
def test_other_bytes_are_undecodable(data: bytes) -> None:
    with pytest.raises(UndecodableImageError):
        decode(data, limits=PREDICTION_SIDES)


def test_a_gif_is_no_image_of_the_manual() -> None:
    with pytest.raises(UndecodableImageError):
        decode(encoded(gradient(), "GIF"), limits=PREDICTION_SIDES)


def png_of_sides(width: int, height: int) -> bytes:
    """A PNG that declares its sides and holds hardly any data: the start of a decompression bomb."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(1000)))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("sides", [(50_000, 50_000), (4097, 100), (14, 100), (100, 14)])
def test_sides_outside_the_limits_are_refused_before_decoding(sides: tuple[int, int]) -> None:
    with pytest.raises(ImageSidesError):
        decode(png_of_sides(*sides), limits=PREDICTION_SIDES)


@pytest.mark.parametrize("sides", [(15, 15), (4096, 15)])
def test_sides_at_the_limits_are_accepted(sides: tuple[int, int]) -> None:
    assert decode(encoded(Image.new("RGB", sides)), limits=PREDICTION_SIDES).size == sides


def test_a_jpeg_decoded_at_a_smaller_scale_shows_the_same() -> None:
    data = encoded(gradient(1024, 768), "JPEG", quality=95)
    quick = evaluation_view(data, size=64, limits=PREDICTION_SIDES).astype(int)
    full = evaluation_view(
        encoded(decode(data, limits=PREDICTION_SIDES)), size=64, limits=PREDICTION_SIDES
    ).astype(int)
    assert np.abs(quick - full).mean() < 2


def test_a_scaled_jpeg_keeps_at_least_the_asked_pixels() -> None:
    image = decode(encoded(gradient(1000, 700), "JPEG"), limits=TRAINING_SIDES, shorter_side=73)
    assert 73 <= min(image.size) < 700


def test_the_evaluation_view_is_the_middle_of_the_shorter_side() -> None:
    view = evaluation_view(encoded(gradient(256, 64)), size=32, limits=PREDICTION_SIDES)
    assert view.shape == (32, 32, 3)
    middle = view[:, :, 0].mean()
    assert middle == pytest.approx(127, abs=3)
    assert view[0, :, 0].max() - view[0, :, 0].min() < 60  # a quarter of the width, not all of it


def test_shrinking_never_enlarges() -> None:
    assert shrunk(gradient(64, 48), 100).size == (64, 48)
    assert shrunk(gradient(64, 48), 24).size == (32, 24)


def test_the_table_normalises_as_the_formula_does() -> None:
    mean, std = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    pixels = np.asarray(gradient())
    expected = ((pixels / 255.0 - mean) / std).transpose(2, 0, 1)[None]
    planes = Normalisation(mean, std).planes(pixels)
    assert planes.dtype == np.float32
    assert planes == pytest.approx(expected, abs=1e-6)


def test_both_images_lock_the_same_decoder_and_runtime() -> None:
    folder = Path(__file__).resolve().parents[3] / "containers"
    locks = [(folder / image / "requirements.txt").read_text() for image in ("deep", "serving")]
    for package in ("pillow", "numpy", "onnxruntime", "pydantic"):
        versions = {re.search(rf"^{package}==(\S+)", lock, re.MULTILINE)[1] for lock in locks}
        assert len(versions) == 1, f"{package}: {versions}"
