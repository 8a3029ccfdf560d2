"""A machine that is not the first: it works for the leader until the cluster closes."""

import signal
import time
from types import FrameType

from openbml_kit.faults import PlatformFault
from openbml_tabular.distributed.meeting import Meeting
from openbml_tabular.distributed.processes import KeptWorker

_LOOKS_EVERY_S = 0.5


def follow(meeting: Meeting, slots: int) -> None:
    """Work until the leader is done, or is gone: the leader tells how the job ended.

    Raises:
        PlatformFault: the leader was never there, or this machine's worker dies again and again.
    """
    stopped = False

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        nonlocal stopped
        stopped = True

    before = signal.signal(signal.SIGTERM, on_signal)
    worker = KeptWorker(meeting, slots)
    try:
        while (code := worker.look()) is None and not stopped:
            time.sleep(_LOOKS_EVERY_S)
    finally:
        worker.end()
        signal.signal(signal.SIGTERM, before)
    if code:
        raise PlatformFault(f"the worker of {meeting.name} ended with {code}; the first machine may be gone")
