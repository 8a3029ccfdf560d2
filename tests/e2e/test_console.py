"""The console in a real browser: the whole main job, and the main pages in Simplified Chinese."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.e2e.conftest import REPOSITORY, SAMPLES, Cloud

pytestmark = pytest.mark.e2e
LIMIT_S = 600


@pytest.mark.parametrize("walk", ["spine", "languages"])
def test_the_console_walks(cloud: Cloud, walk: str, tmp_path: Path) -> None:
    env = {
        **os.environ,
        "OPENBML_URL": cloud.url,
        "OPENBML_EMAIL": cloud.email,
        "OPENBML_PASSWORD": cloud.password,
        "OPENBML_SAMPLE_ZIP": str(SAMPLES / "train.zip"),
        "OPENBML_SAMPLE_IMAGE": str(next((SAMPLES / "test").glob("*.jpg"))),
    }
    command = ["npx", "playwright", "test", f"{walk}.spec.ts", f"--output={tmp_path}"]

    reply = subprocess.run(
        command,
        cwd=REPOSITORY / "console",
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT_S,
    )

    assert reply.returncode == 0, f"{reply.stdout[-6000:]}\n{reply.stderr[-2000:]}"
