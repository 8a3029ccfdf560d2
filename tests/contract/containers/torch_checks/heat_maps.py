"""Heat maps: hot where a network's answer comes from, for any network, and told where there are none."""

import io
import json
import tempfile
from pathlib import Path

import numpy as np
import timm
import torch
from PIL import Image
from torch import nn

from openbml_catalog.networks import networks
from openbml_deep.feature_maps import recorded
from openbml_deep.heat_maps import MOST, Seen, classifier_heat_maps, eigen_cam, grad_cam, overlay
from openbml_deep.networks import NetworkPlan, build_network
from openbml_deep.report_files import ReportPictures
from openbml_deep.tasks.objects import AnnotatedImage
from openbml_deep.tasks.task import BuiltNetwork
from openbml_kit.images import Pixels
from openbml_kit.report_basis import EvaluatedSample
from openbml_kit.snapshots import Extent

SIZE = 32
MEAN = STD = (0.5, 0.5, 0.5)


class Colours(nn.Module):
    """Class 0 is how much red there is, class 1 how much blue."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 4, stride=4, bias=False)
        self.head = nn.Linear(2, 2, bias=False)
        with torch.no_grad():
            self.conv.weight.zero_()
            self.conv.weight[0, 0] = self.conv.weight[1, 2] = 1.0
            self.head.weight.copy_(torch.eye(2))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.head(self.conv(images).relu().mean(dim=(2, 3)))


def two_spots() -> torch.Tensor:
    """Red in the upper left quarter, blue in the lower right one."""
    images = torch.zeros(1, 3, SIZE, SIZE)
    images[0, 0, 4:12, 4:12] = 1.0
    images[0, 2, 20:28, 20:28] = 1.0
    return images


def seen(number: int, size: int = SIZE) -> Seen:
    pixels: Pixels = np.zeros((size, size, 3), dtype=np.uint8)
    return Seen(EvaluatedSample(str(number), f"{number}.jpg"), pixels, two_spots(), "red", 0)


def check_grad_cam_is_hot_where_the_score_comes_from() -> None:
    red, blue = (grad_cam(Colours(), two_spots(), place) for place in (0, 1))
    assert red.shape == (8, 8)
    assert (red[1:3, 1:3] == 1).all()
    assert red.sum() == 4
    assert (blue[5:7, 5:7] == 1).all()
    assert blue.sum() == 4


def check_parameters_that_are_frozen_and_inference_leave_heat_maps_possible() -> None:
    network = Colours().requires_grad_(requires_grad=False)
    with torch.no_grad():
        assert grad_cam(network, two_spots(), 0).max() == 1
    assert all(parameter.grad is None for parameter in network.parameters())
    assert not any(module._forward_hooks for module in network.modules())


def check_a_transformer_is_looked_at_by_its_image_tokens() -> None:
    network = timm.create_model("vit_tiny_patch16_224", img_size=64, num_classes=3)
    heat = grad_cam(network, torch.randn(1, 3, 64, 64), 1)
    assert heat.shape == (4, 4)
    assert heat.max() == 1


def check_channels_last_and_convolutions_have_maps_too() -> None:
    for name in ("swin_tiny_patch4_window7_224", "mobilenetv3_small_100"):
        options = {"img_size": 64, "window_size": 2} if name.startswith("swin") else {}
        heat = grad_cam(timm.create_model(name, num_classes=3, **options), torch.randn(1, 3, 64, 64), 0)
        assert heat.shape == (2, 2), (name, heat.shape)


def check_eigen_cam_shows_what_stands_out() -> None:
    images = two_spots()
    images[:, 2] = 0
    network = Colours()
    heat = eigen_cam(network, network, images)
    assert np.argwhere(heat > 0.5).tolist() == [[1, 1], [1, 2], [2, 1], [2, 2]]


class LongHead(nn.Module):
    """A backbone of many channels before a head of many layers."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = nn.Conv2d(3, 16, 4, stride=4)
        self.head = nn.Sequential(nn.Conv2d(16, 4, 1), *(nn.Conv2d(4, 4, 1) for _ in range(80)))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.head(self.backbone(images))


def check_the_backbones_end_is_found_before_a_long_head() -> None:
    network = LongHead()
    with recorded(network) as maps, torch.no_grad():
        network(two_spots())
    assert maps.widest is not None
    assert (maps.widest.channels, maps.widest.side) == (16, 8)
    assert all(row.channels == 4 for row in maps.last)


def check_a_network_without_feature_maps_is_told_and_nothing_fails() -> None:
    notes: list[str] = []
    network = nn.Sequential(nn.Flatten(), nn.Linear(3 * SIZE * SIZE, 2))
    with tempfile.TemporaryDirectory() as folder:
        rows = classifier_heat_maps(
            network, [seen(1), seen(2)], Path(folder), note=lambda _, text: notes.append(text)
        )
    assert rows == []
    assert len(notes) == 1
    assert "no heat maps" in notes[0]


