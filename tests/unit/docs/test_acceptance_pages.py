"""Pages that say which tests hold a requirement name tests that exist."""

import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("page", ["data-acceptance.md", "training-acceptance.md", "tabular-acceptance.md"])
def test_every_test_that_a_page_names_exists(page: str) -> None:
    text = (REPOSITORY / "docs" / "reference" / page).read_text(encoding="utf-8")
    sources = "\n".join(
        path.read_text(encoding="utf-8") for path in (REPOSITORY / "tests").rglob("test_*.py")
    )
    named = set(re.findall(r"`(test_\w+)`", text))
    assert named
    assert sorted(name for name in named if f"def {name}(" not in sources) == []
