"""Code that a page shows is a file of `examples/`, word for word: the files are linted and run."""

from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("example", ["predict_table.sh", "predict_table.py", "predict_table.mjs"])
def test_the_page_of_tabular_predictions_shows_the_example(example: str) -> None:
    page = (REPOSITORY / "docs" / "reference" / "prediction-tabular.md").read_text(encoding="utf-8")
    shown = (REPOSITORY / "examples" / "prediction" / example).read_text(encoding="utf-8")
    assert f"\n{shown}```" in page


def test_the_page_of_batch_predictions_shows_the_example() -> None:
    page = (REPOSITORY / "docs" / "guides" / "batch-prediction.md").read_text(encoding="utf-8")
    shown = (REPOSITORY / "examples" / "prediction" / "batch_predict.py").read_text(encoding="utf-8")
    assert f"\n{shown}```" in page
