"""Where the real data sets lie, if they are at hand: beside the repository, or where the environment says."""

import os
from pathlib import Path

SAMPLE_DATA = Path(
    os.environ.get("OPENBML_SAMPLE_DATA", Path(__file__).resolve().parents[3] / "shared" / "data")
)
