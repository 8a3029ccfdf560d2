"""The training batches of detection and segmentation under every operator: shapes, targets, repeatability."""

import json
from pathlib import Path
from typing import Any

import pytest

from openbml_catalog.augmentation import operators_of
from tests.contract.containers.environments import Job, run_python
from tests.fakes.region_snapshots import LABELS, drawn, outlined, write_region_snapshot

pytestmark = pytest.mark.contract

TASKS = {
    "object_detection": "SSD-MobileNetV1",
    "instance_segmentation": "Mask_RCNN-ResNet18-VD-FPN",
    "semantic_segmentation": "FastSCNN",
}
PROGRAM = """
import json, sys
from pathlib import Path
from openbml_deep.vision_operators import provide_vision_operators
provide_vision_operators()
import torch
from openbml_deep.engine.device import prepare_device
from openbml_deep.job import vision_task
from openbml_deep.settings import read_settings
from openbml_deep.tasks.task import TaskJob
from openbml_kit.places import Places
from openbml_kit.snapshots import read_manifest

def unheard(level, message):
    pass

told = {}
for folder in sys.argv[1:]:
    places = Places(Path(folder))
    settings = read_settings(places.hyper_parameters())
    job = TaskJob(settings, prepare_device(cores=1), 1, unheard, weights_folder=None, memory_bytes=1 << 28)
    task = vision_task(job)
    train = places.channel("train")
    images = task.read(train, read_manifest(train))
    built = task.build()
    batches, again = task.batches(images, built), task.batches(images, built)
    size, objects, epochs = settings.input_size, 0, []
    for epoch in (1, 2):
        for batch, same in zip(batches.epoch(epoch), again.epoch(epoch)):
            assert batch.pixels.shape[1:] == (size, size, 3) and batch.pixels.dtype == torch.uint8
            assert torch.equal(batch.pixels, same.pixels)
            if settings.task == "semantic_segmentation":
                classes = set(batch.maps.unique().tolist())
                assert classes <= {0, 1, 2, 3, 255} and batch.maps.shape[1:] == (size, size), classes
                objects += len(classes - {0, 255})
                continue
            for target, other in zip(batch.targets, same.targets):
                count = len(target.classes)
                assert target.boxes.shape == (count, 4) and target.boxes.dtype == torch.float32
                assert torch.equal(target.boxes, other.boxes)
                assert (target.boxes[:, 2:] > target.boxes[:, :2]).all()
                assert (target.boxes >= 0).all() and (target.boxes <= size).all()
                assert target.classes.dtype == torch.int64
                if settings.task == "instance_segmentation":
                    assert target.masks.shape == (count, size, size) and target.masks.dtype == torch.uint8
                    assert all(mask.any() for mask in target.masks)
                objects += count
        epochs.append(int(batch.pixels.sum()))
    told[settings.task] = {"objects": objects, "epochs_differ": epochs[0] != epochs[1]}
    batches.close()
    again.close()
print(json.dumps(told))
"""


def augmentation_of(task: str) -> dict[str, Any]:
    operators = [{"name": name, "probability": 0.5} for name in operators_of(task)]
    mixing = [] if task == "semantic_segmentation" else [{"name": "mosaic", "probability": 0.5}]
    return {"mode": "manual", "operators": operators, "mixing": mixing}


def test_batches_hold_what_networks_train_on_and_are_the_same_again(tmp_path: Path) -> None:
    folders = []
    for task, network in TASKS.items():
        base = tmp_path / task
        marked = [outlined(drawn(1000 + number)) for number in range(8)]
        write_region_snapshot(base / "input" / "data" / "train", marked, task=task)
        setting = json.dumps(augmentation_of(task))
        Job(base).configure(
            LABELS, task=task, network=network, input_size=64, batch_size=4, augmentation=setting
        )
        folders.append(base)
    found = json.loads(run_python("deep", PROGRAM, *folders, base=tmp_path))
    assert set(found) == set(TASKS)
    for told in found.values():
        assert told["epochs_differ"]
        assert told["objects"] >= 8
