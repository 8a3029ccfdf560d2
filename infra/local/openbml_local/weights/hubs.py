"""Fetches published weights: `hf:OWNER/NAME[:FILE]` from the Hugging Face hub, or an https address."""

import hashlib
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from openbml_local.errors import LocalCloudError

_HUB = "https://huggingface.co"
_DEFAULT_FILE = "model.safetensors"
_CHUNK = 1024 * 1024
_TIMEOUT_S = 60
# Far above the largest network of the catalogue; a wrong address must not fill the disk.
_MOST_BYTES = 20 * 1024**3
_LOCAL_HOSTS = ("127.0.0.1", "localhost")

Progress = Callable[[int, int | None], None]


class WeightsUnavailableError(LocalCloudError):
    """The weights cannot be fetched; the text says why and what else can be done."""


@dataclass(frozen=True)
class Fetched:
    path: Path
    sha256: str
    size_bytes: int
    address: str


def address_of(source: str) -> str:
    """Return the address of a source. `HF_ENDPOINT` names a mirror of the hub.

    Raises:
        WeightsUnavailableError: it is neither a hub's name nor an https address.
    """
    if source.startswith("hf:"):
        name, _, file = source.removeprefix("hf:").partition(":")
        if not re.fullmatch(r"[\w.-]+/[\w.-]+", name):
            raise WeightsUnavailableError(
                f"{source} names no repository: write hf:OWNER/NAME or hf:OWNER/NAME:FILE"
            )
        hub = os.environ.get("HF_ENDPOINT", _HUB).rstrip("/")
        return f"{hub}/{name}/resolve/main/{file or _DEFAULT_FILE}"
    parts = urlsplit(source)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOCAL_HOSTS):
        return source
    raise WeightsUnavailableError(f"{source} is no source: write hf:OWNER/NAME or an https address")


def fetch(source: str, folder: Path, progress: Progress) -> Fetched:
    """Download the file and check it against the digest its publisher states, where it states one.

    Raises:
        WeightsUnavailableError: unreachable, refused, too large, cut off, or of another digest.
    """
    address = address_of(source)
    try:
        with urlopen(_request(address), timeout=_TIMEOUT_S) as reply:  # noqa: S310 - https, or this machine
            return _received(reply, address, folder, progress)
    except HTTPError as error:
        raise WeightsUnavailableError(_explained(address, error)) from error
    except (URLError, OSError, HTTPException) as error:
        raise WeightsUnavailableError(
            f"{address} cannot be reached ({error}); download it elsewhere and use `bml weights import`"
        ) from error


def _request(address: str) -> Request:
    token = os.environ.get("HF_TOKEN")
    hub = os.environ.get("HF_ENDPOINT", _HUB).rstrip("/")
    headers = {"User-Agent": "openbml-weights"}
    request = Request(address, headers=headers)  # noqa: S310 - `address_of` allows https and this machine only
    if token and address.startswith(f"{hub}/"):
        request.add_unredirected_header("Authorization", f"Bearer {token}")
    return request


def _received(reply: HTTPResponse, address: str, folder: Path, progress: Progress) -> Fetched:
    total = int(reply.headers["Content-Length"]) if reply.headers.get("Content-Length") else None
    if total is not None and total > _MOST_BYTES:
        raise WeightsUnavailableError(
            f"{address} has {total} bytes: no weights of this catalogue are so large"
        )
    path = folder / Path(urlsplit(address).path).name
    digest, size = hashlib.sha256(), 0
    with path.open("wb") as file:
        while chunk := reply.read(_CHUNK):
            size += len(chunk)
            if size > _MOST_BYTES:
                raise WeightsUnavailableError(f"{address} has over {_MOST_BYTES} bytes")
            digest.update(chunk)
            file.write(chunk)
            progress(size, total)
    if size == 0 or (total is not None and size != total):
        raise WeightsUnavailableError(f"{address} was cut off after {size} of {total} bytes: try again")
    _check_digest(
        path.name, digest.hexdigest(), reply.headers.get("X-Linked-Etag") or reply.headers.get("ETag")
    )
    return Fetched(path, digest.hexdigest(), size, address)


def _check_digest(name: str, found: str, stated: str | None) -> None:
    """The hub states SHA-256 as the tag of large files; torchvision writes its first digits into the
    file's name."""
    tag = (stated or "").strip('"')
    in_name = re.search(r"-([0-9a-f]{8})\.pth$", name)
    expected = tag if re.fullmatch(r"[0-9a-f]{64}", tag) else in_name[1] if in_name else ""
    if not found.startswith(expected):
        raise WeightsUnavailableError(f"{name} has the SHA-256 {found}, its publisher says {expected}")


def _explained(address: str, error: HTTPError) -> str:
    if error.code in (401, 403):
        return f"{address} is not open to you ({error.code}): accept its licence at the hub and set HF_TOKEN"
    if error.code == 404:
        return f"there is nothing at {address}"
    return f"{address} answered {error.code}: try again later"
