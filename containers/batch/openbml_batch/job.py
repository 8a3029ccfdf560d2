"""One job, or one node's share of it: the order in, parts out, the summary as the last act."""

import json
import logging
import os
import signal
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

import boto3
from botocore.config import Config
from pydantic import ValidationError

from openbml_batch.answers import Answering
from openbml_batch.job_progress import JobProgress
from openbml_batch.journal import Journal
from openbml_batch.models import BatchModel, load_model
from openbml_batch.outputs import PartOpener
from openbml_batch.parts import write_parts
from openbml_batch.sources.listings import listed
from openbml_batch.sources.opening import open_source
from openbml_batch.storage import Bucket, place_of
from openbml_formats.batch_orders import ORDER_FORMAT, BatchOrder, InputFormat
from openbml_kit.faults import PlatformFault, UserFault, reporting_failures
from openbml_kit.places import Places, core_count
from openbml_kit.progress import Progress

_UPLOADS = 16


class Stopped(BaseException):
    """The runtime asked the job to stop; parts that are done stay, the one in work is left out."""


class Node(NamedTuple):
    """This node among the job's: parts go round."""

    number: int
    count: int

    def works_on(self, part: int) -> bool:
        return part % self.count == self.number


def main(env: Mapping[str, str] = os.environ) -> int:
    """Do the ordered job and return the process's exit code; stopping is no failure: it ends with 143."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    places = Places.from_env(env)
    signal.signal(signal.SIGTERM, _stop)
    try:
        return reporting_failures(
            lambda: _do(places, env), failure_file=places.output_data.parent / "message"
        )
    except Stopped:
        print("the job was stopped", file=sys.stderr, flush=True)  # noqa: T201 - the container's log
        return 128 + signal.SIGTERM


def _do(places: Places, env: Mapping[str, str]) -> None:
    order = read_order(places)
    cores = core_count(env)
    model = load_model(places.base / "processing" / "input" / "model", cores=cores, variant=order.variant)
    try:
        predict(order, model, s3_client(env), node=node_of(places), progress=Progress())
    finally:
        model.close()


def s3_client(env: Mapping[str, str]) -> Any:
    config = Config(max_pool_connections=64, retries={"total_max_attempts": 6, "mode": "standard"})
    return boto3.client(
        "s3", region_name=env.get("AWS_REGION") or env.get("AWS_DEFAULT_REGION"), config=config
    )


def predict(order: BatchOrder, model: BatchModel, s3: Any, *, node: Node, progress: Progress) -> None:
    """Answer this node's parts that are not done yet.

    Raises:
        UserFault: the input cannot be read as a whole, or is not what the parts before were made of.
    """
    with listed(Bucket(s3, place_of(order.input_uri)[0]), order.input_uri) as listing:
        source, told = open_source(listing, order.input_format, model)
        journal = Journal(Bucket(s3, place_of(order.journal_uri)[0]), order)
        done = journal.begin(source.print, told)
        output = Bucket(s3, place_of(order.output_uri)[0])
        said = JobProgress(progress, node=node.number)
        own = [part for number, part in done.items() if node.works_on(number)]
        said.count(items=sum(part.items for part in own), failed=sum(part.failed for part in own))
        progress.stage("predicting")

        def wanted(index: int) -> bool:
            part = index // order.part_items
            return node.works_on(part) and part not in done

        with (
            ThreadPoolExecutor(_UPLOADS) as uploads,
            Answering(model, order.parameters) as answering,
        ):
            write_parts(
                answering.answers(source.items(wanted), part_items=order.part_items),
                part_items=order.part_items,
                open_part=PartOpener(order, output, model, source, uploads),
                journal=journal,
                said=said,
                source=source,
            )
        if not source.total:
            raise UserFault(f"there is nothing to predict in {order.input_uri}")
        _summarise(order, journal, output, told, parts=-(-source.total // order.part_items))
        said.tell(total=source.total, share=1.0, ended=True)
        progress.stage("done")


def _summarise(order: BatchOrder, journal: Journal, output: Bucket, told: InputFormat, *, parts: int) -> None:
    """Write the summary where every node's parts are there: whichever node is last does."""
    done = journal.parts()
    if len(done) == parts:
        key = f"{place_of(order.output_uri)[1]}summary.json"
        output.put(key, journal.summary(done, told), "application/json")


def read_order(places: Places) -> BatchOrder:
    """Raises PlatformFault: the order is missing, malformed, or of another format."""
    path: Path = places.base / "processing" / "input" / "order" / "order.json"
    try:
        order = BatchOrder.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise PlatformFault(f"the job's order cannot be read: {error}") from error
    if order.format != ORDER_FORMAT:
        raise PlatformFault(f"the order's format {order.format!r} is not {ORDER_FORMAT}")
    return order


def node_of(places: Places) -> Node:
    """Return this node; a job without the document has one."""
    path = places.base / "config" / "resourceconfig.json"
    if not path.exists():
        return Node(0, 1)
    document = json.loads(path.read_bytes())
    hosts = sorted(document["hosts"])
    return Node(hosts.index(document["current_host"]), len(hosts))


def _stop(signum: int, frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise Stopped
