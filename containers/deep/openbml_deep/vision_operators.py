"""Lets torchvision work where its compiled operators do not fit the installed torch.

torchvision's PyPI wheel is linked against the CUDA build of torch; beside a CPU build its library does not
load, and its import then fails on operators nobody defined. Their schemas are registered first. `nms` and
`roi_align` get implementations that train, trace and export to ONNX; calling another one says that the
operator has none.
"""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

_SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "roi_align(Tensor input, Tensor rois, float spatial_scale, SymInt pooled_height, SymInt "
    "pooled_width, int sampling_ratio, bool aligned) -> Tensor",
    "_roi_align_backward(Tensor grad, Tensor rois, float spatial_scale, SymInt pooled_height, SymInt "
    "pooled_width, SymInt batch_size, SymInt channels, SymInt height, SymInt width, int sampling_ratio, "
    "bool aligned) -> Tensor",
    "qroi_align(Tensor input, Tensor rois, float input_scale, int input_zero_point, float rois_scale, "
    "int rois_zero_point, float spatial_scale, SymInt pooled_height, SymInt pooled_width, int "
    "sampling_ratio, bool aligned) -> Tensor",
    "roi_pool(Tensor input, Tensor rois, float spatial_scale, SymInt pooled_height, SymInt "
    "pooled_width) -> (Tensor, Tensor)",
    "_roi_pool_backward(Tensor grad, Tensor rois, Tensor argmax, float spatial_scale, SymInt "
    "pooled_height, SymInt pooled_width, SymInt batch_size, SymInt channels, SymInt height, SymInt "
    "width) -> Tensor",
    "ps_roi_align(Tensor input, Tensor rois, float spatial_scale, SymInt pooled_height, SymInt "
    "pooled_width, int sampling_ratio) -> (Tensor, Tensor)",
    "_ps_roi_align_backward(Tensor grad, Tensor rois, Tensor channel_mapping, float spatial_scale, "
    "SymInt pooled_height, SymInt pooled_width, int sampling_ratio, SymInt batch_size, SymInt channels, "
    "SymInt height, SymInt width) -> Tensor",
    "ps_roi_pool(Tensor input, Tensor rois, float spatial_scale, SymInt pooled_height, SymInt "
    "pooled_width) -> (Tensor, Tensor)",
    "_ps_roi_pool_backward(Tensor grad, Tensor rois, Tensor channel_mapping, float spatial_scale, "
    "SymInt pooled_height, SymInt pooled_width, SymInt batch_size, SymInt channels, SymInt height, "
    "SymInt width) -> Tensor",
    "deform_conv2d(Tensor input, Tensor weight, Tensor offset, Tensor mask, Tensor bias, SymInt "
    "stride_h, SymInt stride_w, SymInt pad_h, SymInt pad_w, SymInt dilation_h, SymInt dilation_w, "
    "SymInt groups, SymInt offset_groups, bool use_mask) -> Tensor",
    "_deform_conv2d_backward(Tensor grad, Tensor input, Tensor weight, Tensor offset, Tensor mask, "
    "Tensor bias, SymInt stride_h, SymInt stride_w, SymInt pad_h, SymInt pad_w, SymInt dilation_h, "
    "SymInt dilation_w, SymInt groups, SymInt offset_groups, bool use_mask) -> (Tensor, Tensor, Tensor, "
    "Tensor, Tensor)",
    "box_iou_rotated(Tensor boxes1, Tensor boxes2) -> Tensor",
    "_cuda_version() -> int",
)

# Registrations live as long as their library object.
_libraries: list[torch.library.Library] = []


def provide_vision_operators() -> bool:
    """Import torchvision so that it works; call before anything imports it. Returns whether its own
    operators load."""
    if _libraries:
        return False
    if hasattr(torch.ops.torchvision, "nms") or _real_operators_load():
        return True
    library = torch.library.Library("torchvision", "DEF")
    for schema in _SCHEMAS:
        library.define(schema)
    library.impl("nms", nms, "CPU")
    # Composed of differentiable operators: autograd needs no backward of its own, a trace still sees one
    # operator.
    library.impl("roi_align", _roi_align, "CompositeImplicitAutograd")
    _libraries.append(library)
    _say_operators_are_there()
    return False


def _say_operators_are_there() -> None:
    """torchvision asks its extension module, by the module's name or by one it imported, whether operators
    load."""
    import torchvision

    del torchvision
    for name, module in list(sys.modules.items()):
        if name.startswith("torchvision.") and hasattr(module, "_has_ops"):
            module._has_ops = _has_ops


def _has_ops() -> bool:
    return True


