"""Digests of what a model was made with, code and installed packages, so that two can be told apart."""

import hashlib
import platform
from functools import cache
from importlib import metadata, resources

_SUFFIXES = (".py", ".yaml", ".txt")


@cache
def code_digest(*packages: str) -> str:
    """Return the SHA-256 of the packages' sources and data files, by path, whatever folder they lie in."""
    digest = hashlib.sha256()
    for package in packages:
        root = resources.files(package)
        with resources.as_file(root) as folder:
            for file in sorted(path for path in folder.rglob("*") if path.suffix in _SUFFIXES):
                digest.update(f"{package}/{file.relative_to(folder).as_posix()}\0".encode())
                digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


@cache
def image_digest() -> str:
    """Return the SHA-256 of Python's version and of every installed package with its version."""
    installed = {f"{entry.metadata['Name'].lower()}=={entry.version}" for entry in metadata.distributions()}
    lines = [f"python=={platform.python_version()}", *sorted(installed)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
