"""Parts of the detection networks: anchors, assignment, cascade, suppression."""

import contextlib

import numpy as np
import timm
import torch
from torchvision.models import detection
from torchvision.ops import MultiScaleRoIAlign

from openbml_catalog.networks import networks
from openbml_deep.networks import NetworkPlan, build_network
from openbml_deep.networks.detection.anchors import AnchorChange, HasAnchors, fitted_scale
from openbml_deep.networks.detection.cascade_rcnn import CascadeHeads
from openbml_deep.networks.detection.suppression import strongest, without_suppression
from openbml_deep.networks.detection.yolov3_targets import Cells, assigned, losses_of, shape_overlaps
from openbml_deep.tasks.objects import Target
from openbml_kit.faults import PlatformFault

ANCHORS = [[(8.0, 8.0), (16.0, 8.0)], [(32.0, 32.0), (32.0, 48.0)]]


def cells() -> Cells:
    return Cells(ANCHORS, strides=(8, 16), size=64)


def target(*rows: tuple[float, float, float, float, int]) -> Target:
    boxes = torch.tensor([row[:4] for row in rows], dtype=torch.float32).reshape(-1, 4)
    return Target(boxes, torch.tensor([row[4] for row in rows], dtype=torch.int64))


def network_of(name: str, label_count: int = 2, **options: int) -> torch.nn.Module:
    plan = NetworkPlan(networks("object_detection")[name], label_count, 64, options)
    return build_network(plan)


def check_predictions_of_nothing_lie_on_their_anchors() -> None:
    places = cells()
    assert len(places) == 2 * 64 + 2 * 16
    boxes = places.boxes(torch.zeros(1, len(places), 6))[0]
    assert boxes[0].tolist() == [0.0, 0.0, 8.0, 8.0]  # first cell: centre 4, 4
    assert boxes[1].tolist() == [8.0, 0.0, 16.0, 8.0]  # the next one is a column further
    assert boxes[8].tolist() == [0.0, 8.0, 8.0, 16.0]
    assert boxes[128].tolist() == [-8.0, -8.0, 24.0, 24.0]


def check_an_object_trains_the_anchor_of_its_shape_in_the_cell_of_its_centre() -> None:
    places = cells()
    predicted = torch.zeros(len(places), 4)
    found = assigned(target((24.0, 12.0, 32.0, 20.0, 1)), predicted, places)
    # Centre 28, 16: column 3, row 2 of stride 8; the second anchor is half as good and is trained too.
    assert found.cells.tolist() == [2 * 8 + 3, 64 + 2 * 8 + 3]
    assert found.classes.tolist() == [1, 1]
    assert found.boxes[0].tolist() == [24.0, 12.0, 32.0, 20.0]


def check_of_objects_in_one_cell_the_smallest_has_it() -> None:
    places = cells()
    objects = target((23.0, 12.5, 32.5, 20.5, 0), (24.0, 12.0, 32.0, 20.0, 1))
    found = assigned(objects, torch.zeros(len(places), 4), places)
    assert set(found.classes.tolist()) == {1}


def check_a_prediction_on_an_object_that_trains_another_cell_counts_for_nothing() -> None:
    places = cells()
    predicted = torch.zeros(len(places), 4)
    predicted[5] = torch.tensor([24.0, 12.0, 32.0, 20.0])
    found = assigned(target((24.0, 12.0, 32.0, 20.0, 1)), predicted, places)
    assert not found.counted[5]
    assert int((~found.counted).sum()) == 1


def check_an_image_without_objects_trains_objectness_only() -> None:
    places = cells()
    raw = torch.zeros(1, len(places), 7, requires_grad=True)
    boxes = places.boxes(raw)
    parts = losses_of(raw, boxes, [assigned(target(), boxes[0], places)])
    assert float(parts["boxes"]) == float(parts["classes"]) == 0.0
    sum(parts.values()).backward()
    assert float(raw.grad[..., 4].min()) > 0


def check_losses_fall_to_nothing_where_predictions_are_right() -> None:
    places = cells()
    objects = target((24.0, 12.0, 32.0, 20.0, 1))
    raw = torch.full((1, len(places), 7), -20.0)
    raw[..., :4] = 0.0
    own = assigned(objects, torch.zeros(len(places), 4), places)
    raw[0, own.cells, 4] = 20.0
    raw[0, own.cells, 6] = 20.0
    parts = losses_of(
        raw, own.boxes.new_zeros(1, len(places), 4).index_copy(1, own.cells, own.boxes[None]), [own]
    )
    assert all(float(part) < 1e-4 for part in parts.values()), parts


