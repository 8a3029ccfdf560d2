"""Images a dataset takes and those it does not (spec 02 section 3.1)."""

import io
import random
import warnings
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageStat

from openbml.datasets.image_rules import checked_image
from openbml.datasets.rejections import SampleRejectedError
from tests.fakes.datasets_archives import image_bytes


def reason(data: bytes) -> str:
    with pytest.raises(SampleRejectedError) as caught:
        checked_image(data)
    return str(caught.value.details["reason"])


def thumbnail(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(checked_image(data).thumbnail))


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def turned(orientation: int) -> bytes:
    """A picture 200 wide and 100 high, red on the left, with an EXIF orientation."""
    image = Image.new("RGB", (200, 100), "blue")
    image.paste("red", (0, 0, 100, 100))
    exif = Image.Exif()
    exif[0x0112] = orientation
    return saved(image, "JPEG", exif=exif.tobytes(), quality=95)


@pytest.mark.parametrize(("kind", "extension"), [("JPEG", "jpg"), ("PNG", "png"), ("BMP", "bmp")])
def test_the_three_kinds_are_taken(kind: str, extension: str) -> None:
    found = checked_image(image_bytes(kind, size=(300, 200)))
    assert (found.extension, found.width, found.height) == (extension, 300, 200)
    assert thumbnail(image_bytes(kind, size=(300, 200))).size == (256, 171)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "TIFF"])
def test_other_kinds_are_rejected_whatever_their_name(kind: str) -> None:
    assert reason(image_bytes(kind)) == "image_type"
    assert reason(b"not an image at all") == "image_type"
    assert reason(b"") == "image_type"


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((4096, 2000), "image_sides"),
        ((2000, 4097), "image_sides"),
        ((30, 60), "image_sides"),
        ((60, 30), "image_sides"),
        ((311, 100), "image_ratio"),
        ((100, 301), "image_ratio"),
    ],
)
def test_sides_and_ratio_beyond_the_limits_are_rejected(size: tuple[int, int], expected: str) -> None:
    assert reason(image_bytes("PNG", size=size)) == expected


@pytest.mark.parametrize("size", [(4095, 1365), (31, 31), (93, 31), (300, 100)])
def test_sides_and_ratio_at_the_limits_are_taken(size: tuple[int, int]) -> None:
    found = checked_image(image_bytes("PNG", size=size))
    assert (found.width, found.height) == size


@pytest.mark.parametrize(
    ("size", "small"),
    [
        ((640, 480), (256, 192)),
        ((480, 640), (192, 256)),
        ((4000, 3000), (256, 192)),
        ((1000, 334), (256, 86)),
        ((256, 100), (256, 100)),
        ((257, 100), (256, 100)),
        ((100, 60), (100, 60)),
    ],
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_thumbnail_fits_the_square_and_keeps_the_shape(
    kind: str, size: tuple[int, int], small: tuple[int, int]
) -> None:
    assert thumbnail(image_bytes(kind, size=size)).size == small


def test_a_thumbnail_of_a_part_of_the_pixels_looks_like_one_of_all() -> None:
    photo = Image.linear_gradient("L").resize((1280, 960)).convert("RGB")
    photo.paste((200, 30, 30), (400, 300, 800, 500))
    small = thumbnail(saved(photo, "JPEG", quality=95)).convert("RGB")
    whole = photo.resize(small.size, Image.Resampling.LANCZOS)
    assert max(ImageStat.Stat(ImageChops.difference(small, whole)).rms) < 4


def test_a_bomb_of_pixels_is_rejected_by_its_header() -> None:
    header = bytearray(image_bytes("PNG", size=(64, 64)))
    header[16:24] = (60_000).to_bytes(4, "big") * 2
    header[29:33] = zlib.crc32(header[12:29]).to_bytes(4, "big")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert reason(bytes(header)) == "image_sides"


def test_an_image_over_four_megabytes_is_rejected_unread() -> None:
    assert reason(image_bytes("PNG") + b"\0" * 4 * 1024 * 1024) == "image_size"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP"])
def test_a_truncated_image_is_rejected(kind: str) -> None:
    data = image_bytes(kind, size=(200, 150), seed=5)
    assert reason(data[: len(data) * 2 // 3]) == "image_damaged"


def test_a_noisy_jpeg_cut_near_its_end_is_rejected_although_the_thumbnail_is_drafted() -> None:
    noise = Image.frombytes("RGB", (1200, 900), random.Random(1).randbytes(1200 * 900 * 3))
    data = saved(noise, "JPEG", quality=60)
    assert checked_image(data).width == 1200
    assert reason(data[: len(data) * 9 // 10]) == "image_damaged"


def test_cmyk_and_palette_and_grey_images_are_taken() -> None:
    assert thumbnail(image_bytes("JPEG", mode="CMYK")).mode == "RGB"
    assert thumbnail(image_bytes("PNG", mode="P")).mode == "RGB"
    assert thumbnail(image_bytes("PNG", mode="1")).mode == "RGB"
    assert thumbnail(image_bytes("JPEG", mode="L")).mode == "RGB"


def test_sixteen_bits_are_scaled_not_cut_off() -> None:
    grey = Image.new("I;16", (64, 64), 0x8000)
    pixel = thumbnail(saved(grey, "PNG")).getpixel((30, 30))
    assert isinstance(pixel, tuple)
    assert all(abs(value - 128) <= 2 for value in pixel)


def test_transparency_is_shown_over_white() -> None:
    clear = Image.new("RGBA", (64, 64), (255, 0, 0, 0))
    assert thumbnail(saved(clear, "PNG")).getpixel((30, 30)) == (255, 255, 255)


def test_an_animated_png_is_rejected() -> None:
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("red", "blue")]
    assert reason(saved(frames[0], "PNG", save_all=True, append_images=frames[1:])) == "image_animated"


def test_an_animated_gif_named_png_is_rejected_by_its_content() -> None:
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("red", "blue")]
    assert reason(saved(frames[0], "GIF", save_all=True, append_images=frames[1:])) == "image_type"


def test_a_multi_picture_jpeg_of_a_phone_is_taken() -> None:
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("red", "blue")]
    found = checked_image(saved(frames[0], "MPO", save_all=True, append_images=frames[1:]))
    assert found.extension == "jpg"


@pytest.mark.parametrize(
    ("orientation", "size", "red_at"),
    [
        (1, (200, 100), (10, 50)),
        (3, (200, 100), (190, 50)),
        (6, (100, 200), (50, 10)),
        (8, (100, 200), (50, 190)),
    ],
)
def test_the_exif_orientation_is_followed(
    orientation: int, size: tuple[int, int], red_at: tuple[int, int]
) -> None:
    found = checked_image(turned(orientation))
    assert (found.width, found.height) == size
    small = thumbnail(turned(orientation))
    assert small.size == size
    pixel = small.getpixel(red_at)
    assert isinstance(pixel, tuple)
    assert pixel[0] > 200
    assert small.getexif().get(0x0112) is None


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_no_damage_breaks_the_check(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(["JPEG", "PNG", "BMP"]))
    body = bytearray(image_bytes(kind, size=(40, 40)))
    for _ in range(data.draw(st.integers(1, 5))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    try:
        checked_image(bytes(body))
    except SampleRejectedError:
        return
