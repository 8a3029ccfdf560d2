"""The locked environments of the local cloud's tools.

MiniStack and the AWS tools pin libraries that clash with ours and with each other, and functions must see
what AWS's runtime gives them and nothing more: each has its own environment below `.envs/`.
"""

from collections.abc import Callable
from pathlib import Path

from openbml_local.errors import EnvironmentBuildError
from openbml_local.settings import environments_directory, inherited_environment
from sagemaker_local.images import locked_environments
from sagemaker_local.images.locked_environments import Lock, LockedEnvironments

LOCKS = Path(__file__).resolve().parents[1] / "environments"


class Environments:
    def __init__(
        self, *, root: Path | None = None, locks: Path = LOCKS, say: Callable[[str], None] = lambda _: None
    ) -> None:
        self._built = LockedEnvironments(root or environments_directory(), inherited_environment())
        self._locks = locks
        self._say = say

    def is_ready(self, name: str) -> bool:
        return self._built.is_built(self._lock(name))

    def python(self, name: str) -> Path:
        """The environment's interpreter; the environment is built first if need be.

        Raises:
            EnvironmentBuildError: it cannot be built.
        """
        try:
            return self._built.python(self._lock(name), self._say)
        except locked_environments.EnvironmentBuildError as error:
            raise EnvironmentBuildError(str(error)) from error

    def _lock(self, name: str) -> Lock:
        return Lock(name, self._locks / f"{name}.txt")
