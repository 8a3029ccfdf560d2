"""Hyper-parameters are declared once in the catalogue and checked before work starts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbml_catalog.networks import (
    HyperParameterError,
    UnknownTaskError,
    families,
    hyper_parameters,
    networks,
    parse_hyper_parameters,
)
from openbml_deep.settings import TrainingSettings, read_settings
from openbml_deep.tasks.classification.options import ClassificationOptions
from openbml_kit.faults import UserFault

TASK = "image_classification"
GIVEN = {"task": TASK, "network": "ResNet18_vd", "labels": '["cat", "dog"]'}


def test_the_manuals_networks_are_listed_with_their_figures() -> None:
    listed = networks(TASK)
    # Spec 03 section 2.6: 14 of public data, 2 more names of the very large scale, 2 newer ones.
    assert {
        name: (row.published.value if row.published else None, row.cpu_ms)
        for name, row in listed.items()
        if row.adapter == "timm_classifier" and "authors" not in (row.published.data if row.published else "")
    } == {
        "EffcientNetB0_small": (0.751, 129),
        "EfficientNetB4": (0.8285, 415),
        "MobileNetV2": (0.7215, None),
        "MobileNetV3_large_x1_0": (0.753, 96),
        "NASNet": (0.827, None),
        "ResNet18_vd": (0.7226, 142),
        "ResNet50": (0.765, None),
        "ResNet101": (0.7756, None),
        "ResNeXt101_32x16d_wsl": (0.8424, 1838),
        "Res2Net101_vd_26w_4s": (0.8064, 575),
        "SE_ResNet18_vd": (0.7333, 152),
        "SE-ResNeXt50": (0.7844, None),
        "SE-ResNeXt101": (0.7912, None),
        "Xception71": (0.8111, 747),
        "InceptionV4": (None, None),
        "DPN131": (None, None),
        "ResNet50_vd": (None, None),
        "ResNet101_vd": (None, None),
    }
    recommended = [network.name for network in listed.values() if network.recommended]
    assert recommended == ["ResNet18_vd", "ResNet50", "SE-ResNeXt50"]


def test_the_very_large_scale_family_has_the_manuals_three() -> None:
    with_weights = {name for name, row in networks(TASK).items() if row.weights_of("very_large_scale")}
    assert {"MobileNetV3_large_x1_0", "ResNet50_vd", "ResNet101_vd"} <= with_weights


def test_nasnet_does_not_run_on_the_small_gpu() -> None:
    assert [row.name for row in networks(TASK).values() if not row.runs_on("GPU_P4")] == ["NASNet"]


def test_both_classification_tasks_have_the_same_networks() -> None:
    assert networks("image_classification_multi_label") == networks(TASK)


@pytest.mark.parametrize(
    ("network", "input_size", "reason"),
    [("InceptionV4", "64", "at least 75"), ("ViT-S-16", "40", "a multiple of 16")],
)
def test_an_input_that_a_network_cannot_take_is_refused(network: str, input_size: str, reason: str) -> None:
    with pytest.raises(HyperParameterError, match=reason):
        parse_hyper_parameters(TASK, {**GIVEN, "network": network, "input_size": input_size})


def test_every_weight_belongs_to_a_listed_family_and_shows_its_licence() -> None:
    known = {family.name for family in families(TASK)}
    for network in networks(TASK).values():
        assert {weights.family for weights in network.weights} <= known
        assert all(weights.licence for weights in network.weights)


def test_a_task_without_networks_is_named() -> None:
    with pytest.raises(UnknownTaskError, match="juggling"):
        networks("juggling")


def test_every_hyper_parameter_is_labelled_in_both_languages() -> None:
    for parameter in hyper_parameters(TASK).values():
        assert all((parameter.label_en, parameter.label_zh, parameter.help_en, parameter.help_zh))


def test_what_is_not_given_comes_from_the_network_or_the_default() -> None:
    values = parse_hyper_parameters(TASK, {**GIVEN, "network": "EfficientNetB4"})
    assert (values["input_size"], values["batch_size"], values["epochs"]) == (320, 16, 20)


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("epochs", "0", "between 1 and 500, not 0"),
        ("epochs", "many", "whole number"),
        ("epochs", "1.5", "whole number"),
        ("learning_rate", "2", "between 1e-06 and 1, not 2"),
        ("learning_rate", "nan", "finite"),
        ("learning_rate", "inf", "finite"),
        ("weights", "some", "one of auto, none"),
        ("labels", "cat,dog", "JSON list"),
        ("labels", '["cat", "cat"]', "twice"),
        ("labels", '["cat", ""]', "JSON list"),
        ("network", "ResNet9000", "one of ResNet18_vd"),
        ("colour", "red", "not a hyper-parameter"),
    ],
)
def test_a_wrong_value_is_refused_by_name(name: str, text: str, reason: str) -> None:
    with pytest.raises(HyperParameterError, match=reason) as caught:
        parse_hyper_parameters(TASK, {**GIVEN, name: text})
    assert caught.value.name == name


def test_a_missing_required_value_is_named() -> None:
    with pytest.raises(HyperParameterError, match="labels is missing"):
        parse_hyper_parameters(TASK, {"task": TASK, "network": "ResNet18_vd"})


@given(st.text(max_size=12))
def test_no_text_is_taken_for_a_number_out_of_range(text: str) -> None:
    try:
        epochs = parse_hyper_parameters(TASK, {**GIVEN, "epochs": text})["epochs"]
    except HyperParameterError:
        return
    assert isinstance(epochs, int)
    assert 1 <= epochs <= 500


def test_the_catalogue_and_the_jobs_settings_name_the_same_parameters() -> None:
    typed = set(TrainingSettings.model_fields) - {"own"} | set(ClassificationOptions.model_fields)
    of_nas = {name for name in hyper_parameters(TASK) if name.startswith("nas_")} | {"subnet"}
    assert set(hyper_parameters(TASK)) - of_nas == typed - of_nas


def test_what_is_the_tasks_own_is_typed_by_its_package() -> None:
    settings = read_settings({**GIVEN, "label_smoothing": "0.2"})
    assert ClassificationOptions.model_validate(settings.own).label_smoothing == 0.2
    assert settings.params()["label_smoothing"] == 0.2


@pytest.mark.parametrize(
    "wrong", [{"task": "juggling"}, {"labels": '["one"]'}, {"epochs": "x"}, {"network": "?"}]
)
def test_the_job_calls_a_wrong_parameter_the_users_fault(wrong: dict[str, str]) -> None:
    with pytest.raises(UserFault, match=next(iter(wrong))):
        read_settings({**GIVEN, **wrong})


def test_a_checkpoint_belongs_to_its_settings_and_data_but_not_to_a_time_limit() -> None:
    settings = read_settings(GIVEN)
    assert read_settings({**GIVEN, "run_id": "8", "max_training_time_s": "60"}).fingerprint(
        "a"
    ) == settings.fingerprint("a")
    assert settings.fingerprint("b") != settings.fingerprint("a")
    assert read_settings({**GIVEN, "epochs": "5"}).fingerprint("a") != settings.fingerprint("a")
