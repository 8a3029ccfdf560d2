"""The setting `augmentation`: what is filled in, what is refused, and how it travels."""

import json
from typing import Any

import pytest

from openbml_catalog.augmentation import augmentation_operators, operators_of
from openbml_catalog.augmentation.settings import (
    MOST_CHARACTERS,
    MOST_OPERATORS,
    AugmentationError,
    AugmentationMode,
    parse_augmentation,
    read_augmentation,
)

TASK = "image_classification"


def manual(**operator: Any) -> dict[str, Any]:
    return {"mode": "manual", "operators": [{"name": "Rotate", **operator}]}


def test_nothing_is_the_default() -> None:
    assert read_augmentation({}, TASK).mode is AugmentationMode.DEFAULT
    assert parse_augmentation("", TASK) == parse_augmentation('{"mode": "default"}', TASK)


def test_what_is_left_out_is_the_catalogues() -> None:
    (chosen,) = read_augmentation(manual(), TASK).operators
    rotate = augmentation_operators()["Rotate"]
    assert rotate.magnitude is not None
    assert chosen.magnitude == rotate.magnitude.default
    assert chosen.probability == rotate.probability
    assert read_augmentation({"mode": "auto"}, TASK).search_minutes == 15


@pytest.mark.parametrize(
    ("document", "field", "says"),
    [
        ({"mode": "manual"}, "operators", "at least one"),
        ({"mode": "default", "operators": [{"name": "Rotate"}]}, "operators", "choose mode manual"),
        ({"mode": "sometimes"}, "mode", "'none', 'default', 'manual' or 'auto'"),
        (manual(name="Rotates"), "operators[0].name", "unknown; choose one of ShearX"),
        (manual(name="Rotate_BBox"), "operators[0].name", "not offered for image_classification"),
        (manual(probability=-0.1), "operators[0].probability", "0 to 1"),
        (manual(probability=1.01), "operators[0].probability", "0 to 1"),
        (manual(probability=float("nan")), "operators[0].probability", "0 to 1"),
        (manual(probability="0.5"), "operators[0].probability", "valid"),
        (manual(magnitude=[10, 5]), "operators[0].magnitude", "reversed: 10 is above 5; allowed is 0 to 180"),
        (manual(magnitude=[0, 181]), "operators[0].magnitude", "within 0 to 180"),
        (manual(magnitude=[-1, 5]), "operators[0].magnitude", "within 0 to 180"),
        (manual(magnitude=[0, float("inf")]), "operators[0].magnitude", "within 0 to 180"),
        (manual(magnitude=[3]), "operators[0].magnitude[1]", "required"),
        (manual(name="Invert", magnitude=[0, 1]), "operators[0].magnitude", "Invert has none"),
        (manual(name="Posterize", magnitude=[3.5, 4]), "operators[0].magnitude", "whole numbers"),
        (manual(strength=3), "operators[0].strength", "not permitted"),
        (manual(group=30), "operators[0].group", "less than 30"),
        ({"mode": "manual", "operators": [{"name": "Rotate"}] * 31}, "operators", "at most 30 are taken, 31"),
        ({"mode": "auto", "search_minutes": 0}, "search_minutes", "1 to 1440"),
        ({"mode": "auto", "search_minutes": 1441}, "search_minutes", "1 to 1440"),
        ({"mode": "none", "search_minutes": 5}, "search_minutes", "mode auto only"),
        ({"mode": "none", "mixing": [{"name": "mix_up"}]}, "mixing", "mode none takes none"),
        ({"mode": "none", "flip": "both"}, "flip", "never mirrors"),
        (
            {"mixing": [{"name": "mosaic"}]},
            "mixing[0].name",
            "mosaic is not offered",
        ),
        ({"mixing": [{"name": "mix_up", "strength": 9}]}, "mixing[0].strength", "0.05 to 2"),
        ({"mixing": [{"name": "mix_up"}, {"name": "mix_up"}]}, "mixing", "twice"),
        ([], "", "valid"),
    ],
)
def test_what_is_not_allowed_is_refused_with_the_field_and_what_is(
    document: Any, field: str, says: str
) -> None:
    with pytest.raises(AugmentationError) as refused:
        read_augmentation(document, TASK)
    assert refused.value.field == (f"augmentation.{field}" if field else "augmentation")
    assert says in refused.value.reason


def test_a_task_without_pictures_has_none() -> None:
    with pytest.raises(AugmentationError, match="task text_classification has no augmentation"):
        read_augmentation({}, "text_classification")
    with pytest.raises(AugmentationError, match="must be a JSON object"):
        parse_augmentation("{", TASK)


def test_a_text_says_the_same_as_the_setting() -> None:
    setting = read_augmentation(
        {**manual(probability=0.123456, magnitude=[1.23456, 9]), "mixing": [{"name": "cut_mix"}]}, TASK
    )
    assert parse_augmentation(setting.as_text(), TASK) == setting
    assert json.loads(setting.as_text())["operators"][0]["probability"] == 0.1235


def test_the_longest_setting_fits_into_a_hyper_parameter() -> None:
    longest = sorted(operators_of("object_detection"), key=len)[-1]
    row = {"name": longest, "probability": 0.1234, "magnitude": [100.1234, 100.4321], "group": 29}
    setting = read_augmentation({"mode": "manual", "operators": [row] * MOST_OPERATORS}, "object_detection")
    assert len(setting.as_text()) <= MOST_CHARACTERS
    assert parse_augmentation(setting.as_text(), "object_detection") == setting
