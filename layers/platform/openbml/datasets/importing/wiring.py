"""What looks into images: apart from the context's other wiring, since only some functions have Pillow."""

from concurrent.futures import Executor, ThreadPoolExecutor
from functools import cache

from openbml.core.clock import utc_now
from openbml.core.wiring import event_publisher
from openbml.datasets.importing.shard_workers import ShardWorker
from openbml.datasets.wiring import (
    annotation_store,
    archive_store,
    data_store,
    dataset_repository,
    executor,
    import_repository,
    report_repository,
    sample_repository,
)

_JUDGES = 2  # decoding leaves the interpreter to others; more than two would only wait for a processor


@cache
def _judges() -> Executor:
    return ThreadPoolExecutor(_JUDGES, thread_name_prefix="judge")


@cache
def shard_worker() -> ShardWorker:
    return ShardWorker(
        datasets=dataset_repository(),
        imports=import_repository(),
        samples=sample_repository(),
        reports=report_repository(),
        archives=archive_store(),
        data=data_store(),
        annotations=annotation_store(),
        events=event_publisher(),
        executor=executor(),
        judges=_judges(),
        now=utc_now,
    )
