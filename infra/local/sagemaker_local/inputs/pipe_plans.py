"""What a feeder streams into a channel's pipes; kept beside the node's tree, out of the job's sight."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict

from sagemaker_local.inputs.channel_objects import shuffled
from sagemaker_local.storage.objects_s3 import S3Uri

Item = TypeVar("Item")


class PipePart(BaseModel):
    """An object or a text. Without an ETag the object is taken as it is when its turn comes."""

    model_config = ConfigDict(frozen=True)

    text: str | None = None
    bucket: str = ""
    key: str = ""
    etag: str = ""
    size_bytes: int = -1

    @property
    def uri(self) -> S3Uri:
        return S3Uri(self.bucket, self.key)


class PipePlan(BaseModel):
    """One channel of one node.

    An item is an object, or the attributes of a line of an augmented manifest; each part of an
    item is a record of its own.
    """

    model_config = ConfigDict(frozen=True)

    channel: str
    root: str
    region: str
    role_arn: str
    wraps_records: bool
    unzips: bool
    seed: int | None
    node: int
    nodes: int  # 1 for a channel that every node gets whole

    def epoch(self, items: Sequence[Item], number: int) -> list[Item]:
        """Return this node's items of an epoch; a seed gives each epoch an order of its own."""
        ordered = shuffled(items, None if self.seed is None else self.seed + number)
        return ordered[self.node :: self.nodes]


def write_plan(file: Path, plan: PipePlan, items: Sequence[Sequence[PipePart]]) -> None:
    """The plan comes last and whole, so a plan that is there has its items."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.with_suffix(".items").open("w") as lines:
        for parts in items:
            lines.write(json.dumps([part.model_dump(exclude_defaults=True) for part in parts]) + "\n")
    temporary = file.with_suffix(".tmp")
    temporary.write_text(plan.model_dump_json())
    temporary.rename(file)


def read_plan(file: Path) -> PipePlan:
    return PipePlan.model_validate_json(file.read_text())


def read_items(file: Path) -> list[str]:
    """Return the items as lines, which ``parts`` reads one by one."""
    return file.with_suffix(".items").read_text().splitlines()


def parts(line: str) -> Iterator[PipePart]:
    for one in json.loads(line):
        yield PipePart.model_validate(one)


def error_file(plan_file: Path) -> Path:
    return plan_file.with_suffix(".error")
