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


@pytest.mark.parametrize("example", ["sklearn/service.py", "pytorch/main.py"])
def test_the_page_of_framework_models_shows_the_example(example: str) -> None:
    page = (REPOSITORY / "docs" / "reference" / "prediction-frameworks.md").read_text(encoding="utf-8")
    shown = (REPOSITORY / "examples" / "frameworks" / example).read_text(encoding="utf-8")
    assert f"\n{shown}```" in page


def test_the_page_of_framework_models_names_the_locked_versions() -> None:
    page = (REPOSITORY / "docs" / "reference" / "prediction-frameworks.md").read_text(encoding="utf-8")
    named = {
        "sklearn": ("scikit-learn", "scikit-learn"),
        "xgboost": ("xgboost-cpu", "XGBoost"),
        "torch": ("torch", "PyTorch"),
        "tensorflow": ("tensorflow-cpu", "TensorFlow"),
        "paddle": ("paddlepaddle", "PaddlePaddle"),
    }
    for image, (package, name) in named.items():
        lock = (REPOSITORY / "containers" / f"custom-{image}" / "requirements.txt").read_text()
        version = next(line for line in lock.splitlines() if line.startswith(f"{package}=="))
        assert f"{name} {version.partition('==')[2].split()[0]}" in page
