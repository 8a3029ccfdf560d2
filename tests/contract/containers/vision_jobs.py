"""Small training jobs of detection and segmentation on drawings, some of them strange."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.contract.containers.environments import Job
from tests.fakes.region_snapshots import (
    LABELS,
    MarkedFile,
    drawn,
    outlined,
    region,
    write_region_snapshot,
)

# What no mask can be made of, each once.
USELESS: list[dict[str, Any]] = [
    {"label": "disc", "polygons": [[[3, 3], [9, 9]]]},
    {"label": "disc", "polygons": [[[300, 3], [309, 9], [300, 9]]]},
    {"label": "square", "box": {"x1": 1, "y1": 1, "x2": 9, "y2": 9}},
]


def detection_job(base: Path, files: list[MarkedFile], labels: list[str], **hyper_parameters: object) -> Job:
    write_region_snapshot(base / "input" / "data" / "train", files, labels=labels)
    job = Job(base)
    job.configure(
        labels,
        task="object_detection",
        **{"network": "SSD-MobileNetV1", "input_size": 64, "epochs": 1, **hyper_parameters},
    )
    return job


def segmentation_job(base: Path, task: str, network: str, **hyper_parameters: object) -> Job:
    write_region_snapshot(base / "input" / "data" / "train", outlined_files(), task=task)
    job = Job(base)
    job.configure(LABELS, task=task, network=network, input_size=64, **hyper_parameters)
    return job


def marked_files() -> list[MarkedFile]:
    """Return drawings with boxes, two of nothing, and a strange one."""
    return [
        *(drawn(number) for number in range(18)),
        drawn(98, objects=0),
        drawn(99, objects=0),
        strange(100),
    ]


def outlined_files(count: int = 16) -> Sequence[MarkedFile]:
    """Return drawings with outlines; the last one holds nothing but what cannot be used."""
    marked = [outlined(drawn(1000 + number)) for number in range(count - 1)]
    blank = drawn(2000, objects=0)
    return [*marked, MarkedFile(blank.sample_id, blank.data, blank.width, blank.height, USELESS)]


def strange(sample_id: int) -> MarkedFile:
    """Return a drawing with a crowd, a box half outside, one wholly outside and one without an area."""
    drawing = drawn(sample_id)
    more = [
        region("disc", 0, 0, 90, 70, attributes={"iscrowd": 1}),
        region("square", 80, 60, 400, 300),
        region("square", 200, 200, 220, 220),
        region("disc", 30, 30, 30, 50),
    ]
    return MarkedFile(sample_id, drawing.data, drawing.width, drawing.height, [*drawing.regions, *more])
