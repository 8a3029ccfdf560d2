"""The expert mode's script: what is generated, and what is read out of an edited one."""

import ast
import json
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbml_catalog.tabular.literals import ExpertScriptError
from openbml_catalog.tabular.models import expert_models, models
from openbml_catalog.tabular.script import MAX_SCRIPT_CHARACTERS, parse_script, preset_script
from openbml_catalog.tabular.settings import AlgorithmType, TrainingWay

KINDS = [AlgorithmType.BINARY, AlgorithmType.MULTICLASS, AlgorithmType.REGRESSION]
PRESETS = [
    (model.code, kind, way) for kind, way in product(KINDS, TrainingWay) for model in expert_models(kind, way)
]
SCRIPT = preset_script("LGBM", AlgorithmType.BINARY, TrainingWay.SINGLE)


def with_conf(conf: str) -> str:
    return f"{SCRIPT[: SCRIPT.index('conf = {')]}conf = {conf}\n"


def with_space(space: str, *, model: str = "LGBM") -> str:
    return with_conf(f'{{"hyperparameter_tune": "True", "model_type": "{model}", "hp_space": {space}}}')


def reason_against(text: str) -> str | None:
    try:
        parse_script(text)
    except ExpertScriptError as error:
        return error.reason
    return None


def refused(text: str) -> ExpertScriptError:
    with pytest.raises(ExpertScriptError) as refusal:
        parse_script(text)
    return refusal.value


@pytest.mark.parametrize(("code", "kind", "way"), PRESETS)
def test_the_preset_script_says_the_catalogues_presets(
    code: str, kind: AlgorithmType, way: TrainingWay
) -> None:
    conf = parse_script(preset_script(code, kind, way))
    assert (conf.model_type, conf.algorithm_type, conf.training_way) == (code, kind, way)
    assert conf.hyperparameter_tune
    assert conf.model_config == models()[code].defaults()
    assert conf.hp_space == models()[code].space()
    assert not conf.warnings


def test_the_preset_script_explains_every_hyper_parameter() -> None:
    for row in models()["LGBM"].parameters:
        assert f'"{row.name}": ' in SCRIPT
        assert row.help_en in SCRIPT


def test_distributed_training_has_no_script_of_a_model_that_is_not() -> None:
    with pytest.raises(KeyError):
        preset_script("RF", AlgorithmType.BINARY, TrainingWay.DISTRIBUTED)


def test_the_manuals_example_is_understood() -> None:
    conf = parse_script(
        with_space(
            '{"num_leaves": {"type": "randint", "range": [15, 127]},'
            ' "learning_rate": {"type": "loguniform", "range": [0.01, 0.3]},'
            ' "boosting_type": {"type": "choice", "values": ["gbdt", "dart"]}}'
        )
    )
    assert list(conf.hp_space) == ["num_leaves", "boosting_type", "learning_rate"]
    assert conf.hp_space["num_leaves"].ends == (15, 127)
    assert (conf.max_trials, conf.patience, conf.trial_folds) == (50, 0, 0)


@pytest.mark.parametrize(
    ("written", "searched"), [('"True"', True), ("True", True), ('"False"', False), ("False", False)]
)
def test_the_switch_is_a_text_or_a_truth_value(written: str, searched: bool) -> None:
    conf = parse_script(with_conf(f'{{"hyperparameter_tune": {written}, "model_type": "RF"}}'))
    assert conf.hyperparameter_tune is searched
    assert conf.hp_space == models()["RF"].space()


@pytest.mark.parametrize("written", ['"yes"', "1", '""', "[]"])
def test_another_switch_is_refused(written: str) -> None:
    error = refused(with_conf(f'{{"hyperparameter_tune": {written}, "model_type": "RF"}}'))
    assert 'must be "True" or "False"' in error.reason


def test_a_renamed_key_is_refused_with_its_line_its_nearest_match_and_all_that_are_allowed() -> None:
    text = SCRIPT.replace('"num_leaves": {', '"num_leafs": {')
    error = refused(text)
    assert error.reason.startswith(
        "hp_space has no key 'num_leafs' (did you mean num_leaves?); it takes num_leaves, "
    )
    assert error.line is not None
    assert "num_leafs" in text.splitlines()[error.line - 1]


