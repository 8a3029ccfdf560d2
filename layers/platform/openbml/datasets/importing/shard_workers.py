"""What the import of a shard works with; apart from it, so that wiring needs no image library."""

from concurrent.futures import Executor
from typing import NamedTuple

from openbml.core.clock import Clock
from openbml.core.events import EventPublisher
from openbml.datasets.annotating.edits import AnnotationStore
from openbml.datasets.datasets import DatasetRepository
from openbml.datasets.importing.data_imports import ImportRepository
from openbml.datasets.importing.reports import ReportRepository
from openbml.datasets.samples import SampleRepository
from openbml.datasets.stored_objects import ObjectStore


class ShardWorker(NamedTuple):
    """Collaborators of a shard's import.

    `executor` runs what waits for the network, `judges` what computes: samples are decoded and checked there.
    """

    datasets: DatasetRepository
    imports: ImportRepository
    samples: SampleRepository
    reports: ReportRepository
    archives: ObjectStore
    data: ObjectStore
    annotations: AnnotationStore
    events: EventPublisher
    executor: Executor
    judges: Executor
    now: Clock
