"""All channels of a job at its nodes: copies, read-only views, pipes and mounted folders (section 3.3)."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sagemaker_local.inputs.augmented_manifests import attribute_values, localised, read_lines
from sagemaker_local.inputs.channel_objects import (
    ChannelError,
    ChannelObject,
    channel_objects,
    is_sharded,
    listed_objects,
    share_of_node,
    shuffle_seed,
    shuffled,
)
from sagemaker_local.inputs.channels import cached_copy, cached_link, fill_folder
from sagemaker_local.inputs.fifos import FifoFolder
from sagemaker_local.inputs.file_systems import FileSystemError, FileSystems
from sagemaker_local.inputs.object_cache import ObjectCache
from sagemaker_local.inputs.pipe_plans import PipePart, PipePlan, write_plan
from sagemaker_local.processes.launcher import Mount
from sagemaker_local.processes.modes import NAMESPACES
from sagemaker_local.storage.objects_s3 import S3Objects, S3Uri

_AUGMENTED = "AugmentedManifestFile"
_OPT_ML = "/opt/ml"
_READ_ONLY_FILE = 0o444


@dataclass(frozen=True)
class JobInputs:
    """What of a job says where its data comes from.

    Attributes:
        channels: ``InputDataConfig`` of the request.
        roots: the folder of each node that is its ``/opt/ml``.
        groups: the instance group of each node.
    """

    channels: Sequence[Mapping[str, Any]]
    default_mode: str
    roots: Sequence[Path]
    groups: Sequence[str]
    role_arn: str
    region: str

    def mode(self, channel: Mapping[str, Any]) -> str:
        return str(channel.get("InputMode", self.default_mode))

    def nodes(self, channel: Mapping[str, Any]) -> list[int]:
        """Return the nodes that see a channel; shards are spread over these only."""
        wanted = channel["DataSource"].get("S3DataSource", {}).get("InstanceGroupNames")
        return [number for number, group in enumerate(self.groups) if not wanted or group in wanted]


@dataclass(frozen=True)
class _Place:
    """A channel at a node. What lies beside the tree cannot be reached by the job's own paths."""

    root: Path
    channel: str

    @property
    def folder(self) -> Path:
        return self.root / "input" / "data" / self.channel

    @property
    def view(self) -> Path:
        return self.root.parent / "views" / self.channel

    @property
    def plan(self) -> Path:
        return self.root.parent / "pipes" / f"{self.channel}.json"

    @property
    def seen(self) -> str:
        return f"{_OPT_ML}/input/data/{self.channel}"


