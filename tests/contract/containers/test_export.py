"""What `openbml_deep.export` owes: masks as COCO's own tools write them."""

from pathlib import Path

import pytest

from tests.contract.containers.environments import run_python

pytestmark = pytest.mark.contract

MASKS = """
import numpy as np
from pycocotools import mask as coco
from openbml_kit.run_lengths import decode_mask, encode_mask
chance = np.random.default_rng(7)
for case in range(600):
    height, width = chance.integers(1, 70, 2)
    pixels = chance.random((height, width)) < chance.choice([0.01, 0.5, 0.99, 0.0, 1.0])
    theirs = coco.encode(np.asfortranarray(pixels.astype(np.uint8)))
    text = theirs["counts"].decode()
    assert encode_mask(pixels) == text
    assert (decode_mask(text, width, height) == coco.decode(theirs).astype(bool)).all()
print("equal")
"""


def test_masks_are_written_and_read_as_by_cocos_own_tools(tmp_path: Path) -> None:
    assert run_python("deep", MASKS, base=tmp_path).strip() == "equal"
