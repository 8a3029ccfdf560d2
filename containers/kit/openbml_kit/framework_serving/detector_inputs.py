"""How a detector of PaddleDetection sees a picture: by the manifest, or by its export's `infer_cfg.yml`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import yaml
from PIL import Image

from openbml_catalog.frameworks.manifest import FrameworkManifest, PictureInput
from openbml_kit.faults import UserFault

_CONFIGURATIONS = ("infer_cfg.yml", "infer_cfg.yaml")

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class DetectorInput:
    """What is done to a picture before a detector sees it.

    Attributes:
        height, width: of the network's input in pixels; with `keep_ratio` the picture's shorter side gets the
            smaller one, unless its longer side would be longer than the larger one.
        mean, std: of values in 0..1 (`scaled`) or 0..255.
        stride: the input's sides are filled with zeros to multiples of it.
    """

    height: int
    width: int
    keep_ratio: bool
    mean: tuple[float, ...]
    std: tuple[float, ...]
    scaled: bool = True
    stride: int = 1
    channels: str = "rgb"
    labels: Sequence[str] = ()

    def of(self, picture: Image.Image) -> dict[str, Floats]:
        """Return the inputs of PaddleDetection's programs by name, with a batch of one."""
        height, width = self._sides(picture)
        pixels = np.asarray(picture.resize((width, height), Image.Resampling.BILINEAR), dtype=np.float32)
        if self.channels == "bgr":
            pixels = pixels[:, :, ::-1]
        values = pixels / np.float32(255) if self.scaled else pixels
        values = (values - np.array(self.mean, np.float32)) / np.array(self.std, np.float32)
        filled = np.zeros((1, 3, *(-side % self.stride + side for side in (height, width))), np.float32)
        filled[0, :, :height, :width] = values.transpose(2, 0, 1)
        return {
            "image": filled,
            "im_shape": np.array([[height, width]], dtype=np.float32),
            "scale_factor": np.array([[height / picture.height, width / picture.width]], dtype=np.float32),
        }

    def _sides(self, picture: Image.Image) -> tuple[int, int]:
        if not self.keep_ratio:
            return self.height, self.width
        shorter, longer = sorted((self.height, self.width))
        scale = min(shorter / min(picture.size), longer / max(picture.size))
        return max(1, round(picture.height * scale)), max(1, round(picture.width * scale))


def detector_input(folder: Path, manifest: FrameworkManifest) -> DetectorInput:
    """Return how a model sees a picture: a manifest that says nothing of its own gives way to the export's
    configuration.

    Raises:
        UserFault: the configuration asks for what is not done here.
    """
    picture = manifest.picture or PictureInput()
    if picture == PictureInput():
        for name in _CONFIGURATIONS:
            if (folder / name).is_file():
                return _configured(folder / name)
    return DetectorInput(
        height=picture.size,
        width=picture.size,
        keep_ratio=False,
        mean=picture.mean,
        std=picture.std,
        channels=picture.channels,
    )


def _configured(path: Path) -> DetectorInput:
    try:
        document = yaml.safe_load(path.read_bytes())
        steps = {step["type"]: step for step in document["Preprocess"]}
        return _of_steps(steps, [str(label) for label in document.get("label_list") or ()])
    except (yaml.YAMLError, TypeError, KeyError, ValueError, AttributeError) as error:
        raise UserFault(f"{path.name} is no configuration of PaddleDetection's export: {error!r}") from error


def _of_steps(steps: Mapping[str, Mapping[str, Any]], labels: Sequence[str]) -> DetectorInput:
    if unknown := sorted(steps.keys() - {"Resize", "NormalizeImage", "Permute", "PadStride"}):
        raise UserFault(f"the step {unknown[0]} of a detector's preparations is not done here")
    height, width = (int(side) for side in steps["Resize"]["target_size"])
    normalise = steps.get("NormalizeImage", {"is_scale": False, "norm_type": "none"})
    is_centred = normalise.get("norm_type", "mean_std") == "mean_std"
    return DetectorInput(
        height=height,
        width=width,
        keep_ratio=bool(steps["Resize"].get("keep_ratio", False)),
        mean=tuple(map(float, normalise["mean"])) if is_centred else (0.0, 0.0, 0.0),
        std=tuple(map(float, normalise["std"])) if is_centred else (1.0, 1.0, 1.0),
        scaled=bool(normalise.get("is_scale", True)),
        stride=max(1, int(steps.get("PadStride", {}).get("stride", 1))),
        labels=labels,
    )