class InputChannels:
    """``fill`` is blocking and may be repeated; the rest follows from the request alone."""

    def __init__(self, cache: ObjectCache, file_systems: FileSystems, mode: str) -> None:
        self.cache = cache
        self._file_systems = file_systems
        self._is_isolated = mode == NAMESPACES

    def check_file_system(self, channel: Mapping[str, Any]) -> str | None:
        """Return what is wrong with a channel's file system, if anything."""
        source = channel["DataSource"].get("FileSystemDataSource")
        try:
            if source is not None:
                self._file_systems.folder(source)
        except FileSystemError as error:
            return f"Channel {channel['ChannelName']}: {error}"
        return None

    def fill(self, job: JobInputs, store: S3Objects, cancel: threading.Event) -> None:
        for channel in job.channels:
            if "FileSystemDataSource" in channel["DataSource"]:
                self._attach(job, channel)
            elif job.mode(channel) == "Pipe":
                self._lay_pipes(job, channel, store)
            else:
                self._fill_folders(job, channel, store, cancel)

    def mounts(self, job: JobInputs, node: int) -> list[Mount]:
        """What a node must see in its tree that is not in it."""
        found = []
        for channel in job.channels if self._is_isolated else ():
            place = _Place(job.roots[node], channel["ChannelName"])
            file_system = channel["DataSource"].get("FileSystemDataSource")
            if node not in job.nodes(channel):
                continue
            if file_system is not None:
                folder = self._folder(channel)
                read_only = file_system["FileSystemAccessMode"] == "ro"
                found.append(Mount(str(folder), place.seen, read_only=read_only))
            elif job.mode(channel) == "FastFile":
                found.append(Mount(str(place.view), place.seen, read_only=True))
        return found

    def pipe_plans(self, job: JobInputs) -> list[Path]:
        """The plans of all feeders of a job, for ``keep_feeding``."""
        return [
            _Place(job.roots[node], channel["ChannelName"]).plan
            for channel in job.channels
            if job.mode(channel) == "Pipe" and "FileSystemDataSource" not in channel["DataSource"]
            for node in job.nodes(channel)
        ]

    def _attach(self, job: JobInputs, channel: Mapping[str, Any]) -> None:
        """In a namespace the folder is mounted; elsewhere a link must do, and read-only is a promise."""
        folder = self._folder(channel)
        for node in job.nodes(channel) if not self._is_isolated else ():
            target = _Place(job.roots[node], channel["ChannelName"]).folder
            target.unlink(missing_ok=True)
            target.symlink_to(folder)

    def _folder(self, channel: Mapping[str, Any]) -> Path:
        try:
            return self._file_systems.folder(channel["DataSource"]["FileSystemDataSource"])
        except FileSystemError as error:
            raise ChannelError(f"channel {channel['ChannelName']}: {error}") from error

    def _fill_folders(
        self, job: JobInputs, channel: Mapping[str, Any], store: S3Objects, cancel: threading.Event
    ) -> None:
        fast = job.mode(channel) == "FastFile"
        linked = fast and self._is_isolated
        fetch = (
            cached_link(store, self.cache)
            if linked
            else cached_copy(store, self.cache, mode=_READ_ONLY_FILE if fast else 0o644)
        )
        unzips = channel.get("CompressionType", "None") == "Gzip"
        for place, objects in self._shares(job, channel, store, linked=linked):
            fill_folder(objects, place, fetch, cancel, unzips=unzips)

    def _shares(
        self, job: JobInputs, channel: Mapping[str, Any], store: S3Objects, *, linked: bool
    ) -> Iterator[tuple[Path, list[ChannelObject]]]:
        """Yield the folder of each node and its objects; manifests with local paths are written here."""
        nodes = job.nodes(channel)
        if channel["DataSource"]["S3DataSource"]["S3DataType"] != _AUGMENTED:
            found = channel_objects(channel, store)
            for index, node in enumerate(nodes):
                place = _Place(job.roots[node], channel["ChannelName"])
                share = share_of_node(channel, found, node=index, nodes=len(nodes))
                yield place.view if linked else place.folder, share
            return
        lines = shuffled(read_lines(channel, store), shuffle_seed(channel))
        for index, node in enumerate(nodes):
            place = _Place(job.roots[node], channel["ChannelName"])
            folder = place.view if linked else place.folder
            seen = place.seen if self._is_isolated else str(place.folder)
            share_of_lines = share_of_node(channel, lines, node=index, nodes=len(nodes))
            manifest = localised(channel, share_of_lines, seen)
            folder.mkdir(parents=True, exist_ok=True)
            (folder / manifest.name).write_bytes(manifest.content)
            yield folder, manifest.objects

    def _lay_pipes(self, job: JobInputs, channel: Mapping[str, Any], store: S3Objects) -> None:
        items = _pipe_items(channel, store)
        nodes = job.nodes(channel)
        for index, node in enumerate(nodes):
            root = job.roots[node]
            place = _Place(root, channel["ChannelName"])
            plan = PipePlan(
                channel=place.channel,
                root=str(root),
                region=job.region,
                role_arn=job.role_arn,
                wraps_records=channel.get("RecordWrapperType", "None") == "RecordIO",
                unzips=channel.get("CompressionType", "None") == "Gzip",
                seed=shuffle_seed(channel),
                node=index if is_sharded(channel) else 0,
                nodes=len(nodes) if is_sharded(channel) else 1,
            )
            write_plan(place.plan, plan, items)
            FifoFolder(root).make(place.channel, 0)


def _pipe_items(channel: Mapping[str, Any], store: S3Objects) -> list[list[PipePart]]:
    """In the order of the manifest or the keys; the feeder shuffles, each epoch anew."""
    source = channel["DataSource"]["S3DataSource"]
    if source["S3DataType"] == _AUGMENTED:
        names = source.get("AttributeNames", [])
        return [
            [_part(value) for value in attribute_values(line, names)] for line in read_lines(channel, store)
        ]
    return [[_object_part(one)] for one in listed_objects(channel, store)]


def _part(value: S3Uri | str) -> PipePart:
    if isinstance(value, str):
        return PipePart(text=value)
    return PipePart(bucket=value.bucket, key=value.key)


def _object_part(one: ChannelObject) -> PipePart:
    part = _part(one.uri)
    if one.info is None:
        return part
    return part.model_copy(update={"etag": one.info.etag, "size_bytes": one.info.size_bytes})
