"""What our training reaches from scratch on small sets, beside plain scripts after published recipes.

    .venv/bin/python -m benchmarks.vision_quality [--tasks classification detection semantic] [--seeds 1 2 3]

Same network, images, epochs, batch and input size; both evaluate on images that neither trained on, by the
same measure: accuracy, AP at IoU 0.5, mean IoU. Recipes and sources: `benchmarks/reference/recipes.md`.
`images_per_second` is of training alone; `speed` is ours against the reference's, medians. Runs alternate.
"""

import argparse
import hashlib
import io
import json
import os
import platform
import statistics
import subprocess
import tarfile
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from sagemaker_local.images.locked_environments import Lock, LockedEnvironments
from tests.fakes.sample_data import SAMPLE_DATA

ROOT = Path(__file__).resolve().parent.parent
RESULT = ROOT / "benchmarks" / "results" / "vision_quality.json"
SETS = SAMPLE_DATA
# A set without a part to evaluate on gives every fourth image away.
_EVALUATED_EVERY = 4


@dataclass(frozen=True)
class Case:
    """One comparison.

    Attributes:
        quality: the figure of the report that is compared.
    """

    task: str
    reference: str
    network: str
    train: str
    evaluated: str | None
    quality: str
    epochs: int
    batch_size: int
    input_size: int


