"""What looks into images: apart from the context's other wiring, since only some functions have Pillow."""

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
        now=utc_now,
    )