def check_shapes_overlap_as_boxes_on_one_centre_do() -> None:
    overlaps = shape_overlaps(torch.tensor([[4.0, 4.0]]), torch.tensor([[4.0, 4.0], [8.0, 4.0], [2.0, 2.0]]))
    assert torch.allclose(overlaps, torch.tensor([[1.0, 0.5, 0.25]]))


def check_anchor_options_scale_and_stretch_published_anchors() -> None:
    same = AnchorChange.of({})
    assert all(abs(a - b) < 1e-9 for a, b in zip(same.sides(30.0, 61.0), (30.0, 61.0), strict=True))
    width, height = AnchorChange.of({"anchor_scale": 16, "anchor_ratio": 4}).sides(20.0, 10.0)
    assert abs(width / height - 4) < 1e-9  # 2:1 has become 4:1
    assert abs(width * height - 800) < 1e-6  # both sides twice as long, the area four times as large
    network = network_of("Faster_R-CNN-ResNet50-FPN", anchor_scale=4)
    sides = network.detector.rpn.anchor_generator.sizes
    assert sides[0] == (16.0,)
    yolo = network_of("YOLOv3-MobileNetV1", anchor_scale=4)
    plain = network_of("YOLOv3-MobileNetV1")
    assert torch.allclose(yolo.cells.anchors * 2, plain.cells.anchors)


def check_networks_tell_the_anchors_that_a_scale_is_fitted_to() -> None:
    for name, row in networks("object_detection").items():
        if name in ("Cascade_RCNN-RestNet50-FPN", "YOLOv3-DarkNet", "YOLOv3-ResNet50vd-DCN"):
            continue  # their anchors are those of Faster R-CNN and YOLOv3-MobileNetV1
        if row.anchors:
            small, large = (network_of(name, anchor_scale=scale).anchor_shapes() for scale in (4, 8))
            assert small.shape == large.shape
            assert np.allclose(small[:, :2] * 2, large[:, :2], rtol=0.05), (
                name
            )  # RetinaNet's are whole pixels
            assert np.array_equal(small[:, 2], large[:, 2])
        else:
            assert not isinstance(network_of(name), HasAnchors)


def check_a_scale_is_fitted_to_the_objects_and_published_without_any() -> None:
    anchors = np.array([[32.0, 32.0, 4.0], [128.0, 128.0, 64.0]])
    assert fitted_scale(anchors, np.array([[16.0, 16.0]] * 5)) == 4
    assert fitted_scale(anchors, np.array([[32.0, 32.0]] * 5)) == 8
    # The coarse level has the shape at scale 2, and hardly ever a centre near by.
    assert fitted_scale(anchors[1:], np.array([[32.0, 32.0]] * 5)) > 2
    assert fitted_scale(anchors, np.zeros((0, 2))) == 8


def check_the_first_level_of_ssd_mobilenetv1_has_three_default_boxes() -> None:
    boxes = network_of("SSD-MobileNetV1").detector.anchor_generator
    assert boxes.num_anchors_per_location() == [3, 6, 6, 6, 6, 6]
    sides = boxes._wh_pairs[0].tolist()
    assert abs(sides[0][0] - 0.2) < 1e-6
    assert abs(sides[1][0] / sides[1][1] - 2) < 1e-5


def check_suppression_keeps_the_strongest_of_each_class() -> None:
    boxes = torch.tensor(
        [[0, 0, 20, 20], [1, 1, 21, 21], [40, 40, 90, 90], [5, 5, 5, 9]], dtype=torch.float32
    )
    scores = torch.tensor([[0.9, 0.2], [0.8, 0.005], [0.3, 0.0], [0.9, 0.9]])
    found = strongest(boxes, scores, size=64, iou_threshold=0.5)
    assert [round(value, 2) for value in found.scores.tolist()] == [0.9, 0.3, 0.2]
    assert found.classes.tolist() == [0, 0, 1]
    assert found.boxes[1].tolist() == [40.0, 40.0, 64.0, 64.0]  # cut at the square's border
    free = without_suppression(boxes, scores, size=64)
    assert len(free.scores) == 6
    assert free.scores.tolist() == sorted(free.scores.tolist(), reverse=True)


