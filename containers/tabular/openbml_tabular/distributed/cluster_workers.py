"""An executor of fits on all machines of a job, with the interface of a single machine's processes."""

import contextlib
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import dask
import numpy as np
from distributed import Client, Future, wait

from openbml_kit.faults import PlatformFault
from openbml_tabular.automl.fits import Fit, Outcome, State
from openbml_tabular.automl.sharing import SharedExamples
from openbml_tabular.distributed import node_work
from openbml_tabular.distributed.meeting import Meeting
from openbml_tabular.distributed.processes import JOINS_WITHIN_S, KeptWorker, ended, started_scheduler
from openbml_tabular.examples import Examples
from openbml_tabular.models.learner import Learner

_MOST_DEATHS = 2  # of machines under one fit: it is to blame
_LOOKS_EVERY_S = 1.0
_CLOSES_WITHIN_S = 10.0


@dataclass
class _Given:
    """A fit that a machine has, and how many it has outlived."""

    fit: Fit
    address: str
    deaths: int = 0


class ClusterWorkers:
    """Gives each fit to the machine with the most free slots; one that dies costs its fits a repeat."""

    def __init__(
        self, client: Client, learners: Mapping[str, Learner], look: Callable[[], None], each: int
    ) -> None:
        """Args:
        client: of a scheduler that all machines have joined.
        look: called often; raises the fault that ends the job.
        each: the most fits that a machine does at once, however many threads it has.
        """
        self._client, self._learners, self._look, self._each = client, learners, look, each
        self._levels: dict[int, SharedExamples] = {}
        self._given: dict[Future, _Given] = {}
        self._waiting: list[tuple[Fit, int]] = []
        self._slots: dict[str, int] = {}
        self._looked = 0.0
        self._meet()

    @property
    def slots(self) -> int:
        """How many fits all machines do at once."""
        return sum(self._slots.values())

    def free(self) -> int:
        self._meet()
        return max(self.slots - len(self._given) - len(self._waiting), 0)

    def share(self, level: int, examples: SharedExamples) -> None:
        """Send the examples to every machine, once."""
        self._levels[level] = examples
        self._send(level, list(self._slots))

    def submit(self, fit: Fit) -> None:
        self._give(fit, deaths=0)

    def finished(self, timeout_s: float) -> Sequence[Outcome]:
        self._meet()
        if self._given:
            with contextlib.suppress(TimeoutError):
                wait(list(self._given), timeout=max(timeout_s, 0.01), return_when="FIRST_COMPLETED")
        else:
            time.sleep(max(timeout_s, 0.01))
        over = [future for future in self._given if future.done()]
        outcomes = [self._outcome(future) for future in over]
        return [outcome for outcome in outcomes if outcome is not None]

    def close(self) -> None:
        """End all fits at once; the machines stay until the cluster is left."""
        self._client.cancel(list(self._given), force=True)
        self._given.clear()
        self._waiting.clear()
        with contextlib.suppress(OSError, TimeoutError, RuntimeError):  # a machine is gone: so are its fits
            self._client.run(node_work.stop)

    def _meet(self) -> None:
        """Learn which machines there are, prepare new ones, and repeat what lost ones were at."""
        if time.monotonic() - self._looked < _LOOKS_EVERY_S:
            return
        self._looked = time.monotonic()
        self._look()
        present: Mapping[str, int] = self._client.nthreads()
        new = [address for address in present if address not in self._slots]
        if new:
            self._client.run(node_work.learn, dict(self._learners), workers=new)
            for level in self._levels:
                self._send(level, new)
        self._slots = {address: min(threads, self._each) for address, threads in present.items()}
        self._repeat_lost()

    def _send(self, level: int, addresses: Sequence[str]) -> None:
        examples, problem, folds = self._levels[level].opened()
        self._client.run(node_work.keep, level, _in_memory(examples), problem, folds, workers=list(addresses))

    def _repeat_lost(self) -> None:
        lost = [future for future, given in self._given.items() if given.address not in self._slots]
        for future in lost:
            given = self._given.pop(future)
            future.cancel()
            self._waiting.append((given.fit, given.deaths + 1))
        while self._waiting and self._slots:
            fit, deaths = self._waiting.pop(0)
            self._give(fit, deaths)

    def _give(self, fit: Fit, deaths: int) -> None:
        address = self._roomiest()
        if address is None:
            self._waiting.append((fit, deaths))
            return
        ends_at = time.time() + fit.deadline - time.monotonic()
        future = self._client.submit(
            node_work.fitted, fit, ends_at, workers=[address], allow_other_workers=False, pure=False
        )
        self._given[future] = _Given(fit, address, deaths)

    def _roomiest(self) -> str | None:
        busy = [given.address for given in self._given.values()]
        return max(self._slots, key=lambda address: self._slots[address] - busy.count(address), default=None)

    def _outcome(self, future: Future) -> Outcome | None:
        """Return what a fit says; None where its machine died and it is done again."""
        given = self._given.pop(future)
        if future.status == "finished":
            outcome: Outcome = future.result()
            return outcome
        if given.deaths + 1 < _MOST_DEATHS:
            self._looked = 0.0
            self._waiting.append((given.fit, given.deaths + 1))
            return None
        return Outcome(given.fit, State.FAILED, reason="its machine ended twice; it may be out of memory")