def check_some_pictures_are_written_and_listed() -> None:
    with tempfile.TemporaryDirectory() as folder:
        rows = classifier_heat_maps(
            Colours(), [seen(number) for number in range(20)], Path(folder), note=_refuse
        )
        files = sorted(path.relative_to(folder).as_posix() for path in Path(folder).rglob("*.jpg"))
    assert len(rows) == MOST
    assert [row["file"] for row in rows] == files
    assert rows[0] == {"sample_id": "0", "name": "0.jpg", "label": "red", "file": "images/heat-00.jpg"}


def check_the_overlay_is_red_where_it_is_hot() -> None:
    heat = np.zeros((4, 4), dtype=np.float32)
    heat[0, 0] = 1
    pixels = np.full((SIZE, SIZE, 3), 128, dtype=np.uint8)
    picture = np.asarray(overlay(pixels, heat)).astype(int)
    hot, cold = picture[10, 10], picture[-10, -10]
    assert hot[0] > hot[2]
    assert cold[2] > cold[0]


def check_the_filling_around_a_picture_is_cut_off() -> None:
    pixels = np.zeros((SIZE, SIZE, 3), dtype=np.uint8)
    pixels[: SIZE // 2] = 200
    heat = np.zeros((4, 4), dtype=np.float32)
    heat[2:] = 1
    picture = np.asarray(overlay(pixels, heat, (1.0, 0.5))).astype(int)
    assert picture.shape == (160, 320, 3)
    assert (picture[:120, :, 2] > picture[:120, :, 0]).all()


def check_detection_and_semantic_networks_have_heat_maps_in_whole_reports() -> None:
    for task, name in (("object_detection", "SSD-MobileNetV1"), ("semantic_segmentation", "FastSCNN")):
        network = build_network(NetworkPlan(networks(task)[name], 2, 96)).eval()
        with tempfile.TemporaryDirectory() as folder:
            report = _completed(task, network, Path(folder))
            assert [row["sample_id"] for row in report["heat_maps"]] == ["1", "0"], report["heat_maps"]
            assert [row["label"] for row in report["heat_maps"]] == ["dog", "cat"]
            assert [row["code"] for row in report["hints"]] == ["evaluated_look_like_training"]
            page = (Path(folder) / "report.html").read_text()
            assert page.count("data:image/jpeg") == 3


def check_a_job_that_was_told_to_stop_makes_no_pictures() -> None:
    network = build_network(NetworkPlan(networks("semantic_segmentation")["FastSCNN"], 2, 96)).eval()
    with tempfile.TemporaryDirectory() as folder:
        report = _completed("semantic_segmentation", network, Path(folder), ended_early="signal")
        assert (report["heat_maps"], report["hints"]) == ([], [])
        assert (Path(folder) / "report.html").exists()


def _completed(task: str, network: nn.Module, folder: Path, **more: str) -> dict:
    images = [_image(folder, number) for number in range(2)]
    pictures = ReportPictures(
        task=task,
        labels=["cat", "dog"],
        built=BuiltNetwork(network, MEAN, STD, "scratch"),
        input_size=96,
        device=torch.device("cpu"),
        images=images,
        training=[images[0]],
        folder=folder,
        workers=1,
        note=_refuse,
    )
    wrong = {"sample_id": "1", "name": "1.png", "width": 60, "height": 40, "right": [], "missed": []}
    wrong["false_positives"] = [{"label": "dog", "score": 0.9, "box": [0, 0, 9, 9]}]
    report = pictures.complete(
        {**_REPORT, "task": task, "wrong_examples": [wrong], "hints": [], **more}, network
    )
    pictures.write_page(report)
    json.dumps(report, allow_nan=False)
    return report


_REPORT = {
    "basis": {"source": "holdout", "evaluated_count": 2},
    "conclusion": {"en": "fair", "zh": "一般"},
    "cautions": [],
    "overall": {"map50": 0.5},
    "per_class": [],
    "wrong_count": 1,
}


def _image(folder: Path, number: int) -> AnnotatedImage:
    levels = np.random.default_rng(number).integers(0, 255, (6, 9, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(levels).resize((60, 40)).save(out, "PNG")
    path = folder / f"{number}.png"
    path.write_bytes(out.getvalue())
    extent = Extent(path, 0, path.stat().st_size, "image")
    return AnnotatedImage(str(number), f"{number}.png", extent, "", 60, 40, classes=(0,))


def _refuse(level: str, message: str) -> None:
    raise AssertionError(f"{level}: {message}")
