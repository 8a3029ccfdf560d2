"""Object detection after torchvision's recipe of SSDLite. Arguments: folder epochs batch size seed; prints
JSON."""

import io
import json
import random
import sys
import time
from contextlib import redirect_stdout
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "containers" / "deep"))

from openbml_deep.vision_operators import provide_vision_operators

provide_vision_operators()

import images as sets  # noqa: E402
import torch  # noqa: E402
from pycocotools.coco import COCO  # noqa: E402
from pycocotools.cocoeval import COCOeval  # noqa: E402
from torchvision.models.detection import ssdlite320_mobilenet_v3_large  # noqa: E402
from torchvision.models.detection.ssd import SSD  # noqa: E402


def example(folder: Path, row: dict, size: int, *, flipped: bool) -> tuple[torch.Tensor, dict]:
    square, scale = sets.squared(sets.opened(folder, row), size)
    boxes = torch.tensor(row["boxes"], dtype=torch.float32).reshape(-1, 4) * scale
    pixels = torch.from_numpy(square.copy()).permute(2, 0, 1).float() / 255
    if flipped:
        pixels = pixels.flip(2)
        boxes = torch.stack((size - boxes[:, 2], boxes[:, 1], size - boxes[:, 0], boxes[:, 3]), dim=1)
    labels = torch.tensor(row["classes"], dtype=torch.int64) + 1
    return pixels, {"boxes": boxes, "labels": labels}


def main(folder: Path, epochs: int, batch: int, size: int, seed: int) -> None:
    torch.manual_seed(seed)
    random.seed(seed)
    training, labels = sets.rows(folder, "train")
    evaluated, _ = sets.rows(folder, "eval")
    model: SSD = ssdlite320_mobilenet_v3_large(
        weights=None, weights_backbone=None, num_classes=len(labels) + 1
    )
    model.transform.fixed_size = (size, size)
    rate = 0.15 * batch / 192
    optimizer = torch.optim.SGD(model.parameters(), lr=rate, momentum=0.9, weight_decay=4e-5)
    per_epoch = len(training) // batch
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs * per_epoch)
    started = time.monotonic()
    for _ in range(epochs):
        model.train()
        order = random.sample(range(len(training)), len(training))
        for start in range(0, len(order) - batch + 1, batch):
            pairs = [
                example(folder, training[index], size, flipped=random.random() < 0.5)
                for index in order[start : start + batch]
            ]
            losses = model([pair[0] for pair in pairs], [pair[1] for pair in pairs])
            optimizer.zero_grad()
            sum(losses.values()).backward()
            optimizer.step()
            schedule.step()
    seconds = time.monotonic() - started
    figures = {"quality": ap50(model, folder, evaluated, labels, size)}
    print(json.dumps({**figures, "images_per_second": epochs * per_epoch * batch / seconds}))


def ap50(model: SSD, folder: Path, evaluated: list[dict], labels: list[str], size: int) -> float:
    model.eval()
    found, truths = [], []
    with torch.inference_mode():
        for number, row in enumerate(evaluated, start=1):
            pixels, _ = example(folder, row, size, flipped=False)
            scale = sets.squared(sets.opened(folder, row), size)[1]
            answer = model([pixels])[0]
            for box, score, label in zip(answer["boxes"], answer["scores"], answer["labels"], strict=True):
                x1, y1, x2, y2 = (box / scale).tolist()
                place = [x1, y1, x2 - x1, y2 - y1]
                found.append(
                    {"image_id": number, "category_id": int(label), "bbox": place, "score": float(score)}
                )
            for (x1, y1, x2, y2), index in zip(row["boxes"], row["classes"], strict=True):
                place = [x1, y1, x2 - x1, y2 - y1]
                area = place[2] * place[3]
                truths.append(
                    {"id": len(truths) + 1, "image_id": number, "category_id": index + 1, "bbox": place,
                     "area": area, "iscrowd": 0}
                )  # fmt: skip
    with redirect_stdout(io.StringIO()):  # pycocotools prints
        truth = COCO()
        truth.dataset = {
            "images": [{"id": number} for number in range(1, len(evaluated) + 1)],
            "annotations": truths,
            "categories": [{"id": number} for number in range(1, len(labels) + 1)],
        }
        truth.createIndex()
        if not found:
            return 0.0
        judge = COCOeval(truth, truth.loadRes(found), "bbox")
        judge.evaluate()
        judge.accumulate()
        judge.summarize()
    return float(judge.stats[1])


if __name__ == "__main__":
    main(Path(sys.argv[1]), *(int(value) for value in sys.argv[2:6]))
