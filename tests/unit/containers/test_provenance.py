"""Digests that tell code and environments apart."""

import shutil
import sys
from pathlib import Path

import pytest

from openbml_kit import provenance

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "tried_package"
    shutil.copytree(ROOT / "containers" / "search" / "openbml_search", folder)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield folder
    for name in [name for name in sys.modules if name.partition(".")[0] == "tried_package"]:
        del sys.modules[name]


def digest() -> str:
    provenance.code_digest.cache_clear()
    return provenance.code_digest("tried_package")


def test_code_is_told_by_its_content_not_its_times(package: Path) -> None:
    before = digest()
    file = next(package.glob("*.py"))
    file.touch()
    assert digest() == before
    file.write_text(file.read_text() + "\n# another line\n")
    changed = digest()
    assert changed != before
    file.rename(file.with_name("renamed.py"))
    assert digest() not in (before, changed)


def test_what_python_compiled_is_no_code(package: Path) -> None:
    before = digest()
    (package / "__pycache__").mkdir(exist_ok=True)
    (package / "__pycache__" / "a.pyc").write_bytes(b"x")
    assert digest() == before


def test_the_environment_has_one_digest() -> None:
    provenance.image_digest.cache_clear()
    first = provenance.image_digest()
    provenance.image_digest.cache_clear()
    assert provenance.image_digest() == first
    assert len(first) == 64
