"""What carrying out a search needs, bound together: its use cases call each other."""

from dataclasses import dataclass

from openbml.core.clock import Clock
from openbml.core.events import EventPublisher
from openbml.training.job_files import JobFiles
from openbml.training.jobs import SearchJobs
from openbml.training.runs import RunRepository
from openbml.training.search.searches import SearchRepository


@dataclass(frozen=True)
class SearchPorts:
    """Attributes:
    table_name: of the table that the manager writes its proposals to.
    """

    searches: SearchRepository
    runs: RunRepository
    jobs: SearchJobs
    files: JobFiles
    events: EventPublisher
    now: Clock
    table_name: str
