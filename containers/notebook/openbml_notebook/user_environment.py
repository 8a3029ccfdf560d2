"""A virtual environment in the home folder, on top of the image's: what a user installs there stays.

Kernels and terminals use it; the server does not, so no installed package can keep it from starting.
"""

import json
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class UserEnvironment:
    folder: Path
    image: Path

    def prepare(self) -> None:
        """Create it, or join it to this image when another one made it."""
        mark = self.folder / "image.txt"
        if mark.exists() and mark.read_text() == str(self.image):
            return
        for link in self.folder.glob("bin/python*"):
            link.unlink()
        venv.create(self.folder, symlinks=True, with_pip=False)
        packages = sysconfig.get_path("purelib", vars={"base": str(self.folder)})
        Path(packages, "image.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
        for name in ("pip", "pip3"):
            script = self.folder / "bin" / name
            script.write_text(f'#!/bin/sh\nexec "{self.python}" -m pip "$@"\n')
            script.chmod(0o755)
        self._declare_kernel()
        mark.write_text(str(self.image))

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    def variables(self, path: str) -> dict[str, str]:
        return {
            "PATH": f"{self.folder / 'bin'}:{path}",
            "VIRTUAL_ENV": str(self.folder),
            "JUPYTER_PATH": str(self.folder / "share" / "jupyter"),
        }

    def _declare_kernel(self) -> None:
        """Under the name of Jupyter's own kernel, which it so replaces."""
        kernel = self.folder / "share" / "jupyter" / "kernels" / "python3"
        kernel.mkdir(parents=True, exist_ok=True)
        command = [str(self.python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        document = {"argv": command, "display_name": f"Python {version}", "language": "python"}
        (kernel / "kernel.json").write_text(json.dumps(document))
