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


def test_every_test_of_the_services_page_stands_in_the_file_that_it_names() -> None:
    text = (REPOSITORY / "docs" / "reference" / "services-acceptance.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([\w/]+\.py)::(\w+)`", text))
    console = set(re.findall(r"`(console/[\w/.-]+)`", text))

    assert len(named) > 200
    assert console
    for path, name in sorted(named):
        assert f"def {name}(" in (REPOSITORY / "tests" / path).read_text(encoding="utf-8"), (path, name)
    assert sorted(path for path in console if not (REPOSITORY / path).is_file()) == []


@pytest.mark.parametrize("part", ["62-95 of the preset-model", "1-67 of the deployment-API"])
def test_the_services_page_has_a_row_for_each_item(part: str) -> None:
    text = (REPOSITORY / "docs" / "reference" / "services-acceptance.md").read_text(encoding="utf-8")
    assert part in " ".join(text.split())
    deployment = "\n## Deployment APIs: deploy and services"
    first, second = text.split(deployment)
    place, numbers = (first, range(62, 96)) if part.startswith("62") else (second, range(1, 68))
    found: set[int] = set()
    for row in re.findall(r"^\| ([\d, -]+) \|", place, re.MULTILINE):
        for piece in row.split(", "):
            low, _, high = piece.partition("-")
            found |= set(range(int(low), int(high or low) + 1))
    assert found == set(numbers)
