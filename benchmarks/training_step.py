"""Training step of the deep image against bare torch loops: same model, images, batch and augmentation.

    OPENBML_DEEP_PYTHON benchmarks/training_step.py --data train.zip     (budget: at least 95 % of the bare
    loop)

`bare loop` is the recipe of pytorch/examples `imagenet/main.py`: a DataLoader with a worker process, forward,
cross-entropy, backward, AdamW; no moving average, no check-point, no stop request. `compute only` feeds it
batches
that already lie in memory: no training loop can be faster. Rounds alternate; ratios are of medians.
"""

import argparse
import io
import json
import statistics
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("containers/deep", "containers/kit", "layers/catalog", "layers/formats")
sys.path[:0] = [str(ROOT / folder) for folder in FOLDERS]

from openbml_deep.vision_operators import provide_vision_operators  # noqa: E402 - the path is set above

provide_vision_operators()

import numpy as np  # noqa: E402 - torchvision's operators come first
import torch  # noqa: E402
from torch import nn  # noqa: E402
from torch.utils.data import DataLoader, Dataset  # noqa: E402

from openbml_deep.augmentation import Augmenter, classification_view  # noqa: E402
from openbml_deep.engine.device import prepare_device  # noqa: E402
from openbml_deep.engine.trainer import Trainer  # noqa: E402
from openbml_deep.job import vision_task  # noqa: E402
from openbml_deep.samples import DecodedImages  # noqa: E402
from openbml_deep.settings import TrainingSettings, read_settings  # noqa: E402
from openbml_deep.tasks.classification.batches import (  # noqa: E402
    Batch,
    DeviceNormalisation,
)
from openbml_deep.tasks.objects import AnnotatedImage  # noqa: E402
from openbml_deep.tasks.task import TaskJob  # noqa: E402
from openbml_kit.places import core_count  # noqa: E402
from openbml_kit.snapshots import Extent  # noqa: E402


