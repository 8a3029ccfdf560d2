"""The images of a set as the reference scripts read them: a folder with `annotations.json`.

`annotations.json`: `{"labels": [...], "train": [image], "eval": [image]}`, an image
`{"file", "class"?, "boxes": [[x1, y1, x2, y2]], "classes": [...], "polygons": [[x, y, ...]]}`; classes
count from 0.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw


@dataclass(frozen=True)
class Marked:
    """One image; `size` times smaller or larger it lies in the upper left corner of a grey square."""

    pixels: Image.Image
    row: dict[str, Any]


def rows(folder: Path, part: str) -> tuple[list[dict[str, Any]], list[str]]:
    document = json.loads((folder / "annotations.json").read_text())
    return document[part], document["labels"]


def opened(folder: Path, row: dict[str, Any]) -> Image.Image:
    return Image.open(folder / row["file"]).convert("RGB")


def squared(image: Image.Image, size: int) -> tuple[np.ndarray, float]:
    """Return the image in a square of the side, shape (size, size, 3), and the scale."""
    scale = size / max(image.size)
    inner = image.resize((max(1, round(image.width * scale)), max(1, round(image.height * scale))))
    square = np.full((size, size, 3), 114, dtype=np.uint8)
    square[: inner.height, : inner.width] = np.asarray(inner)
    return square, scale


def class_map(image: Image.Image, row: dict[str, Any]) -> np.ndarray:
    """Return the class of each pixel, 0 for the background."""
    drawn = Image.new("L", image.size)
    pen = ImageDraw.Draw(drawn)
    for ring, class_index in zip(row["polygons"], row["classes"], strict=True):
        pen.polygon(
            [tuple(ring[place : place + 2]) for place in range(0, len(ring), 2)], fill=class_index + 1
        )
    return np.asarray(drawn)
