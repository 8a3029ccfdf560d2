"""One training job of tabular prediction, from its channels to its model folder."""

import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from openbml_kit.cluster import Cluster
from openbml_kit.faults import PlatformFault
from openbml_kit.places import Places, core_count
from openbml_kit.progress import Progress
from openbml_kit.stopping import StopRequest
from openbml_tabular.automl.fallback import CODE as PRIOR
from openbml_tabular.automl.leaderboard import ENSEMBLE
from openbml_tabular.automl.solution import Solution
from openbml_tabular.automl.zoo import warm_up
from openbml_tabular.distributed.cluster_workers import Machines, leading
from openbml_tabular.distributed.following import follow
from openbml_tabular.distributed.meeting import Meeting
from openbml_tabular.job_data import JobData, read_job_data
from openbml_tabular.job_settings import read_settings
from openbml_tabular.job_solving import Solver
from openbml_tabular.results import Finished, leave_results


def run_job(places: Places, progress: Progress, env: Mapping[str, str]) -> None:
    """Read, solve, report, export. A stop request ends the solving early and keeps the best model so far.

    Of several machines the first one does this, the others fit models for it.

    Raises:
        UserFault, PlatformFault: the job cannot be done.
    """
    cluster = Cluster.from_document(places.configuration("resourceconfig.json"))
    meeting = Meeting.of(cluster, env) if len(cluster.hosts) > 1 else None
    if meeting is not None and not meeting.leads:
        follow(meeting, core_count(env))
        return
    settings = read_settings(places.hyper_parameters())
    stop = StopRequest(max_seconds=0)
    stop.listen()
    progress.stage("loading")
    warm_up()
    data = read_job_data(places, settings.tabular)
    _tell(data, progress)
    with _machines(meeting, core_count(env)) as machines:
        solver = Solver(settings, places, progress, core_count(env), stop, machines)
        solved = solver.solved(data)
    for level, message in solved.solution.notes:
        progress.note(level, message)
    if solved.solution.ended_early is not None:
        progress.note("warning", f"training ended early: {solved.solution.ended_early}")
    _refuse_broken(solved.solution)
    leave_results(Finished(settings, data, solved), places, progress)
    # A signal that comes now has nothing to save any more.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


@contextmanager
def _machines(meeting: Meeting | None, slots: int) -> Iterator[Machines | None]:
    """Yield the machines of a cluster; None: there is this one."""
    if meeting is None:
        yield None
        return
    with leading(meeting, slots) as machines:
        yield machines


def _tell(data: JobData, progress: Progress) -> None:
    analysis = data.target.analysis
    progress.note("info", f"{analysis.algorithm_type}: {analysis.reason_en}")
    for problem in analysis.problems:
        progress.note("warning", problem.message_en)
    if data.sampling is not None:
        progress.note("warning", data.sampling.reason_en)


def _refuse_broken(solution: Solution) -> None:
    """Raise PlatformFault where nothing but breakdowns left the best constant as the answer."""
    tried = [entry for entry in solution.leaderboard if entry.model not in (PRIOR, ENSEMBLE)]
    broken = [entry for entry in tried if entry.state == "failed"]
    if broken and not any(entry.state == "complete" for entry in tried):
        raise PlatformFault(f"no model could be trained: {broken[0].model}: {broken[0].reason}")
