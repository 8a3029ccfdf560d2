"""The home folders of spaces: they outlive apps and end with their space."""

import shutil
from collections.abc import Callable
from pathlib import Path


class HomeFolders:
    """Blocking; used from worker threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def of(self, space_key: str) -> Path:
        return self._folder / space_key

    def prepare(self, space_key: str) -> Path:
        home = self.of(space_key)
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        return home

    def remove(self, space_key: str) -> None:
        """Raises: OSError: something in it cannot be removed."""
        home = self.of(space_key)
        if home.exists():
            shutil.rmtree(home, onerror=_unlock_and_retry)

    def keys(self) -> set[str]:
        """Of the spaces that have a home folder here."""
        return {one.name for one in self._folder.glob("*")}


def _unlock_and_retry(retry: Callable[[str], object], path: str, _: object) -> None:
    """A user may have taken the right to write from a folder of his own."""
    parent = Path(path).parent
    for folder in (parent, Path(path)):
        if folder.is_dir() and not folder.is_symlink():
            folder.chmod(0o700)
    if Path(path).is_dir() and not Path(path).is_symlink():
        shutil.rmtree(path)
    else:
        retry(path)