def heads() -> CascadeHeads:
    return CascadeHeads(MultiScaleRoIAlign(["0"], 7, 2), channels=4, class_count=3)


def check_a_cascades_later_stages_take_only_better_boxes_for_objects() -> None:
    cascade = heads()
    objects = {"boxes": torch.tensor([[0.0, 0.0, 20.0, 20.0]]), "labels": torch.tensor([2])}
    boxes = torch.tensor([[0.0, 0.0, 20.0, 11.0], [0.0, 0.0, 20.0, 13.0], [0.0, 0.0, 20.0, 15.0]])
    taken = [cascade._matched(stage, boxes, objects)[0].tolist() for stage in range(3)]
    assert taken == [[2, 2, 2], [0, 2, 2], [0, 0, 2]]


def check_a_cascade_trains_all_stages_also_without_objects() -> None:
    cascade = heads().train()
    features = {"0": torch.randn(1, 4, 16, 16)}
    proposals = [torch.tensor([[0.0, 0.0, 30.0, 30.0], [10.0, 10.0, 50.0, 40.0]])]
    nothing = [{"boxes": torch.zeros(0, 4), "labels": torch.zeros(0, dtype=torch.int64)}]
    _, losses = cascade(features, proposals, [(64, 64)], nothing)
    assert sorted(losses) == [
        f"{part}_{stage}" for part in ("boxes", "classification") for stage in (1, 2, 3)
    ]
    sum(losses.values()).backward()
    assert all(float(losses[f"boxes_{stage}"]) == 0 for stage in (1, 2, 3))
    assert all(stage.logits.weight.grad is not None for stage in cascade.stages)


def check_a_cascade_scores_by_the_mean_of_its_stages() -> None:
    cascade = heads().eval()
    for stage, certain in zip(cascade.stages, (9.0, 0.0, 0.0), strict=True):
        torch.nn.init.zeros_(stage.logits.weight)
        stage.logits.bias.data = torch.tensor([0.0, certain, -9.0])
    features = {"0": torch.randn(1, 4, 16, 16)}
    with torch.no_grad():
        ((row,), _) = cascade(features, [torch.tensor([[0.0, 0.0, 30.0, 30.0]])], [(64, 64)])
    assert row["labels"].tolist() == [1]
    assert abs(float(row["scores"][0]) - (1 + 0.5 + 0.5) / 3) < 0.01


def check_published_weights_fit_the_networks_that_bear_their_names() -> None:
    """The published tensors' names and shapes are the libraries' own."""
    for name, library in (
        ("Faster_R-CNN-ResNet50-FPN", detection.fasterrcnn_resnet50_fpn),
        ("RetinaNet-ResNet50-FPN", detection.retinanet_resnet50_fpn),
        ("SSDLite-MobileNetV3", detection.ssdlite320_mobilenet_v3_large),
    ):
        published = library(weights=None, weights_backbone=None, num_classes=91).state_dict()
        part = network_of(name).pretrained_part("of the library")
        part.load(published)
        first = next(iter(part.module.state_dict()))
        assert torch.equal(part.module.state_dict()[first], published[first])
    network_of("Cascade_RCNN-RestNet50-FPN").pretrained_part("").load(
        detection.fasterrcnn_resnet50_fpn(weights=None, weights_backbone=None).state_dict()
    )


def check_backbones_take_the_weights_of_whole_classifiers() -> None:
    for name, model, tag in (
        ("YOLOv3-DarkNet", "darknet53", "darknet53.c2ns_in1k"),
        ("YOLOv3-ResNet50vd-DCN", "resnet50d", "resnet50d.ra2_in1k"),
        ("SSD-MobileNetV1", "mobilenetv1_100", "mobilenetv1_100.ra4_e3600_r224_in1k"),
    ):
        published = timm.create_model(model).state_dict()
        part = network_of(name).pretrained_part(tag)
        part.load(published)
        assert part.mean == tuple(timm.get_pretrained_cfg(tag).mean)
        row = networks("object_detection")[name]
        assert tag in [weights.tag for weights in row.weights]
    published.pop("bn1.weight")
    with contextlib.suppress(PlatformFault):
        part.load(published)
        raise AssertionError("a missing tensor was not noticed")
