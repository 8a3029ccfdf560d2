"""Checks a file of weights without running anything in it."""

import hashlib
import json
import zipfile
from pathlib import Path

from openbml_local.errors import LocalCloudError

_CHUNK = 1024 * 1024
_LONGEST_HEADER = 100 * 1024 * 1024  # the format's own limit
_SUFFIXES = (".safetensors", ".pth", ".pt")


class WeightsFileError(LocalCloudError):
    """The file holds no weights that a job could load; the text says why."""


def check_weights(path: Path) -> None:
    """Check that the file is safetensors, or a torch archive (jobs load those without running code in them).

    Raises:
        WeightsFileError: it is neither, or it is cut off.
    """
    if path.suffix not in _SUFFIXES:
        raise WeightsFileError(f"{path.name}: weights are .safetensors or .pth files")
    if not path.is_file():
        raise WeightsFileError(f"{path} is not there")
    if path.suffix == ".safetensors":
        _check_safetensors(path)
    elif not zipfile.is_zipfile(path):
        raise WeightsFileError(
            f"{path.name} is no torch archive: save it with torch.save, or as .safetensors"
        )


def sha256_of(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _check_safetensors(path: Path) -> None:
    """Source: the format's own description: an 8-byte length, a JSON header, then the tensors' bytes."""
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 2 <= length <= min(_LONGEST_HEADER, size - 8):
            raise WeightsFileError(f"{path.name} is no safetensors file, or it is cut off")
        try:
            header = json.loads(file.read(length))
            ends = [row["data_offsets"][1] for name, row in header.items() if name != "__metadata__"]
        except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
            raise WeightsFileError(f"{path.name} has no safetensors header: {error}") from error
    if not ends:
        raise WeightsFileError(f"{path.name} holds no tensors")
    if 8 + length + max(ends) != size:
        raise WeightsFileError(
            f"{path.name} has {size} bytes, its header says {8 + length + max(ends)}: it is cut off"
        )
