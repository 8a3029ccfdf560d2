"""The JavaScript of the documentation reads the masks that serving writes."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from openbml_kit.run_lengths import encode_mask

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "prediction" / "decode_mask.mjs"
SCRIPT = """
import { readFileSync } from "node:fs";
import { decodeMask } from "%s";
const shown = JSON.parse(readFileSync(0)).map(([mask, width, height]) => {
  try { return Array.from(decodeMask(mask, width, height)); } catch (error) { return error.message; }
});
console.log(JSON.stringify(shown));
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not installed")
def test_javascript_decodes_what_serving_encodes_and_refuses_the_rest() -> None:
    chance = np.random.default_rng(3)
    masks = [
        chance.random(chance.integers(1, 60, 2)) < share
        for share in (0.0, 0.02, 0.5, 0.98, 1.0)
        for _ in range(20)
    ]
    sent = [(encode_mask(mask), mask.shape[1], mask.shape[0]) for mask in masks]
    wrong = [("d0", 5, 5), ("", 2, 2), ("o", 2, 2), ("~", 2, 2)]
    ended = subprocess.run(
        ["node", "--input-type=module", "--eval", SCRIPT % EXAMPLE.as_uri()],
        input=json.dumps([*sent, *wrong]),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    shown = json.loads(ended.stdout)
    assert shown[: len(masks)] == [mask.astype(int).ravel().tolist() for mask in masks]
    assert all("mask" in message for message in shown[len(masks) :])