def images_of(archive: Path, folder: Path, count: int) -> list[AnnotatedImage]:
    """Unpack `count` images of a zip of image+json pairs."""
    images: list[AnnotatedImage] = []
    classes: dict[str, int] = {}
    with zipfile.ZipFile(archive) as files:
        names = sorted(name for name in files.namelist() if name.endswith(".jpg"))
        for name in names[:: max(1, len(names) // count)][:count]:
            label = json.load(io.BytesIO(files.read(f"{name[:-4]}.json")))["labels"][0]["name"]
            path = folder / Path(name).name
            path.write_bytes(files.read(name))
            extent = Extent(path, 0, path.stat().st_size)
            class_index = classes.setdefault(label, len(classes))
            images.append(AnnotatedImage(name, name, extent, name, 0, 0, (class_index,)))
    return images


class BareDataset(Dataset[tuple[torch.Tensor, float, float, int]]):
    def __init__(self, images: DecodedImages, augmenter: Augmenter) -> None:
        self._images = images
        self._augmenter = augmenter

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, float, float, int]:
        random = np.random.default_rng()
        view = classification_view(self._augmenter, self._images[index], random)
        gain, shift = self._augmenter.tone(random)
        return torch.from_numpy(view.copy()), gain, shift, self._images.images[index].classes[0]


class BareLoop:
    """What a user would write."""

    def __init__(
        self, model: nn.Module, to_input: DeviceNormalisation, device: torch.device, rate: float
    ) -> None:
        self._model = model.to(device, memory_format=torch.channels_last).train()
        self._to_input = to_input
        self._device = device
        self._optimizer = torch.optim.AdamW(self._model.parameters(), lr=rate, fused=True)
        self._loss = nn.CrossEntropyLoss(label_smoothing=0.1)

    def step(self, batch: Batch) -> None:
        loss = self._loss(self._model(self._to_input(batch)), batch.targets.to(self._device))
        self._optimizer.zero_grad()
        loss.backward()
        self._optimizer.step()


def bare_batches(loader: DataLoader[tuple[torch.Tensor, float, float, int]]) -> Iterator[Batch]:
    for pixels, gain, shift, targets in loader:
        yield Batch(pixels, gain.float().reshape(-1, 1, 1, 1), shift.float().reshape(-1, 1, 1, 1), targets)


def seconds_per_step(batches: Iterator[Batch], step: Callable[[Batch], object], *, steps: int) -> float:
    """Return the mean after the first step, which waits for the loader to start."""
    step(next(batches))
    started = time.perf_counter()
    for _ in range(steps):
        step(next(batches))
    return (time.perf_counter() - started) / steps


def cpu_seconds_per_step(ready: list[Batch], step: Callable[[Batch], object]) -> float:
    """Return the processor's median time for a step: beside other work, clocks tell less."""
    times = []
    for batch in ready:
        started = time.process_time()
        step(batch)
        times.append(time.process_time() - started)
    return statistics.median(times)


def measure(
    settings: TrainingSettings, images: list[AnnotatedImage], *, rounds: int, steps: int
) -> dict[str, float]:
    cores = core_count({})
    device = prepare_device(cores=cores)
    decoded = DecodedImages(images, input_size=settings.input_size, budget_bytes=1 << 30)
    for index in range(len(decoded)):
        decoded[index]
    job = TaskJob(settings, device, cores, print, weights_folder=None, memory_bytes=1 << 30)
    task = vision_task(job)
    built = task.build()
    batches = task.batches(images, built)
    trainer = Trainer(task, built, batches, settings, device, note=print)
    trainer.model.train()
    ready = list(batches.epoch(0))  # decodes what the engine keeps
    built = task.build()
    to_input = DeviceNormalisation(built.mean, built.std, device.torch)
    bare = BareLoop(built.network, to_input, device.torch, settings.learning_rate)
    loader = DataLoader(
        BareDataset(decoded, job.augmenter),
        settings.batch_size,
        shuffle=True,
        num_workers=1,
        drop_last=True,
    )
    ways: dict[str, Callable[[], float]] = {
        "engine": lambda: seconds_per_step(batches.epoch(1), trainer.step, steps=steps),
        "bare loop": lambda: seconds_per_step(bare_batches(loader), bare.step, steps=steps),
        "compute only": lambda: seconds_per_step(iter(ready), bare.step, steps=steps),
    }
    processor = {
        "engine": cpu_seconds_per_step(ready, trainer.step),
        "bare loop": cpu_seconds_per_step(ready, bare.step),
    }
    ratio = processor["bare loop"] / processor["engine"]
    print(f"processor time of a step on ready batches: engine / bare loop {ratio:.3f}", flush=True)
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            times[name].append(way())
    batches.close()
    return {name: statistics.median(values) for name, values in times.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="zip of image+json pairs")
    parser.add_argument("--network", default="ResNet18_vd")
    parser.add_argument("--input-size", default="64")
    parser.add_argument("--batch-size", default="32")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--json", type=Path, help="also write the figures here")
    parser.add_argument("--scratch", type=Path, required=True, help="empty folder for the unpacked images")
    given = parser.parse_args()
    given.scratch.mkdir(parents=True, exist_ok=True)
    images = images_of(given.data, given.scratch, int(given.batch_size) * (given.steps + 3))
    labels = [str(index) for index in range(max(image.classes[0] for image in images) + 1)]
    settings = read_settings(
        {
            "task": "image_classification",
            "network": given.network,
            "labels": json.dumps(labels),
            "input_size": given.input_size,
            "batch_size": given.batch_size,
            "weights": "none",
        }
    )
    seconds = measure(settings, images, rounds=given.rounds, steps=given.steps)
    for name, value in seconds.items():
        print(f"{name:14} {value * 1000:8.1f} ms/step {settings.batch_size / value:8.1f} images/s")
    ratio = seconds["bare loop"] / seconds["engine"]
    limit = seconds["compute only"] / seconds["engine"]
    print(f"engine / bare loop {ratio:.3f} (budget 0.95), engine / compute only {limit:.3f}")
    if given.json:
        figures = {"ms_per_step": {name: value * 1000 for name, value in seconds.items()}, "ratio": ratio}
        given.json.write_text(json.dumps({**figures, "ratio_compute_only": limit, "network": given.network}))


if __name__ == "__main__":
    main()
