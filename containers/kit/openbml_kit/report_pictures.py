"""Small pictures of a report's wrong examples, with what is wrong drawn over them.

Red is a false positive, orange a missed object (spec 03 section 2.14).
"""

import base64
import io
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from PIL import Image

from openbml_kit.markup import Markup, element
from openbml_kit.run_lengths import decode_mask

THUMBNAIL_SIDE = 240
_QUALITY = 78
_RED, _ORANGE = (220, 38, 38), (245, 158, 11)
_ALPHA = 130


def thumbnail(image: Image.Image) -> bytes:
    """Return a JPEG of at most 240 x 240 pixels."""
    small = image.convert("RGB")
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.BILINEAR)
    out = io.BytesIO()
    small.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()


def data_uri(data: bytes, kind: str = "jpeg") -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data).decode('ascii')}"


def drawn_example(example: Mapping[str, Any], picture: bytes | None) -> Markup:
    """Return an example's picture with boxes and masks; a grey ground where there is no picture."""
    width, height = int(example.get("width") or 0), int(example.get("height") or 0)
    shown = element("img", src=data_uri(picture), alt="") if picture else None
    if not width or not height:
        return element("div", shown, class_="picture")
    layers = [
        *_masks("fp", _texts(example, "false_positives", "false_mask"), width, height, _RED),
        *_masks("missed", _texts(example, "missed", "missed_mask"), width, height, _ORANGE),
    ]
    boxes = [
        *(_box("fp", row) for row in _rows(example, "false_positives")),
        *(_box("missed", row) for row in _rows(example, "missed")),
    ]
    drawing = element("svg", boxes, viewBox=f"0 0 {width} {height}", preserveAspectRatio="none")
    return element("div", shown, layers, drawing, class_="picture", style=f"aspect-ratio:{width}/{height}")


def _rows(example: Mapping[str, Any], kind: str) -> list[Mapping[str, Any]]:
    rows = example.get(kind)
    return [row for row in rows if "box" in row] if isinstance(rows, list) else []


def _box(kind: str, row: Mapping[str, Any]) -> Markup:
    x1, y1, x2, y2 = (float(edge) for edge in row["box"])
    score = f" {row['score']:.2f}" if "score" in row else ""
    title = element("title", f"{row['label']}{score}")
    return element("rect", title, x=x1, y=y1, width=max(0.0, x2 - x1), height=max(0.0, y2 - y1), class_=kind)


def _texts(example: Mapping[str, Any], kind: str, whole: str) -> list[str]:
    if whole in example:
        return [str(example[whole])]
    return [str(row["mask"]) for row in _rows(example, kind) if "mask" in row]


def _masks(
    kind: str, texts: Iterable[str], width: int, height: int, colour: tuple[int, int, int]
) -> list[Markup]:
    """Return one transparent picture of all masks of a kind, of the thumbnail's size."""
    mask = np.zeros((height, width), dtype=np.bool_)
    for text in texts:
        mask |= decode_mask(text, width, height)
    if not mask.any():
        return []
    level = Image.fromarray(mask.astype(np.uint8) * _ALPHA)
    level.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.BOX)
    layer = Image.new("RGBA", level.size, colour)
    layer.putalpha(level)
    out = io.BytesIO()
    layer.save(out, "PNG", optimize=True)
    return [element("img", src=data_uri(out.getvalue(), "png"), alt="", class_=kind)]
