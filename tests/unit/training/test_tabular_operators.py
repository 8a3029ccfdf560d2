"""The catalogue of feature-engineering operators, and what a run may ask of it."""

from pathlib import Path

import pytest

from openbml_catalog.tabular.feature_operators import (
    checked_engineering,
    feature_operators,
    operator_space,
    with_values,
)
from openbml_catalog.tabular.settings import (
    ChosenFeatureOperator,
    FeatureEngineering,
    FeatureMode,
    TabularSettingsError,
)

GUIDE = Path(__file__).resolve().parents[3] / "docs" / "guides" / "tabular-data.md"


def chosen(name: str, **parameters: int | float | str | bool) -> ChosenFeatureOperator:
    return ChosenFeatureOperator(name=name, parameters=parameters)


def engineering(
    *operators: ChosenFeatureOperator, mode: FeatureMode = FeatureMode.MANUAL
) -> FeatureEngineering:
    return FeatureEngineering(mode=mode, operators=operators)


def test_every_operator_is_described_in_two_languages_and_works_on_known_kinds() -> None:
    assert len(feature_operators()) >= 15
    for operator in feature_operators().values():
        assert operator.label_en
        assert operator.label_zh
        assert operator.help_en
        assert operator.help_zh
        assert set(operator.kinds) <= {"number", "category", "date", "text"}


def test_defaults_and_preset_ranges_are_values_that_parameters_take() -> None:
    for operator in feature_operators().values():
        for parameter in operator.parameters:
            assert parameter.fault(parameter.default) is None, (operator.name, parameter.name)
            assert parameter.range_fault(parameter.range) is None, (operator.name, parameter.name)


def test_the_guide_names_every_operator_and_parameter() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    for operator in feature_operators().values():
        (row,) = [line for line in text.splitlines() if line.startswith(f"| `{operator.name}` |")]
        assert f"| {', '.join(operator.kinds)} |" in row
        for parameter in operator.parameters:
            assert f"`{parameter.name}`" in row


def test_what_is_not_chosen_has_its_default() -> None:
    assert feature_operators()["binning"].configured({"bins": 4}) == {"method": "quantile", "bins": 4}


@pytest.mark.parametrize(
    ("operators", "told"),
    [
        ((chosen("magic"),), "no operator 'magic'"),
        ((chosen("binning", boxes=3),), "no parameter 'boxes'; it has method, bins"),
        ((chosen("binning", bins=1),), r"binning\.bins must be a whole number from 2 to 100"),
        ((chosen("binning", method="best"),), r"binning\.method must be one of quantile, uniform"),
        ((chosen("one_hot"), chosen("one_hot")), "named twice"),
    ],
)
def test_wrong_operators_are_refused_with_what_is_allowed(
    operators: tuple[ChosenFeatureOperator, ...], told: str
) -> None:
    with pytest.raises(TabularSettingsError, match=told) as refused:
        checked_engineering(engineering(*operators))
    assert refused.value.field == "feature_engineering"


def test_one_operator_may_be_named_for_several_columns() -> None:
    first = ChosenFeatureOperator(name="binning", columns=("a",))
    checked_engineering(engineering(first, first.model_copy(update={"columns": ("b",)})))


def test_automatic_engineering_takes_no_parameters() -> None:
    checked_engineering(engineering(chosen("binning"), mode=FeatureMode.AUTO))
    with pytest.raises(TabularSettingsError, match="auto finds the parameters"):
        checked_engineering(engineering(chosen("binning", bins=3), mode=FeatureMode.AUTO))


def test_the_space_of_a_search_names_operators_by_their_place() -> None:
    operators = (chosen("impute"), chosen("binning"), chosen("frequency_encoding"))
    space = operator_space(operators)
    assert list(space) == ["0.method", "0.indicator", "1.method", "1.bins"]
    found = with_values(operators, {"0.method": "mean", "1.bins": 7})
    assert [dict(operator.parameters) for operator in found] == [{"method": "mean"}, {"bins": 7}, {}]
