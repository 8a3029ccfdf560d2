"""The deep image's torch-free modules are tested here; those that need torch run in its own environment."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "containers" / "deep"))
