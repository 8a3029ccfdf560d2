"""A tiny real set of images, and one model trained on it for all tests that need one."""

import io
import random
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from tests.contract.containers.environments import Finished, Job
from tests.contract.containers.vision_jobs import detection_job, marked_files, segmentation_job
from tests.fakes import region_snapshots
from tests.fakes.snapshot_files import Pair, write_snapshot

LABELS = ["disc", "square", "cross"]


def drawing(label: str, seed: int, *, side: int = 48) -> Image.Image:
    """One shape on a noisy ground; place, size and colours vary."""
    chance = random.Random(seed)
    image = Image.new("RGB", (side, side), tuple(chance.randrange(0, 90) for _ in range(3)))
    draw = ImageDraw.Draw(image)
    radius = chance.randrange(side // 5, side // 3)
    x, y = (chance.randrange(radius, side - radius) for _ in range(2))
    colour = tuple(chance.randrange(150, 256) for _ in range(3))
    if label == "disc":
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
    elif label == "square":
        draw.rectangle((x - radius, y - radius, x + radius, y + radius), outline=colour, width=4)
    else:
        draw.line((x - radius, y - radius, x + radius, y + radius), fill=colour, width=4)
        draw.line((x - radius, y + radius, x + radius, y - radius), fill=colour, width=4)
    return image


def file_of(image: Image.Image, kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, quality=92)
    return buffer.getvalue()


def pairs(count: int, *, first_seed: int) -> list[Pair]:
    return [
        Pair(first_seed + index, label, file_of(drawing(label, first_seed + index), kind), kind.lower())
        for index in range(count)
        for label, kind in [(LABELS[index % len(LABELS)], "PNG" if index % 2 else "JPEG")]
    ]


def new_job(base: Path, **hyper_parameters: object) -> Job:
    write_snapshot(base / "input" / "data" / "train", pairs(48, first_seed=1000))
    job = Job(base)
    job.configure(LABELS, **hyper_parameters)
    return job


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Job, Finished]:
    """A job that trained to its end: six epochs on 36 images, 12 held out."""
    job = new_job(tmp_path_factory.mktemp("trained"), epochs=6)
    return job, job.run()


@pytest.fixture(scope="session")
def trained_detector(tmp_path_factory: pytest.TempPathFactory) -> tuple[Job, Finished]:
    """A finished job of object detection, with all files of its model."""
    base = tmp_path_factory.mktemp("detection")
    job = detection_job(base, marked_files(), region_snapshots.LABELS, epochs=4, export_variants="all")
    return job, job.run()


@pytest.fixture(scope="session")
def semantic(tmp_path_factory: pytest.TempPathFactory) -> tuple[Job, Finished]:
    """A finished job of semantic segmentation, with an int8 file of its model."""
    base = tmp_path_factory.mktemp("semantic")
    more = {"epochs": 2, "learning_rate": 0.004, "class_balance": "loss", "export_variants": "int8"}
    job = segmentation_job(base, "semantic_segmentation", "FastSCNN", **more)
    return job, job.run()


@pytest.fixture(scope="session")
def instances(tmp_path_factory: pytest.TempPathFactory) -> tuple[Job, Finished]:
    """A finished job of instance segmentation."""
    base = tmp_path_factory.mktemp("instances")
    network = "Mask_RCNN-ResNet18-VD-FPN"
    job = segmentation_job(base, "instance_segmentation", network, epochs=1, learning_rate=0.0005)
    return job, job.run()
