"""Writes snapshots of images with regions, as the datasets context packs them; draws the images too."""

import hashlib
import io
import json
import random
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from openbml_formats import masks
from tests.fakes.snapshot_files import add

LABELS = ["disc", "square"]


@dataclass(frozen=True)
class MarkedFile:
    """An image file with its regions, each as `openbml_formats.annotations.Region` is written."""

    sample_id: int
    data: bytes
    width: int
    height: int
    regions: Sequence[dict[str, Any]] = field(default_factory=tuple)


def region(label: str, x1: float, y1: float, x2: float, y2: float, **more: Any) -> dict[str, Any]:
    return {"label": label, "box": {"x1": x1, "y1": y1, "x2": x2, "y2": y2}, **more}


def drawn(sample_id: int, *, width: int = 96, height: int = 72, objects: int = 3) -> MarkedFile:
    """Return discs and squares on a noisy ground, none over another; fewer where there is no room."""
    chance = random.Random(sample_id)
    image = Image.new("RGB", (width, height), tuple(chance.randrange(60) for _ in range(3)))
    draw = ImageDraw.Draw(image)
    taken: list[tuple[float, float, float, float]] = []
    regions = []
    for _ in range(objects * 4):
        side = chance.randrange(height // 4, height // 2)
        x, y = chance.randrange(width - side), chance.randrange(height - side)
        box = (x, y, x + side, y + side)
        if len(regions) == objects or any(_meet(box, other) for other in taken):
            continue
        taken.append(box)
        label = chance.choice(LABELS)
        colour = (230, chance.randrange(90), 60) if label == "disc" else (60, 120, chance.randrange(150, 256))
        shape = draw.ellipse if label == "disc" else draw.rectangle
        shape((x, y, x + side - 1, y + side - 1), fill=colour)
        regions.append(region(label, *box))
    return MarkedFile(sample_id, png_of(image), width, height, regions)


def outlined(file: MarkedFile) -> MarkedFile:
    """Return the file of `drawn` with outlines in place of boxes: polygons of squares, bitmaps of discs."""
    return replace(file, regions=[_outline(file, row) for row in file.regions])


def _outline(file: MarkedFile, row: dict[str, Any]) -> dict[str, Any]:
    x1, y1, x2, y2 = (row["box"][edge] for edge in ("x1", "y1", "x2", "y2"))
    if row["label"] == "square":
        return {"label": "square", "polygons": [[[x1, y1], [x2, y1], [x2, y2], [x1, y2]]]}
    disc = Image.new("L", (file.width, file.height))
    ImageDraw.Draw(disc).ellipse((x1, y1, x2 - 1, y2 - 1), fill=1)
    mask = masks.from_rows(file.width, file.height, disc.tobytes())
    return {"label": "disc", "mask": mask.model_dump(mode="json")}


def _meet(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def png_of(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def write_region_snapshot(
    folder: Path,
    files: Sequence[MarkedFile],
    *,
    labels: Sequence[str] = LABELS,
    task: str = "object_detection",
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "shard-000000.tar"
    with tarfile.open(path, "w") as archive:
        for file in files:
            document = {
                "sample_id": file.sample_id,
                "name": f"drawing-{file.sample_id}.png",
                "labels": [],
                "width": file.width,
                "height": file.height,
                "regions": list(file.regions),
            }
            add(archive, f"{file.sample_id}.png", file.data)
            add(archive, f"{file.sample_id}.json", json.dumps(document).encode())
    body = path.read_bytes()
    digest = hashlib.sha256(body).hexdigest()
    manifest = {
        "format": "openbml.snapshot/1",
        "snapshot_id": digest,
        "task": task,
        "labels": sorted(labels),
        "sample_count": len(files),
        "shards": [{"key": path.name, "sample_count": len(files), "size_bytes": len(body), "sha256": digest}],
        "dataset_versions": [{"dataset_id": 1, "version_number": 1, "revision": 3}],
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))
