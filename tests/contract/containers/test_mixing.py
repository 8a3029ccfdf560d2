"""Mix-up and CutMix, run where torch is: shares, windows and losses by hand."""

import json
from pathlib import Path

import pytest

from tests.contract.containers.environments import run_python

pytestmark = pytest.mark.contract

PROGRAM = """
import json
import numpy as np
import torch
from openbml_catalog.augmentation.settings import read_augmentation
from openbml_deep.augmentation.mixing import Mixing, cut_mix, drawn_mixing, mix_up

images = torch.stack([torch.zeros(3, 8, 8), torch.ones(3, 8, 8)])
blended = Mixing(0.75).images(images)
pasted = Mixing(0.75, (0, 0, 4, 4)).images(images)
cuts = [cut_mix(1.0, np.random.default_rng(seed), 32) for seed in range(200)]
shares = []
for cut in cuts:
    left, top, right, bottom = cut.window
    assert 0 <= left <= right <= 32 and 0 <= top <= bottom <= 32
    shares.append(cut.share)
    assert abs(cut.share - (1 - (right - left) * (bottom - top) / 32**2)) < 1e-9
setting = read_augmentation(
    {"mixing": [{"name": "mix_up", "probability": 0.3}, {"name": "cut_mix", "probability": 0.5}]},
    "image_classification",
)
drawn = [drawn_mixing(setting.mixing, np.random.default_rng(seed), size=32) for seed in range(400)]
kinds = ["none" if row is None else "cut" if row.window else "blend" for row in drawn]
print(json.dumps({
    "blended": [blended[0].mean().item(), blended[1].mean().item()],
    "pasted": [pasted[0].mean().item(), pasted[1].mean().item(), pasted[0, 0, 0, 0].item()],
    "loss": Mixing(0.75).loss(torch.tensor(4.0), torch.tensor(8.0)).item(),
    "shares": [min(shares), max(shares)],
    "kinds": {kind: kinds.count(kind) for kind in ("none", "blend", "cut")},
    "again": mix_up(0.2, np.random.default_rng(3)).share == mix_up(0.2, np.random.default_rng(3)).share,
}))
"""


def test_batches_are_mixed_with_themselves_read_backwards(tmp_path: Path) -> None:
    found = json.loads(run_python("deep", PROGRAM, base=tmp_path))
    assert found["blended"] == [0.25, 0.75]
    assert found["pasted"] == [0.25, 0.75, 1.0]
    assert found["loss"] == 5.0
    assert found["shares"][0] < 0.3
    assert found["shares"][1] > 0.9
    assert 80 <= found["kinds"]["blend"] <= 160
    assert 90 <= found["kinds"]["cut"] <= 190
    assert found["again"] is True
