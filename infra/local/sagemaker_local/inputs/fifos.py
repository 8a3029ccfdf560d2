"""The pipes of a channel: ``<channel>_0``, ``<channel>_1`` and so on, one per epoch.

They lie in a folder the job can write, so nothing here follows a link or trusts a name.
"""

import errno
import os
import stat
import time
from pathlib import Path

_POLL_S = 0.01
_SLOW_POLL_S = 0.1
_FAST_POLLS = 200
_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW


class TreeGoneError(Exception):
    """The job's folder was removed: it needs no data any more."""


class PipeReplacedError(Exception):
    """The job put something else where its pipe was."""


class FifoFolder:
    def __init__(self, root: Path) -> None:
        self._root = root
        try:
            above = os.open(root, _FOLDER_FLAGS)
            for name in ("input", "data"):
                below = os.open(name, _FOLDER_FLAGS, dir_fd=above)
                os.close(above)
                above = below
        except FileNotFoundError as error:
            raise TreeGoneError from error
        except OSError as error:
            raise PipeReplacedError(f"input/data is no folder any more: {error.strerror}") from error
        self._folder = above
        self._identity = _identity(root.stat())

    def make(self, channel: str, epoch: int) -> None:
        self.check()
        try:
            os.mkfifo(f"{channel}_{epoch}", 0o600, dir_fd=self._folder)
        except FileExistsError:
            return

    def open_for_writing(self, channel: str, epoch: int) -> int:
        """Wait for a reader; returns a blocking descriptor."""
        name = f"{channel}_{epoch}"
        polls = 0
        while True:
            try:
                descriptor = os.open(name, os.O_WRONLY | os.O_NONBLOCK | os.O_NOFOLLOW, dir_fd=self._folder)
                break
            except FileNotFoundError:
                self.make(channel, epoch)
            except OSError as error:
                if error.errno != errno.ENXIO:  # which means: nobody reads yet
                    raise PipeReplacedError(f"{name} is no pipe any more: {error.strerror}") from error
            self.check()
            polls += 1
            time.sleep(_POLL_S if polls < _FAST_POLLS else _SLOW_POLL_S)
        if not stat.S_ISFIFO(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise PipeReplacedError(f"{name} is no pipe any more")
        os.set_blocking(descriptor, True)
        return descriptor

    def check(self) -> None:
        """Raises TreeGoneError once the tree is not the one this was made for."""
        try:
            found = _identity(self._root.stat())
        except FileNotFoundError as error:
            raise TreeGoneError from error
        if found != self._identity:
            raise TreeGoneError


def _identity(found: os.stat_result) -> tuple[int, int]:
    return found.st_dev, found.st_ino
