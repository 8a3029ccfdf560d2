"""Semantic segmentation after torchvision's recipe. Arguments: folder epochs batch size seed; prints JSON."""

import json
import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "containers" / "deep"))

from openbml_deep.vision_operators import provide_vision_operators

provide_vision_operators()

import images as sets  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402
from torch.nn import functional  # noqa: E402
from torchvision.models.segmentation import lraspp_mobilenet_v3_large  # noqa: E402

MEAN = torch.tensor((0.485, 0.456, 0.406)).reshape(3, 1, 1)
STD = torch.tensor((0.229, 0.224, 0.225)).reshape(3, 1, 1)


def example(folder: Path, row: dict, size: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Random scale, flip and crop, as the recipe has it."""
    image = sets.opened(folder, row)
    marked = sets.class_map(image, row)
    side = max(size, round(size * random.uniform(0.5, 2.0)))
    scale = side / max(image.size)
    shape = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    pixels = np.asarray(image.resize(shape))
    classes = np.asarray(sets.Image.fromarray(marked).resize(shape, sets.Image.Resampling.NEAREST))
    if random.random() < 0.5:
        pixels, classes = pixels[:, ::-1], classes[:, ::-1]
    square = np.full((size, size, 3), 114, dtype=np.uint8)
    target = np.full((size, size), 255, dtype=np.int64)
    top = random.randint(0, max(0, pixels.shape[0] - size))
    left = random.randint(0, max(0, pixels.shape[1] - size))
    part = pixels[top : top + size, left : left + size]
    square[: part.shape[0], : part.shape[1]] = part
    target[: part.shape[0], : part.shape[1]] = classes[top : top + size, left : left + size]
    return normal(square), torch.from_numpy(target)


def normal(square: np.ndarray) -> torch.Tensor:
    return (torch.from_numpy(square.copy()).permute(2, 0, 1).float() / 255 - MEAN) / STD


def main(folder: Path, epochs: int, batch: int, size: int, seed: int) -> None:
    torch.manual_seed(seed)
    random.seed(seed)
    training, labels = sets.rows(folder, "train")
    evaluated, _ = sets.rows(folder, "eval")
    model = lraspp_mobilenet_v3_large(weights=None, weights_backbone=None, num_classes=len(labels) + 1)
    rate = 0.02 * batch / 16
    optimizer = torch.optim.SGD(model.parameters(), lr=rate, momentum=0.9, weight_decay=1e-4)
    per_epoch = max(1, len(training) // batch)
    total = epochs * per_epoch
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: (1 - step / (total + 1)) ** 0.9)
    started = time.monotonic()
    for _ in range(epochs):
        model.train()
        order = random.sample(range(len(training)), len(training))
        for start in range(0, per_epoch * batch, batch):
            pairs = [example(folder, training[index], size) for index in order[start : start + batch]]
            scores = model(torch.stack([pair[0] for pair in pairs]))["out"]
            target = torch.stack([pair[1] for pair in pairs])
            optimizer.zero_grad()
            functional.cross_entropy(scores, target, ignore_index=255).backward()
            optimizer.step()
            schedule.step()
    seconds = time.monotonic() - started
    print(
        json.dumps(
            {
                "quality": mean_iou(model, folder, evaluated, len(labels) + 1, size),
                "images_per_second": total * batch / seconds,
            }
        )
    )


def mean_iou(model: torch.nn.Module, folder: Path, evaluated: list[dict], classes: int, size: int) -> float:
    """Pixels of the original images, as our report counts them."""
    model.eval()
    counts = np.zeros((classes, classes), dtype=np.int64)
    with torch.inference_mode():
        for row in evaluated:
            image = sets.opened(folder, row)
            square, scale = sets.squared(image, size)
            scores = model(normal(square)[None])["out"].softmax(1)
            inner = scores[:, :, : max(1, round(image.height * scale)), : max(1, round(image.width * scale))]
            whole = functional.interpolate(inner, size=(image.height, image.width), mode="bilinear")
            found = whole.argmax(1)[0].numpy()
            true = sets.class_map(image, row)
            counts += np.bincount((true * classes + found).ravel(), minlength=classes**2).reshape(classes, -1)
    hit = np.diag(counts)
    union = counts.sum(0) + counts.sum(1) - hit
    return float(np.mean(hit[union > 0] / union[union > 0]))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *(int(value) for value in sys.argv[2:6]))
