"""Masks become COCO's texts and come back; the client reads what serving writes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from openbml_client import masks as client
from openbml_formats import masks as formats
from openbml_formats.annotations import Mask
from openbml_kit.run_lengths import RunLengthError, decode_mask, encode_mask

SIDES = st.tuples(st.integers(1, 30), st.integers(1, 30))
MASKS = SIDES.flatmap(lambda shape: arrays.arrays(np.bool_, shape))


@given(MASKS)
def test_a_mask_comes_back_from_its_text(mask: np.ndarray) -> None:
    height, width = mask.shape
    text = encode_mask(mask)
    assert (decode_mask(text, width, height) == mask).all()


@given(MASKS)
def test_the_text_is_the_one_of_the_formats(mask: np.ndarray) -> None:
    height, width = mask.shape
    counts = formats.from_rows(width, height, mask.astype(np.uint8).tobytes()).counts
    assert encode_mask(mask) == formats.to_coco_string(Mask(width=width, height=height, counts=counts))


@given(MASKS)
def test_the_client_reads_what_serving_writes(mask: np.ndarray) -> None:
    height, width = mask.shape
    pixels = client.decode_mask(encode_mask(mask), width, height)
    assert pixels == mask.astype(np.uint8).tobytes()


@pytest.mark.parametrize(
    ("mask", "text"),
    [
        (np.zeros((4, 5), dtype=np.bool_), "d0"),
        (np.ones((4, 5), dtype=np.bool_), "0d0"),
        (np.eye(3, dtype=np.bool_), "013000"),
    ],
    ids=["empty", "full", "a diagonal"],
)
def test_known_texts(mask: np.ndarray, text: str) -> None:
    assert encode_mask(mask) == text


@pytest.mark.parametrize("text", ["", "d", "d0d0", "xyz", "~", "é", "oooooooooo0", "N0"])
def test_what_is_no_mask_of_the_size_is_refused(text: str) -> None:
    with pytest.raises(RunLengthError):
        decode_mask(text, 5, 4)
    with pytest.raises(ValueError, match="mask"):
        client.decode_mask(text, 5, 4)


@given(st.text(max_size=40), st.integers(1, 20), st.integers(1, 20))
def test_no_text_breaks_either_reader(text: str, width: int, height: int) -> None:
    try:
        mask = decode_mask(text, width, height)
    except RunLengthError:
        with pytest.raises(ValueError, match="mask"):
            client.decode_mask(text, width, height)
    else:
        assert client.decode_mask(text, width, height) == mask.astype(np.uint8).tobytes()