def _in_memory(examples: Examples) -> Examples:
    """Return examples whose arrays are no maps of files, which travel as a copy in any case."""
    weights = None if examples.weights is None else np.array(examples.weights)
    return replace(examples, x=np.array(examples.x), y=np.array(examples.y), weights=weights)


@dataclass(frozen=True)
class Machines:
    """All machines of a job.

    Attributes:
        look: to be called often; raises the fault that ends the job.
        count: how many there were when all had come.
    """

    client: Client
    look: Callable[[], None]
    count: int

    def workers(self, learners: Mapping[str, Learner], *, each: int) -> ClusterWorkers:
        """Return an executor of fits on them, of so many side by side on each."""
        return ClusterWorkers(self.client, learners, self.look, each)


@contextlib.contextmanager
def leading(meeting: Meeting, slots: int, *, joins_within_s: float = JOINS_WITHIN_S) -> Iterator[Machines]:
    """Run the scheduler and this machine's worker, and wait for the others.

    Args:
        slots: fits that this machine does at once, or threads of a training over all machines' rows.

    In the end all processes of all machines are gone.

    Raises:
        PlatformFault: a machine did not join, or the scheduler ended.
    """
    logging.getLogger("distributed").setLevel(logging.ERROR)  # its tale of every connection is no news
    with contextlib.ExitStack() as stack:
        scheduler = started_scheduler(meeting)
        stack.callback(ended, scheduler)
        worker = KeptWorker(meeting, slots)
        stack.callback(worker.end)
        stack.enter_context(dask.config.set({"distributed.comm.timeouts.connect": f"{joins_within_s}s"}))
        client = Client(meeting.address, timeout=joins_within_s)
        stack.callback(client.close, _CLOSES_WITHIN_S)
        _wait_for(client, meeting, joins_within_s)
        stack.callback(_shut_down, client)

        def look() -> None:
            if scheduler.poll() is not None:
                raise PlatformFault(f"the scheduler of the machines ended with {scheduler.returncode}")
            if worker.look() is not None:
                raise PlatformFault("the worker of the first machine ended again and again")

        yield Machines(client, look, len(meeting.hosts))


def _wait_for(client: Client, meeting: Meeting, seconds: float) -> None:
    try:
        client.wait_for_workers(len(meeting.hosts), timeout=seconds)
    except TimeoutError as error:
        workers = client.scheduler_info(n_workers=-1)["workers"].values()
        there = {str(row["name"]).partition("#")[0] for row in workers}
        missing = [host for host in meeting.hosts if host not in there]
        raise PlatformFault(
            f"machines did not join within {seconds:g} s: {', '.join(missing)}; start the run again"
        ) from error


def _shut_down(client: Client) -> None:
    """Tell every machine that the work is done."""
    with contextlib.suppress(OSError, TimeoutError, RuntimeError):  # who is gone needs not be told
        client.shutdown()
