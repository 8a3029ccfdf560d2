"""The console in a real browser: the whole spine, and the main pages in Simplified Chinese.

The walks are Playwright's (`tests/e2e/console/*.spec.ts`); what they make is named `walk-<time>`, apart
from the objects of the other tests of the installation.
"""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests.e2e.conftest import REPOSITORY, SAMPLES, Cloud

CONSOLE = REPOSITORY / "console"
LIMIT_S = 480.0
pytestmark = pytest.mark.e2e


def walk(cloud: Cloud, *arguments: str, results: Path) -> None:
    """Run walks of the console; a failure carries what Playwright printed.

    The browser's processes belong to Playwright's process group, which ends as a whole at the time limit.
    """
    npx = shutil.which("npx")
    assert npx is not None, "Node 20 with npx is needed: run `make setup`"
    process = subprocess.Popen(
        [npx, "playwright", "test", "--output", str(results), *arguments],
        cwd=CONSOLE,
        env={
            **os.environ,
            "CI": "1",
            "OPENBML_URL": cloud.url,
            "OPENBML_EMAIL": cloud.email,
            "OPENBML_PASSWORD": cloud.password,
            "OPENBML_SAMPLE_ZIP": str(SAMPLES / "train.zip"),
            "OPENBML_SAMPLE_IMAGE": str(next(iter(sorted((SAMPLES / "test").glob("*.jpg"))))),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=LIMIT_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
        pytest.fail(f"the walk took over {LIMIT_S:.0f} s:\n{output}")
    if process.returncode != 0:
        pytest.fail(f"Playwright ended with {process.returncode}:\n{output}")


def test_the_console_walks_from_a_zip_to_a_prediction_and_its_bill(cloud: Cloud, tmp_path: Path) -> None:
    walk(cloud, "spine.spec.ts", results=tmp_path / "playwright")


def test_the_main_pages_of_the_console_speak_chinese(cloud: Cloud, tmp_path: Path) -> None:
    walk(cloud, "languages.spec.ts", "--grep", "in Chinese", results=tmp_path / "playwright")


@pytest.mark.slow
def test_the_console_imports_browses_labels_judges_and_exports_data(cloud: Cloud, tmp_path: Path) -> None:
    walk(cloud, "data.spec.ts", results=tmp_path / "playwright")
