"""Image classification after torchvision's recipe. Arguments: folder epochs batch size seed; prints JSON."""

import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "containers" / "deep"))

from openbml_deep.vision_operators import provide_vision_operators

provide_vision_operators()

import images as sets  # noqa: E402
import timm  # noqa: E402
import torch  # noqa: E402
from torch.nn import functional  # noqa: E402
from torchvision import transforms  # noqa: E402

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def main(folder: Path, epochs: int, batch: int, size: int, seed: int) -> None:
    torch.manual_seed(seed)
    training, labels = sets.rows(folder, "train")
    evaluated, _ = sets.rows(folder, "eval")
    normal = [transforms.ToTensor(), transforms.Normalize(MEAN, STD)]
    taught = transforms.Compose(
        [transforms.RandomResizedCrop(size), transforms.RandomHorizontalFlip(), *normal]
    )
    shown = transforms.Compose([transforms.Resize(round(size / 0.875)), transforms.CenterCrop(size), *normal])
    pictures = [sets.opened(folder, row) for row in training]
    targets = torch.tensor([row["class"] for row in training])
    model = timm.create_model("resnet18d", num_classes=len(labels))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1 * batch / 256, momentum=0.9, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, max(1, epochs // 3), gamma=0.1)
    started = time.monotonic()
    for _ in range(epochs):
        model.train()
        order = torch.randperm(len(training))
        for start in range(0, len(order) - batch + 1, batch):
            chosen = order[start : start + batch]
            inputs = torch.stack([taught(pictures[index]) for index in chosen.tolist()])
            optimizer.zero_grad()
            functional.cross_entropy(model(inputs), targets[chosen]).backward()
            optimizer.step()
        schedule.step()
    seconds = time.monotonic() - started
    model.eval()
    right = 0
    with torch.inference_mode():
        for row in evaluated:
            right += int(model(shown(sets.opened(folder, row))[None]).argmax() == row["class"])
    steps = len(training) // batch * batch * epochs
    print(json.dumps({"quality": right / len(evaluated), "images_per_second": steps / seconds}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *(int(value) for value in sys.argv[2:6]))
