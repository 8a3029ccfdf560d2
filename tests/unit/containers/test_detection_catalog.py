"""Object detection in the catalogue: the manual's networks with their figures, parameters of its own."""

import pytest

from openbml_catalog.networks import HyperParameterError, families, networks, parse_hyper_parameters

TASK = "object_detection"
GIVEN = {"task": TASK, "labels": '["cat"]'}


def test_the_manuals_seven_networks_have_its_figures() -> None:
    """Spec 03 section 2.7."""
    listed = {
        name: (row.published.value if row.published else None, row.cpu_ms)
        for name, row in networks(TASK).items()
        if row.cpu_ms is not None
    }
    assert listed == {
        "SSD-MobileNetV1": (0.251, 54),
        "YOLOv3-MobileNetV1": (0.239, 171),
        "YOLOv3-DarkNet": (0.389, 514),
        "YOLOv3-ResNet50vd-DCN": (0.414, 456),
        "Faster_R-CNN-ResNet50-FPN": (0.377, 2842),
        "RetinaNet-ResNet50-FPN": (0.36, 2308),
        "Cascade_RCNN-RestNet50-FPN": (0.409, 4454),
    }


def test_two_of_them_have_weights_of_the_very_large_scale() -> None:
    assert [row.name for row in families(TASK)] == ["public", "very_large_scale"]
    large = {name for name, row in networks(TASK).items() if row.weights_of("very_large_scale")}
    assert large == {"YOLOv3-DarkNet", "Faster_R-CNN-ResNet50-FPN"}


def test_a_network_of_the_manuals_name_stands_in_for_no_other() -> None:
    replaced = {name: row.replaces for name, row in networks(TASK).items() if row.replaces}
    assert set(replaced) == {"RT-DETRv2-R18", "RT-DETRv2-R50", "D-FINE-S"}
    assert all(row.weights and row.weights[0].licence for row in networks(TASK).values())


def test_anchors_are_fitted_unless_a_scale_is_given() -> None:
    values = parse_hyper_parameters(TASK, {**GIVEN, "network": "SSD-MobileNetV1"})
    assert (values["anchor_scale"], values["anchor_ratio"], values["tile"]) == (0, 2, 0)
    values = parse_hyper_parameters(TASK, {**GIVEN, "network": "SSD-MobileNetV1", "anchor_scale": "6"})
    assert values["anchor_scale"] == 6


def test_a_network_without_anchors_has_no_anchor_parameters() -> None:
    assert "anchor_scale" not in parse_hyper_parameters(TASK, {**GIVEN, "network": "D-FINE-S"})
    with pytest.raises(HyperParameterError, match="is not a hyper-parameter of the network D-FINE-S"):
        parse_hyper_parameters(TASK, {**GIVEN, "network": "D-FINE-S", "anchor_ratio": "3"})


def test_an_input_that_strides_do_not_divide_is_refused() -> None:
    with pytest.raises(HyperParameterError, match="input_size must be a multiple of 32"):
        parse_hyper_parameters(TASK, {**GIVEN, "network": "YOLOv3-DarkNet", "input_size": "400"})
