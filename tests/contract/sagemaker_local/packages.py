"""Python packages made on the spot, so that no index is asked."""

import base64
import hashlib
import tarfile
import zipfile
from io import BytesIO
from pathlib import Path


def wheel(folder: Path, name: str) -> str:
    """Make a wheel with one module and return its line of a lock, hash included."""
    path = folder / f"{name}-1.0-py3-none-any.whl"
    info = f"{name}-1.0.dist-info"
    files = {
        f"{name}.py": "value = 42\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = [f"{file},{_record_hash(text)},{len(text)}" for file, text in files.items()]
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in files.items():
            archive.writestr(file, text)
        archive.writestr(f"{info}/RECORD", "\n".join([*record, f"{info}/RECORD,,", ""]))
    return f"{name} @ {path.as_uri()} --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


def _record_hash(text: str) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=")
    return f"sha256={digest.decode()}"


def source_that_fails(folder: Path, statement: str) -> str:
    """Make a source package that runs a statement instead of building itself."""
    path = folder / "broken-1.0.tar.gz"
    project = "[build-system]\nrequires = []\nbuild-backend = 'backend'\nbackend-path = ['.']\n"
    backend = f"def build_wheel(*_, **__):\n    {statement}\n"
    with tarfile.open(path, "w:gz") as archive:
        for name, text in {"pyproject.toml": project, "backend.py": backend}.items():
            member = tarfile.TarInfo(f"broken-1.0/{name}")
            member.size = len(text)
            archive.addfile(member, BytesIO(text.encode()))
    return f"broken @ {path.as_uri()}\n"