def _roi_align(
    features: torch.Tensor,
    rois: torch.Tensor,
    spatial_scale: float,
    pooled_height: int,
    pooled_width: int,
    sampling_ratio: int,
    aligned: bool,  # noqa: FBT001 - the operator's schema passes by place
) -> torch.Tensor:
    """Bilinear samples by `grid_sample`, one call an image, then the mean of each bin, as the compiled
    kernel does.

    torchvision keeps a Python form for devices without the kernel; it gathers four corners of every sample
    and channel, takes some twenty times as long, and with an adaptive ratio gigabytes.

    Args:
        features: shape (n, channels, height, width).
        rois: shape (k, 5): image, x1, y1, x2, y2.
        sampling_ratio: samples of a bin in each direction; 0 or less: as many as it has pixels.

    Returns:
        Shape (k, channels, pooled_height, pooled_width).
    """
    offset = 0.5 if aligned else 0.0
    corners = rois[:, 1:] * spatial_scale - offset
    sides = corners[:, 2:] - corners[:, :2]
    if not aligned:
        sides = sides.clamp(min=1.0)
    if sampling_ratio > 0:
        ratios = torch.full_like(sides, sampling_ratio, dtype=torch.int64)
    else:
        bins = torch.tensor([pooled_width, pooled_height], device=sides.device)
        ratios = (sides / bins).ceil().clamp(min=1).long()
    pools = features.new_zeros((len(rois), features.shape[1], pooled_height, pooled_width))
    groups = torch.cat((rois[:, :1].long(), ratios), dim=1)
    for group in groups.unique(dim=0):
        own = torch.nonzero((groups == group).all(dim=1)).flatten()
        image, ratio_across, ratio_down = group.tolist()
        pooled = _pooled(
            features[image : image + 1],
            across=_sample_places(corners[own, 0], sides[own, 0], pooled_width * ratio_across),
            down=_sample_places(corners[own, 1], sides[own, 1], pooled_height * ratio_down),
            bin_samples=(ratio_down, ratio_across),
        )
        pools = pools.index_copy(0, own, pooled)
    return pools


def _pooled(
    features: torch.Tensor, *, across: torch.Tensor, down: torch.Tensor, bin_samples: tuple[int, int]
) -> torch.Tensor:
    """Shapes: features (1, channels, height, width), across (k, columns), down (k, rows)."""
    height, width = features.shape[-2:]
    inside = _inside(down, height)[:, :, None] & _inside(across, width)[:, None, :]
    grid = torch.stack(
        (
            (across / max(width - 1, 1) * 2 - 1)[:, None, :].expand(inside.shape),
            (down / max(height - 1, 1) * 2 - 1)[:, :, None].expand(inside.shape),
        ),
        dim=-1,
    ).to(features.dtype)
    sampled = functional.grid_sample(
        features, grid.flatten(0, 1)[None], mode="bilinear", padding_mode="border", align_corners=True
    )
    each = sampled[0].unflatten(1, (len(inside), -1)).transpose(0, 1) * inside[:, None]
    return functional.avg_pool2d(each, bin_samples)


def _sample_places(start: torch.Tensor, side: torch.Tensor, count: int) -> torch.Tensor:
    steps = (torch.arange(count, device=start.device, dtype=start.dtype) + 0.5) / count
    return start[:, None] + side[:, None] * steps[None]


def _inside(places: torch.Tensor, length: int) -> torch.Tensor:
    """A sample up to one pixel outside counts as the border's pixel, one further away as zero."""
    return (places >= -1.0) & (places <= length)


def nms(dets: torch.Tensor, scores: torch.Tensor, iou_threshold: float) -> torch.Tensor:
    """Return the indices of the boxes kept, highest score first.

    Args:
        dets: shape (n, 4), xyxy.
        scores: shape (n,).
        iou_threshold: a box that overlaps a kept one by more than this is dropped.
    """
    order = scores.sort(descending=True, stable=True).indices
    boxes = dets.detach()[order].cpu().numpy()
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    left = np.ones(len(boxes), dtype=np.bool_)
    for place in range(len(boxes)):
        if not left[place]:
            continue
        rest = np.flatnonzero(left[place + 1 :]) + place + 1
        corners = np.minimum(boxes[rest, 2:], boxes[place, 2:]) - np.maximum(
            boxes[rest, :2], boxes[place, :2]
        )
        overlap = corners.clip(min=0).prod(axis=1)
        union = areas[rest] + areas[place] - overlap
        left[rest[overlap > iou_threshold * union]] = False
    return order[torch.from_numpy(left).to(order.device)]


def _real_operators_load() -> bool:
    spec = importlib.util.find_spec("torchvision")
    if spec is None or spec.origin is None:
        return False
    for library in sorted(Path(spec.origin).parent.glob("_C*.so")):
        try:
            torch.ops.load_library(str(library))
        except OSError:
            return False
        return True
    return False
