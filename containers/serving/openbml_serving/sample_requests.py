"""Valid requests made up for a model: what a performance measurement sends."""

import base64
import io
import json
import wave
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from openbml_catalog.prediction_apis import prediction_apis
from openbml_kit.faults import PlatformFault
from openbml_kit.model_manifest import read_task
from openbml_kit.places import read_object
from openbml_kit.tables.table_manifest import read_background

_TEXT = "今天 天气 很 好 我们 去 公园 " * 3
_SOUND_S = 3
_SAMPLES_PER_S = 16_000
_SIDE_LIMITS = (15, 4096)
_DEFAULT_SIDE = 640  # of models that take pictures as they come


def sample_request(folder: Path) -> Mapping[str, Any]:
    """Return a body that a service of the model answers: its required fields only.

    Raises:
        PlatformFault: the task has no API, or a field that nothing is known about.
    """
    task = read_task(folder)
    api = prediction_apis().get(task)
    if api is None:
        raise PlatformFault(f"the task {task!r} has no prediction API")
    return {field.name: _value(field.name, folder) for field in api.request if field.required}


def sample_body(folder: Path) -> bytes:
    return json.dumps(sample_request(folder), ensure_ascii=False).encode()


def _value(name: str, folder: Path) -> Any:
    match name:
        case "image":
            return _base64(_picture(_side(folder)))
        case "text" | "text_a" | "text_b":
            return _TEXT.strip()
        case "sound":
            return _base64(_sound())
        case "data":
            return [read_background(folder).rows[0]]
    raise PlatformFault(f"no request can be made up: the field {name} is unknown")


def _side(folder: Path) -> int:
    """Return the side of what the model sees, so that its own work is measured and not a resize."""
    described = read_object(folder / "model.json").get("input")
    side = described.get("size") if isinstance(described, dict) else None
    least, most = _SIDE_LIMITS
    return max(least, min(most, side)) if isinstance(side, int) else _DEFAULT_SIDE


def _picture(side: int) -> bytes:
    """Return a JPEG with as much detail as a photograph has: noise in coarse blocks."""
    blocks = np.random.default_rng(7).integers(0, 256, (max(2, side // 8), max(2, side // 8), 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(blocks).resize((side, side), Image.Resampling.BICUBIC).save(file, "JPEG", quality=90)
    return file.getvalue()


def _sound() -> bytes:
    at = np.arange(_SOUND_S * _SAMPLES_PER_S) / _SAMPLES_PER_S
    tone = (np.sin(2 * np.pi * 440 * at) * 12_000).astype("<i2")
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(_SAMPLES_PER_S)
        sound.writeframes(tone.tobytes())
    return file.getvalue()


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