CASES = {
    "classification": Case(
        "image_classification", "classification", "ResNet18_vd",
        "image_classification/sign_digits/train.zip", "image_classification/sign_digits/test.zip",
        "accuracy", 10, 32, 64,
    ),
    "detection": Case(
        "object_detection", "detection", "SSDLite-MobileNetV3",
        "object_detection/bccd/train_json.zip", "object_detection/bccd/val_json.zip",
        "map50", 14, 8, 224,
    ),
    "semantic": Case(
        "semantic_segmentation", "semantic", "LRASPP-MobileNetV3",
        "instance_segmentation/balloon/train.zip", None,
        "miou", 40, 4, 192,
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Sample:
    name: str
    data: bytes
    labels: Sequence[Mapping[str, Any]]


def samples_of(archive: Path) -> list[Sample]:
    """Return the images of a zip of image + json pairs, by name."""
    found = []
    with zipfile.ZipFile(archive) as files:
        names = {Path(name).stem: name for name in files.namelist() if name.endswith(".json")}
        for name in sorted(files.namelist()):
            if Path(name).suffix.lower() in (".jpg", ".png", ".jpeg", ".bmp") and Path(name).stem in names:
                document = json.loads(files.read(names[Path(name).stem]))
                found.append(Sample(Path(name).name, files.read(name), document["labels"]))
    return found


def parts_of(case: Case) -> tuple[list[Sample], list[Sample]]:
    training = samples_of(SETS / case.train)
    if case.evaluated:
        return training, samples_of(SETS / case.evaluated)
    evaluated = training[::_EVALUATED_EVERY]
    return [sample for sample in training if sample not in evaluated], evaluated


def write_snapshot(folder: Path, samples: Sequence[Sample], task: str) -> None:
    """Write what the platform hands to a job."""
    folder.mkdir(parents=True)
    path = folder / "shard-000000.tar"
    with tarfile.open(path, "w") as archive:
        for number, sample in enumerate(samples, start=1):
            width, height = Image.open(io.BytesIO(sample.data)).size
            document = {
                "sample_id": number, "name": sample.name, "width": width, "height": height,
                "labels": [{"name": row["name"]} for row in sample.labels if set(row) == {"name"}],
                "regions": [_region(row) for row in sample.labels if set(row) != {"name"}],
            }  # fmt: skip
            _add(archive, f"{number}{Path(sample.name).suffix.lower()}", sample.data)
            _add(archive, f"{number}.json", json.dumps(document).encode())
    body = path.read_bytes()
    digest = hashlib.sha256(body).hexdigest()
    manifest = {
        "format": "openbml.snapshot/1", "snapshot_id": digest[:32], "task": task,
        "labels": labels_of(samples), "sample_count": len(samples),
        "shards": [
            {"key": path.name, "sample_count": len(samples), "size_bytes": len(body), "sha256": digest}
        ],
    }  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(manifest))


def write_folder(folder: Path, training: Sequence[Sample], evaluated: Sequence[Sample]) -> None:
    """Write what the reference scripts read (`benchmarks/reference/images.py`)."""
    folder.mkdir(parents=True)
    labels = labels_of(training)
    document: dict[str, Any] = {"labels": labels}
    for part, samples in (("train", training), ("eval", evaluated)):
        rows = []
        for sample in samples:
            file = f"{part}-{sample.name}"
            (folder / file).write_bytes(sample.data)
            rows.append({"file": file, **_marks(sample, labels)})
        document[part] = rows
    (folder / "annotations.json").write_text(json.dumps(document))


def labels_of(samples: Sequence[Sample]) -> list[str]:
    return sorted({row["name"] for sample in samples for row in sample.labels})


def our_run(case: Case, folder: Path, labels: Sequence[str], seed: int) -> dict[str, float]:
    config = folder / "input" / "config"
    config.mkdir(parents=True, exist_ok=True)
    values = {
        "task": case.task, "network": case.network, "labels": json.dumps(labels), "weights": "none",
        "run_id": "1", "epochs": str(case.epochs), "batch_size": str(case.batch_size),
        "input_size": str(case.input_size), "seed": str(seed),
    }  # fmt: skip
    (config / "hyperparameters.json").write_text(json.dumps(values))
    subprocess.run(
        [_python(), ROOT / "containers" / "deep" / "train"],
        env=_environment(SAGEMAKER_BASE_DIR=str(folder)), check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    report = json.loads((folder / "output" / "data" / "report.json").read_bytes())
    speeds = [row["images_per_second"] for row in report["history"]]
    return {"quality": report["overall"][case.quality], "images_per_second": statistics.median(speeds)}


def reference_run(case: Case, folder: Path, seed: int) -> dict[str, float]:
    script = ROOT / "benchmarks" / "reference" / f"{case.reference}.py"
    numbers = [str(value) for value in (case.epochs, case.batch_size, case.input_size, seed)]
    done = subprocess.run(
        [_python(), script, folder, *numbers], env=_environment(), check=True, capture_output=True, text=True
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def compared(case: Case, seeds: Sequence[int]) -> dict[str, Any]:
    training, evaluated = parts_of(case)
    labels = labels_of(training)
    ours: list[dict[str, float]] = []
    theirs: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory() as scratch:
        write_folder(Path(scratch) / "plain", training, evaluated)
        for seed in seeds:
            base = Path(scratch) / f"job-{seed}"
            write_snapshot(base / "input" / "data" / "train", training, case.task)
            write_snapshot(base / "input" / "data" / "eval", evaluated, case.task)
            ours.append(our_run(case, base, labels, seed))
            theirs.append(reference_run(case, Path(scratch) / "plain", seed))
            print(case.task, seed, ours[-1], theirs[-1], flush=True)
    speed = _median(ours, "images_per_second") / _median(theirs, "images_per_second")
    return {
        "network": case.network, "set": case.train, "figure": case.quality, "epochs": case.epochs,
        "batch_size": case.batch_size, "input_size": case.input_size, "training_images": len(training),
        "evaluated_images": len(evaluated), "seeds": list(seeds), "ours": ours, "reference": theirs,
        "quality_ours": statistics.mean(row["quality"] for row in ours),
        "quality_reference": statistics.mean(row["quality"] for row in theirs),
        "speed": round(speed, 3),
    }  # fmt: skip


def _region(row: Mapping[str, Any]) -> dict[str, Any]:
    if "points" in row:
        return {"label": row["name"], "polygons": [row["points"]]}
    return {"label": row["name"], "box": {side: row[side] for side in ("x1", "y1", "x2", "y2")}}


def _marks(sample: Sample, labels: Sequence[str]) -> dict[str, Any]:
    classes = [labels.index(row["name"]) for row in sample.labels]
    boxes = [[row[side] for side in ("x1", "y1", "x2", "y2")] for row in sample.labels if "x1" in row]
    polygons = [
        [value for point in row["points"] for value in point] for row in sample.labels if "points" in row
    ]
    return {
        "class": classes[0] if classes else None,
        "classes": classes,
        "boxes": boxes,
        "polygons": polygons,
    }


def _add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(data)
    archive.addfile(member, io.BytesIO(data))


def _median(rows: Sequence[Mapping[str, float]], name: str) -> float:
    return statistics.median(row[name] for row in rows)


def _python() -> Path:
    lock = Lock("deep", ROOT / "containers" / "deep" / "requirements.txt")
    return LockedEnvironments(ROOT / ".envs").python(lock, print)


def _environment(**more: str) -> dict[str, str]:
    folders = ("containers/deep", "containers/kit", "layers/catalog", "layers/formats")
    paths = os.pathsep.join(str(ROOT / folder) for folder in folders)
    return {"PATH": os.environ["PATH"], "PYTHONPATH": paths, "PYTHONWARNINGS": "ignore", **more}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--tasks", nargs="+", choices=sorted(CASES), default=sorted(CASES))
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    chosen = parser.parse_args()
    known = json.loads(RESULT.read_text()) if RESULT.exists() else {}
    for name in chosen.tasks:
        known[name] = compared(CASES[name], chosen.seeds)
        known["machine"] = {"cores": os.cpu_count(), "processor": platform.machine()}
        RESULT.write_text(json.dumps(known, indent=1) + "\n")
        shown = {key: known[name][key] for key in ("figure", "quality_ours", "quality_reference", "speed")}
        print(name, json.dumps(shown), flush=True)


if __name__ == "__main__":
    main()