def test_the_names_of_another_model_are_refused() -> None:
    error = refused(SCRIPT.replace('"model_type": "LGBM"', '"model_type": "XGB"'))
    assert "hp_space has no key 'num_leaves'" in error.reason


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ('{"num_leaves": {"type": "randint", "range": [15, 5000]}}', "hp_space.num_leaves has 5000"),
        ('{"num_leaves": {"type": "uniform", "range": [15, 127]}}', "randint, quniform, loguniform, choice"),
        ('{"num_leaves": {"type": "randint", "range": [127, 15]}}', "inverted"),
        ('{"boosting_type": {"type": "choice", "values": ["gbdt", "gblinear"]}}', "has 'gblinear'"),
        ('{"boosting_type": {"type": "randint", "range": [0, 1]}}', "takes ranges of the type choice"),
        ('{"subsample": {"type": "uniform", "range": [0.0, 1.0]}}', "a number from 0.05 to 1"),
        ('{"num_leaves": [15, 127]}', "a range has the type"),
        ("[]", "hp_space must be a dictionary"),
        ("{}", 'needs a range, or set hyperparameter_tune to "False"'),
    ],
)  # fmt: skip
def test_a_range_that_cannot_be_searched_is_refused(written: str, said: str) -> None:
    assert said in refused(with_space(written)).reason


def test_a_range_that_is_too_wide_is_warned_about() -> None:
    slow = parse_script(with_space('{"num_leaves": {"type": "randint", "range": [15, 4000]}}'))
    wide = parse_script(with_space('{"reg_alpha": {"type": "uniform", "range": [0.0, 1000.0]}}'))
    assert list(slow.warnings) == [
        "hp_space.num_leaves goes up to 4000: above 512 a training takes very long"
    ]
    assert "10 times as wide as the preset" in wide.warnings[0]


def test_an_unsearched_space_is_still_checked_but_not_warned_about() -> None:
    text = with_space('{"num_leaves": {"type": "randint", "range": [15, 4000]}}').replace('"True"', '"False"')
    assert not parse_script(text).warnings
    assert "inverted" in refused(text.replace("[15, 4000]", "[15, 2]")).reason


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ('{"model_type": "LGBM"}', "conf lacks 'hyperparameter_tune'"),
        ('{"hyperparameter_tune": "True"}', "conf lacks 'model_type'"),
        ('{SWITCH, "model_type": "MLP"}', "must be one of CAT, LGBM, RF, LR, XGB, KNN"),
        ('{SWITCH, "model_type": 3}', "not 3"),
        ('{"hyper_parameter_tune": "True"}', "did you mean hyperparameter_tune?"),
        ('{SWITCH, "model_type": "RF", "max_trials": 0}', "max_trials must be a whole number from 1"),
        ('{SWITCH, "model_type": "RF", "max_trials": True}', "not True"),
        ('{SWITCH, "model_type": "RF", "model_config": {"bootstrap": "no"}}', "must be True or False"),
        ('{SWITCH, "model_type": "RF", "model_type": "RF"}', "'model_type' stands twice"),
        ('{SWITCH, "model_type": "RF", 3: 4}', "keys must be texts"),
        ("{SWITCH, **{}}", "keys must be texts"),
        ('{SWITCH, "model_type": None}', "values must be plain"),
        ('{SWITCH, "max_trials": 1e999}', "values must be plain"),
        ('{SWITCH, "max_trials": 0x' + "f" * 9000 + "}", "values must be plain"),
        ('{SWITCH, "model_type": open("/etc/passwd").read()}', "values must be plain"),
        ('{SWITCH, "model_type": f"{1}"}', "values must be plain"),
        ('dict(hyperparameter_tune="True")', "conf must be a dictionary"),
        ("{key: 1 for key in 'ab'}", "conf must be a dictionary"),
    ],
)  # fmt: skip
def test_a_conf_that_is_wrong_is_refused(written: str, said: str) -> None:
    error = refused(with_conf(written.replace("SWITCH", '"hyperparameter_tune": "True"')))
    assert said in error.reason
    assert error.line == SCRIPT[: SCRIPT.index("conf = {")].count("\n") + 1


