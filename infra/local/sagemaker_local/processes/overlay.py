"""Packages of a job's own over an image's environment, which no job may change.

Where the operator allows it (``SML_ALLOW_REQUIREMENTS``), a job's ``python3`` is that of an environment in
its own folder which sees the image's packages behind its own. ``pip install`` then works as in a container:
it counts what the image has as there, and takes the rest from the configured index or wheel folder only.
"""

import venv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_FOLDER = "packages"
#: The image's pip, run by the overlay's interpreter: it installs into the overlay.
_PIP = '#!/bin/sh\nexec "$(dirname "$0")/python3" -m pip "$@"\n'


@dataclass(frozen=True)
class PackageSource:
    """Where packages of a job come from; both None is pip's own default index."""

    index_url: str | None = None
    wheels: Path | None = None

    def variables(self) -> dict[str, str]:
        found = {"SML_ALLOW_REQUIREMENTS": "1", "PIP_NO_CACHE_DIR": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
        if self.wheels is not None:
            found["PIP_FIND_LINKS"] = str(self.wheels)
        if self.index_url is not None:
            found["PIP_INDEX_URL"] = self.index_url
        elif self.wheels is not None:
            found["PIP_NO_INDEX"] = "1"
        return found

    @property
    def visible(self) -> tuple[Path, ...]:
        return () if self.wheels is None else (self.wheels.absolute(),)


@dataclass(frozen=True)
class Overlay:
    """``here`` is the folder on this machine, ``there`` the same folder as the job sees it."""

    here: Path
    there: str

    @classmethod
    def below(cls, root: Path, opt_ml: str) -> "Overlay":
        return cls(root / "tmp" / _FOLDER, f"{opt_ml}/tmp/{_FOLDER}")

    def make(self, image_python: Path) -> None:
        venv.EnvBuilder(with_pip=False, symlinks=True).create(self.here)
        image_packages = image_python.parent.parent / self._packages
        (self.here / self._packages / "_image.pth").write_text(f"{image_packages}\n")
        for name in ("pip", "pip3"):
            script = self.here / "bin" / name
            script.write_text(_PIP)
            script.chmod(0o755)

    def over(self, variables: Mapping[str, str]) -> dict[str, str]:
        """Put it before what the image's variables name; programs of the image see its packages too."""
        path, python_path = variables["PATH"], variables.get("PYTHONPATH", "")
        packages = f"{self.there}/{self._packages}"
        return {
            **variables,
            "PATH": f"{self.there}/bin:{path}",
            "PYTHONPATH": f"{python_path}:{packages}".strip(":"),
        }

    @property
    def _packages(self) -> str:
        return "lib/python3.11/site-packages"
