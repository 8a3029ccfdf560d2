"""Adapters in the containers of their base components: ``POST /adapters``, ``DELETE /adapters/{name}``.

A container finds the files below ``/opt/ml/adapters/<name>`` and gets the adapter's name with
each request in a header.
"""

import asyncio
import shutil
from pathlib import Path

import aiohttp

from sagemaker_local.hosting.artifact_cache import ArtifactCache
from sagemaker_local.hosting.container_process import ContainerProcess
from sagemaker_local.hosting.worker import Worker

ADAPTER_HEADER = "X-Amzn-SageMaker-Adapter-Identifier"

_FOLDER = "adapters"
_TIMEOUT = aiohttp.ClientTimeout(total=60.0, sock_connect=0.25)


class AdapterError(Exception):
    """The base container does not take the adapter; the message is for the user."""


class Adapters:
    """Which adapters belong to which base component of one endpoint, by lower-case names.

    A container counts as healthy only once it has all adapters of its component.
    """

    def __init__(self, artifacts: ArtifactCache) -> None:
        self._artifacts = artifacts
        self._keys: dict[str, dict[str, str]] = {}  # base, adapter: key of its files in the cache
        self._bases: dict[str, str] = {}

    def add(self, base: str, name: str, key: str) -> None:
        self._keys.setdefault(base.lower(), {})[name] = key
        self._bases[name.lower()] = base.lower()

    def discard(self, name: str) -> None:
        base = self._bases.pop(name.lower(), None)
        if base is not None:
            self._keys[base].pop(name, None)

    def base_of(self, name: str) -> str | None:
        return self._bases.get(name.lower())

    async def load_all(self, base: str, container: ContainerProcess, http: aiohttp.ClientSession) -> None:
        """Give a container that has just come up the adapters it lacks."""
        while missing := [
            (name, key)
            for name, key in self._keys.get(base.lower(), {}).items()
            if not _mark(container, name).exists()
        ]:
            name, key = missing[0]
            await self.load(name, key, container, http)

    async def load(
        self, name: str, key: str, container: ContainerProcess, http: aiohttp.ClientSession
    ) -> None:
        """Bring an adapter's files into a container and tell it.

        Raises:
            AdapterError: the container refuses it or does not answer.
        """
        if _mark(container, name).exists():
            return
        target = _tree(container) / name
        await asyncio.to_thread(_copy, self._artifacts.folder_of(key), target)
        source = f"{container.specs.opt_ml(container.run_dir)}/{_FOLDER}/{name}"
        await _tell(http, "POST", f"{container.address}/adapters", {"name": name, "src": source})
        _mark(container, name).touch()

    async def unload(self, name: str, container: ContainerProcess, http: aiohttp.ClientSession) -> None:
        if not _mark(container, name).exists():
            return
        await _tell(http, "DELETE", f"{container.address}/adapters/{name}", None)
        _mark(container, name).unlink(missing_ok=True)
        await asyncio.to_thread(shutil.rmtree, _tree(container) / name, ignore_errors=True)


def serving_containers(workers: list[Worker]) -> list[ContainerProcess]:
    return [container for worker in workers if worker.healthy for container in worker.containers]


async def _tell(http: aiohttp.ClientSession, method: str, url: str, document: dict[str, str] | None) -> None:
    try:
        async with http.request(method, url, json=document, timeout=_TIMEOUT) as reply:
            if reply.status >= 400:
                text = (await reply.text(errors="replace"))[:512]
                raise AdapterError(
                    f"the base container answered {method} /adapters with {reply.status}: {text}"
                )
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise AdapterError(f"the base container did not answer {method} /adapters: {error!r}") from error


def _tree(container: ContainerProcess) -> Path:
    return container.run_dir / "ml" / _FOLDER


def _mark(container: ContainerProcess, name: str) -> Path:
    """Outside of what the container can write."""
    return container.run_dir / f"adapter-{name}.loaded"


def _copy(source: Path, target: Path) -> None:
    """A copy of its own: what the container does to it must not reach the cache."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)
