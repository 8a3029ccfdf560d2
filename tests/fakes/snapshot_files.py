"""Writes snapshots as the datasets context packs them."""

import hashlib
import io
import json
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Pair:
    """An image file with its label, or with `labels`, any number of them."""

    sample_id: int
    label: str
    data: bytes
    extension: str = "png"
    labels: tuple[str, ...] | None = None

    @property
    def label_names(self) -> tuple[str, ...]:
        return (self.label,) if self.labels is None else self.labels


def write_snapshot(folder: Path, pairs: Sequence[Pair], *, shard_size: int = 1000) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    shards = []
    for number, start in enumerate(range(0, len(pairs), shard_size)):
        chosen = pairs[start : start + shard_size]
        path = folder / f"shard-{number:06d}.tar"
        with tarfile.open(path, "w") as archive:
            for pair in chosen:
                name = f"{pair.label}-{pair.sample_id}.{pair.extension}"
                labels = [{"name": label} for label in pair.label_names]
                annotation = {"sample_id": pair.sample_id, "name": name, "labels": labels}
                add(archive, f"{pair.sample_id}.{pair.extension}", pair.data)
                add(archive, f"{pair.sample_id}.json", json.dumps(annotation).encode())
        body = path.read_bytes()
        digest = hashlib.sha256(body).hexdigest()
        shards.append(
            {"key": path.name, "sample_count": len(chosen), "size_bytes": len(body), "sha256": digest}
        )
    manifest = {
        "format": "openbml.snapshot/1",
        "snapshot_id": hashlib.sha256(json.dumps(shards).encode()).hexdigest(),
        "task": "image_classification",
        "labels": sorted({label for pair in pairs for label in pair.label_names}),
        "sample_count": len(pairs),
        "shards": shards,
        "dataset_versions": [{"dataset_id": 1, "version_number": 1, "revision": 3}],
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))


def add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(data)
    archive.addfile(member, io.BytesIO(data))