@pytest.mark.parametrize(
    "edit",
    [
        ("conf = {", "import os\nconf = {"),
        ("conf = {", "conf = conf2 = {"),
        ("conf = {", "conf: dict = {"),
        ("conf = {", "config = {"),
        ('"binary"', '"clustering"'),
        ('"binary"', '"automatic"'),
        ('"binary"', 'str("binary")'),
        ('"single"', '"single"; print(1)'),
        ("TRAINING_WAY =", "WAY ="),
    ],
)
def test_a_change_beside_conf_is_refused_with_its_line(edit: tuple[str, str]) -> None:
    before, after = edit
    text = SCRIPT.replace(before, after, 1)
    assert text != SCRIPT
    assert "only the dictionary" in refused(text).reason


@pytest.mark.parametrize(
    "text", ["", "\n", "conf = {}", SCRIPT + "print(1)\n", SCRIPT[: SCRIPT.index("conf = {")]]
)
def test_a_script_that_lacks_a_part_or_has_one_more_is_refused(text: str) -> None:
    assert "only the dictionary" in refused(text).reason


def test_comments_blank_lines_line_ends_and_a_byte_order_mark_do_not_matter() -> None:
    bare = "\n".join(
        line.split("  #")[0] for line in SCRIPT.splitlines() if not line.lstrip().startswith("#")
    )
    assert parse_script(bare) == parse_script(SCRIPT)
    assert parse_script("\ufeff" + SCRIPT.replace("\n", "\r\n\r\n")) == parse_script(SCRIPT)
    assert parse_script(SCRIPT + "\n# 备注\n") == parse_script(SCRIPT)


@pytest.mark.parametrize(
    "value",
    [
        "[" * 5000 + "]" * 5000,
        "-" * 30_000 + "1",
        "1+" * 30_000 + "1",
        "a." * 30_000 + "a",
        "9" * 5000,
        '{"a": ' * 150 + "1" + "}" * 150,
        "[" * 150 + "]" * 150,
        '"\\N{DASH"',
        "\x00",
        "\ud800",
    ],
)
def test_hostile_values_are_refused(value: str) -> None:
    refused(with_conf(f'{{"hyperparameter_tune": "True", "model_type": "RF", "max_trials": {value}}}'))


def test_a_huge_script_is_refused_unread() -> None:
    assert "at most 65536" in refused("#" * (MAX_SCRIPT_CHARACTERS + 1)).reason


@given(st.text(max_size=200))
@settings(deadline=None)
def test_any_text_is_a_script_or_is_refused(text: str) -> None:
    for script in (text, with_conf(text), with_space(text), SCRIPT.replace("LGBM", text)):
        assert reason_against(script) != ""


_JSON = st.recursive(
    st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(_JSON)
@settings(deadline=None)
def test_any_literal_as_a_range_or_a_value_is_read_or_refused(value: object) -> None:
    for template in (
        '"hp_space": {{"num_leaves": {}}}',
        '"model_config": {{"subsample": {}}}',
        '"hp_space": {}',
    ):
        conf = f'{{"hyperparameter_tune": "True", "model_type": "LGBM", {template.format(repr(value))}}}'
        assert reason_against(with_conf(conf)) != ""


@given(st.integers(2, 4096), st.integers(2, 4096))
def test_whole_ranges_within_the_limits_are_read_as_written(one: int, other: int) -> None:
    low, high = sorted((one, other))
    written = json.dumps({"num_leaves": {"type": "randint", "range": [low, high]}})
    assert parse_script(with_space(written)).hp_space["num_leaves"].ends == (low, high)


def test_a_script_of_another_type_or_way_than_the_run_is_refused() -> None:
    conf = parse_script(SCRIPT)
    conf.check_fits(AlgorithmType.BINARY, TrainingWay.SINGLE)
    with pytest.raises(
        ExpertScriptError, match=r"generated for algorithm_type binary, the run has regression"
    ):
        conf.check_fits(AlgorithmType.REGRESSION, TrainingWay.SINGLE)
    with pytest.raises(ExpertScriptError, match=r"training_way single, the run has distributed"):
        conf.check_fits(AlgorithmType.BINARY, TrainingWay.DISTRIBUTED)


def test_the_preset_script_is_python() -> None:
    for code, kind, way in PRESETS:
        ast.parse(preset_script(code, kind, way))
