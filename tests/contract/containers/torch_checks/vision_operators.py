"""Operators against plain loops of the formulas that the compiled kernels follow."""

import math

import torch

from openbml_deep.networks.detection.deformable import DeformableConv2d, deformed_convolution
from openbml_deep.vision_operators import _roi_align, nms


def bilinear(plane: torch.Tensor, y: float, x: float) -> float:
    """RoIAlign's: a sample up to a pixel outside counts as the border's, one further away as zero."""
    height, width = plane.shape
    if y < -1 or y > height or x < -1 or x > width:
        return 0.0
    y, x = max(y, 0.0), max(x, 0.0)
    top, left = min(int(y), height - 1), min(int(x), width - 1)
    bottom, right = min(top + 1, height - 1), min(left + 1, width - 1)
    down, across = (y - top if top < bottom else 0.0), (x - left if left < right else 0.0)
    upper = float(plane[top, left]) * (1 - across) + float(plane[top, right]) * across
    lower = float(plane[bottom, left]) * (1 - across) + float(plane[bottom, right]) * across
    return upper * (1 - down) + lower * down


def roi_align_loop(
    features: torch.Tensor, rois: torch.Tensor, scale: float, side: int, ratio: int, aligned: bool
) -> torch.Tensor:
    pools = torch.zeros(len(rois), features.shape[1], side, side)
    offset = 0.5 if aligned else 0.0
    for place, (image, *corners) in enumerate(rois.tolist()):
        x1, y1, x2, y2 = (value * scale - offset for value in corners)
        width, height = x2 - x1, y2 - y1
        if not aligned:
            width, height = max(width, 1.0), max(height, 1.0)
        across = ratio if ratio > 0 else max(1, math.ceil(width / side))
        down = ratio if ratio > 0 else max(1, math.ceil(height / side))
        for channel in range(features.shape[1]):
            plane = features[int(image), channel]
            for row in range(side):
                for column in range(side):
                    samples = [
                        bilinear(
                            plane,
                            y1 + height / side * (row + (step_down + 0.5) / down),
                            x1 + width / side * (column + (step_across + 0.5) / across),
                        )
                        for step_down in range(down)
                        for step_across in range(across)
                    ]
                    pools[place, channel, row, column] = sum(samples) / len(samples)
    return pools


ROIS = torch.tensor(
    [
        [0, 2.0, 3.0, 20.0, 17.0],
        [1, 0.0, 0.0, 39.0, 39.0],  # the whole image: several pixels a bin
        [0, 30.0, 30.0, 60.0, 55.0],  # reaches beyond the image
        [1, 100.0, 100.0, 120.0, 130.0],  # wholly outside
        [0, 7.0, 7.0, 7.5, 7.25],  # smaller than a pixel
        [1, -12.0, -9.0, 5.0, 4.0],
    ]
)


def check_roi_align_with_a_fixed_ratio_follows_the_kernels_formula() -> None:
    features = torch.randn(2, 3, 10, 12)
    for aligned in (False, True):
        expected = roi_align_loop(features, ROIS, 0.25, 3, 2, aligned)
        given = _roi_align(features, ROIS, 0.25, 3, 3, 2, aligned)
        assert torch.allclose(given, expected, atol=1e-5), (given - expected).abs().max()


def check_roi_align_with_an_adaptive_ratio_samples_every_pixel_of_a_bin() -> None:
    features = torch.randn(2, 2, 10, 12)
    for aligned in (False, True):
        expected = roi_align_loop(features, ROIS, 0.25, 2, 0, aligned)
        given = _roi_align(features, ROIS, 0.25, 2, 2, 0, aligned)
        assert torch.allclose(given, expected, atol=1e-5), (given - expected).abs().max()


def check_roi_align_gives_gradients_and_takes_no_boxes() -> None:
    features = torch.randn(1, 2, 8, 8, requires_grad=True)
    _roi_align(features, ROIS[:1], 0.5, 2, 2, 2, True).sum().backward()
    assert features.grad is not None
    assert float(features.grad.abs().sum()) > 0
    assert _roi_align(features, ROIS[:0], 0.5, 2, 2, 2, True).shape == (0, 2, 2, 2)


def nms_loop(boxes: torch.Tensor, scores: torch.Tensor, threshold: float) -> list[int]:
    def area(box: list[float]) -> float:
        return (box[2] - box[0]) * (box[3] - box[1])

    rows, kept = boxes.tolist(), []
    for place in sorted(range(len(rows)), key=lambda place: -float(scores[place])):
        for other in kept:
            a, b = rows[place], rows[other]
            width = min(a[2], b[2]) - max(a[0], b[0])
            height = min(a[3], b[3]) - max(a[1], b[1])
            common = max(width, 0.0) * max(height, 0.0)
            if common > threshold * (area(a) + area(b) - common):
                break
        else:
            kept.append(place)
    return kept


def check_nms_keeps_what_a_plain_loop_keeps() -> None:
    for count in (0, 1, 200):
        corners = torch.rand(count, 2) * 50
        boxes = torch.cat((corners, corners + torch.rand(count, 2) * 30), dim=1)
        scores = torch.rand(count)
        for threshold in (0.0, 0.3, 0.7):
            assert nms(boxes, scores, threshold).tolist() == nms_loop(boxes, scores, threshold)


def check_nms_keeps_one_of_equal_boxes_and_boxes_without_an_area() -> None:
    boxes = torch.tensor([[0, 0, 4, 4], [0, 0, 4, 4], [2, 2, 2, 2], [9, 9, 9, 12]], dtype=torch.float32)
    assert nms(boxes, torch.tensor([0.5, 0.9, 0.8, 0.1]), 0.5).tolist() == [1, 2, 3]


def check_a_convolution_whose_taps_do_not_move_is_a_convolution() -> None:
    for stride in (1, 2):
        layer = DeformableConv2d(4, 6, 3, stride=stride, padding=1)
        features = torch.randn(2, 4, 9, 7)
        plain = torch.nn.functional.conv2d(features, layer.weight, stride=stride, padding=1)
        # Offsets start at zero and weights of taps at a half.
        assert torch.allclose(layer(features), plain / 2, atol=1e-5)


def check_moved_taps_are_sampled_where_they_were_moved_to() -> None:
    features, weight = torch.randn(1, 2, 6, 5), torch.randn(3, 2, 3, 3)
    offsets, tap_weights = torch.randn(1, 18, 6, 5) * 2, torch.rand(1, 9, 6, 5)
    given = deformed_convolution(
        features, weight, offsets=offsets, tap_weights=tap_weights, stride=1, padding=1
    )
    for row, column in ((0, 0), (3, 2), (5, 4)):
        expected = torch.zeros(3)
        for tap in range(9):
            y = row - 1 + tap // 3 + float(offsets[0, 2 * tap, row, column])
            x = column - 1 + tap % 3 + float(offsets[0, 2 * tap + 1, row, column])
            for channel in range(2):
                taken = zero_padded(features[0, channel], y, x) * float(tap_weights[0, tap, row, column])
                expected += weight[:, channel, tap // 3, tap % 3] * taken
        assert torch.allclose(given[0, :, row, column], expected, atol=1e-4)


def zero_padded(plane: torch.Tensor, y: float, x: float) -> float:
    """Bilinear, pixels outside being zero."""
    top, left, total = math.floor(y), math.floor(x), 0.0
    for row in (top, top + 1):
        for column in (left, left + 1):
            if 0 <= row < plane.shape[0] and 0 <= column < plane.shape[1]:
                total += float(plane[row, column]) * (1 - abs(y - row)) * (1 - abs(x - column))
    return total
