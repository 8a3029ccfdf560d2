"""Augmented manifests: JSON lines whose ``-ref`` values name objects (contract section 3.3)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from sagemaker_local.inputs.channel_objects import ChannelError, ChannelObject, check_places
from sagemaker_local.storage.objects_s3 import ObjectStoreError, S3Objects, S3Uri, parse_s3_uri

_REFERENCE = "-ref"
Line = Mapping[str, Any]


def read_lines(channel: Mapping[str, Any], store: S3Objects) -> list[Line]:
    """Raises ChannelError with the number of the line that cannot be used."""
    uri = manifest_uri(channel)
    lines: list[Line] = []
    for number, text in enumerate(store.read(uri).splitlines(), start=1):
        if not text.strip():
            continue
        try:
            line = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ChannelError(f"line {number} of the augmented manifest {uri} is not JSON") from error
        if not isinstance(line, dict):
            raise ChannelError(f"line {number} of the augmented manifest {uri} is not a JSON object")
        lines.append(line)
    if not lines:
        raise ChannelError(f"the augmented manifest {uri} has no lines")
    return lines


def manifest_uri(channel: Mapping[str, Any]) -> S3Uri:
    return parse_s3_uri(channel["DataSource"]["S3DataSource"]["S3Uri"])


@dataclass(frozen=True)
class LocalManifest:
    """Lines whose references are paths below the channel's folder, and the objects that lie there."""

    name: str
    content: bytes
    objects: list[ChannelObject]


def localised(channel: Mapping[str, Any], lines: Sequence[Line], seen_folder: str) -> LocalManifest:
    """Return what File and FastFile show of a manifest.

    Args:
        seen_folder: the channel's folder as the job sees it.
    """
    uri = manifest_uri(channel)
    name = uri.key.rpartition("/")[2]
    objects: dict[S3Uri, ChannelObject] = {}
    written = []
    for line in lines:
        local = dict(line)
        for attribute, target in references(line).items():
            one = objects.setdefault(target, ChannelObject(target, PurePosixPath(target.key)))
            local[attribute] = f"{seen_folder}/{one.path}"
        written.append(json.dumps(local) + "\n")
    check_places([ChannelObject(uri, PurePosixPath(name)), *objects.values()])
    return LocalManifest(name, "".join(written).encode(), list(objects.values()))


def references(line: Line) -> dict[str, S3Uri]:
    return {name: _reference(name, value) for name, value in line.items() if name.endswith(_REFERENCE)}


def attribute_values(line: Line, names: Sequence[str]) -> list[S3Uri | str]:
    """Return what Pipe mode sends of a line: objects, and other values as text."""
    found: list[S3Uri | str] = []
    for name in names:
        if name not in line:
            raise ChannelError(f"a line of the augmented manifest has no attribute {name}")
        value = line[name]
        if name.endswith(_REFERENCE):
            found.append(_reference(name, value))
        else:
            found.append(value if isinstance(value, str) else json.dumps(value))
    return found


def _reference(name: str, value: object) -> S3Uri:
    try:
        uri = parse_s3_uri(str(value))
    except ObjectStoreError as error:
        raise ChannelError(
            f"attribute {name} of the augmented manifest is no S3 address: {value!r}"
        ) from error
    if not uri.key or uri.key.endswith("/"):
        raise ChannelError(f"attribute {name} of the augmented manifest names no object: {value!r}")
    return uri
