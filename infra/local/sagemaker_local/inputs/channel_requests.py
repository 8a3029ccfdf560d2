"""What the service model alone does not say about ``InputDataConfig`` (contract section 3.3)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sagemaker_local.inputs.input_channels import InputChannels

_AUGMENTED = "AugmentedManifestFile"


def channel_problems(
    channels: Sequence[Mapping[str, Any]], default_mode: str, inputs: InputChannels
) -> Iterator[str]:
    names = [channel["ChannelName"] for channel in channels]
    if len(set(names)) != len(names):
        yield "Channel names must be unique."
    for channel in channels:
        mode = channel.get("InputMode", default_mode)
        for problem in _problems(channel, mode, inputs):
            yield f"Channel {channel['ChannelName']}: {problem}"
        prefix = f"{channel['ChannelName']}_"
        taken = [name for name in names if name.startswith(prefix) and name[len(prefix) :].isdigit()]
        if mode == "Pipe" and taken:
            yield f"Channel {taken[0]} has the name of a pipe of channel {channel['ChannelName']}."


def _problems(channel: Mapping[str, Any], mode: str, inputs: InputChannels) -> Iterator[str]:
    source = channel["DataSource"]
    kinds = [name for name in ("S3DataSource", "FileSystemDataSource", "DatasetSource") if name in source]
    if not channel["ChannelName"].strip("."):
        yield "the name must not consist of dots."
    if len(kinds) != 1 or kinds == ["DatasetSource"]:
        yield "DataSource needs either S3DataSource or FileSystemDataSource."
    elif kinds == ["FileSystemDataSource"]:
        yield from _file_system(channel, mode, inputs)
    else:
        yield from _s3(channel, mode)


def _file_system(channel: Mapping[str, Any], mode: str, inputs: InputChannels) -> Iterator[str]:
    if mode != "File":
        yield f"a FileSystemDataSource needs input mode File, not {mode}."
    for option in ("CompressionType", "RecordWrapperType"):
        if channel.get(option, "None") != "None":
            yield f"{option} cannot be used with a FileSystemDataSource."
    problem = inputs.check_file_system(channel)
    if problem is not None:
        yield problem


def _s3(channel: Mapping[str, Any], mode: str) -> Iterator[str]:
    source = channel["DataSource"]["S3DataSource"]
    is_augmented = source["S3DataType"] == _AUGMENTED
    if not source["S3Uri"].startswith("s3://"):
        yield "S3Uri must be an S3 address."
    if source.get("HubAccessConfig"):
        yield "HubAccessConfig is not supported by sagemaker-local."
    if channel.get("RecordWrapperType", "None") == "RecordIO" and mode != "Pipe":
        yield f"RecordWrapperType RecordIO needs input mode Pipe, not {mode}."
    if is_augmented and mode == "Pipe" and not source.get("AttributeNames"):
        yield "AugmentedManifestFile in input mode Pipe needs AttributeNames."
    if source.get("AttributeNames") and not is_augmented:
        yield "AttributeNames need S3DataType AugmentedManifestFile."
    if is_augmented and channel.get("CompressionType", "None") != "None":
        yield "AugmentedManifestFile cannot be combined with CompressionType Gzip."
