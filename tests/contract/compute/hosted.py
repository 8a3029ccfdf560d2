"""A project whose hostings the local engine keeps, and callers of them."""

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

from openbml.compute.component_places import ComponentPlaces
from openbml.compute.gateway import ComputeGateway
from openbml.compute.hosted_models_sagemaker import HostedModels
from openbml.compute.hosting_pools_sagemaker import HostingPools
from openbml.compute.hostings import Hosting, HostingMode, HostingRequest, HostingRuntime, HostingState
from openbml.compute.hostings_by_mode import HostingRuntimes
from openbml.compute.hostings_components_sagemaker import ComponentHostingRuntime
from openbml.compute.hostings_sagemaker import SageMakerHostingRuntime
from openbml.compute.image_addresses import ImageAddresses
from openbml.compute.invocations import Invoker, ModelNotReadyError
from openbml.compute.invocations_sagemaker import ComponentInvoker, EndpointInvoker, FirstKnownInvoker
from openbml.compute.jobs import JobRuntimes
from openbml.compute.names import ComputeNames
from openbml.core.clock import utc_now
from openbml.core.scope import ProjectScope
from tests.contract.sagemaker_local.engine_process import KEYS, EngineProcess
from tests.contract.sagemaker_local.scenario import ROLE
from tests.fakes.compute_memory import (
    InMemoryHostingRepository,
    InMemoryJobRepository,
    InMemoryJobRuntime,
    RecordedEvents,
    Ticking,
)
from tests.fakes.compute_samples import hosting_request

NAMES = ComputeNames(stage="t")


class HostedProject:
    """Deploys through the gateway, as contexts do; each has project and ids of its own."""

    def __init__(self, engine: EngineProcess, emulator: str, bucket: str, mode: HostingMode) -> None:
        self.engine = engine
        self.mode = mode
        self.project_id = uuid.uuid4().int % 10**9
        self.deployment_id = f"d{uuid.uuid4().hex[:10]}"
        self.now = Ticking(utc_now())
        self._s3 = boto3.client("s3", endpoint_url=emulator, **KEYS)
        self._bucket = bucket
        self.hostings = InMemoryHostingRepository()
        self.runtime = runtimes(engine.sagemaker, self.now)
        self.invoker = invoker(engine)
        self.gateway = ComputeGateway(
            jobs=InMemoryJobRepository(),
            runtimes=JobRuntimes(training=InMemoryJobRuntime(), processing=InMemoryJobRuntime()),
            hostings=self.hostings,
            hosting=self.runtime,
            events=RecordedEvents(),
            now=self.now,
            hosting_mode=mode,
        )

    def request(self, revision: int, *, model: str = "", **changes: Any) -> HostingRequest:
        """Return a wish for a model whose answer is its own name."""
        name = model or f"m{revision}"
        key = f"projects/{self.project_id}/models/{name}"
        self._s3.put_object(Bucket=self._bucket, Key=f"{key}/model.json", Body=name.encode())
        wanted = {
            "scope": ProjectScope(account_id=7, region="us-east-1", project_id=self.project_id),
            "model_uri": f"s3://{self._bucket}/{key}",
            "compute_units": 1,
            "copies": 2,
            "revision": revision,
            **changes,
        }
        return hosting_request(wanted.pop("deployment_id", self.deployment_id), **wanted)

    def deploy(self, revision: int, *, model: str = "", **changes: Any) -> Hosting:
        request = self.request(revision, model=model, **changes)
        self.gateway.deploy(request)
        return self.settled(request.deployment_id)

    def settled(self, deployment_id: str | None = None, within_s: float = 60) -> Hosting:
        """Follow until nothing changes any more."""
        wanted = deployment_id or self.deployment_id
        until = time.monotonic() + within_s
        while True:
            hosting = self.gateway.follow_hosting(wanted)
            if not hosting.is_changing:
                return hosting
            assert time.monotonic() < until, f"{hosting.state}: {self.engine.log[-3000:]}"
            time.sleep(0.05)

    def remove(self, deployment_id: str | None = None) -> None:
        self.gateway.undeploy(deployment_id or self.deployment_id)
        assert self.settled(deployment_id).state is HostingState.REMOVED

    def ask(self, body: bytes = b"{}", revision: int | None = None) -> str:
        hosting = self.hostings.get(self.deployment_id)
        wanted = revision or hosting.serving_revision
        return self.invoker.invoke(self.deployment_id, body, "application/json", 10, wanted).body.decode()

    def answers(self) -> str | None:
        """Return the answer, None while there is none."""
        try:
            return self.ask()
        except ModelNotReadyError:
            return None

    def processes(self) -> list[dict[str, Any]]:
        """Return the processes whose name tells that they are the hosting's."""
        found = self.engine.admin("GET", "state")["processes"]
        mine = (one for one in found if self.deployment_id in one["owner_arn"])
        return [one for one in mine if one["state"] == "running"]

    def resources(self) -> set[str]:
        """Return the names of all that there is of this project."""
        sagemaker = self.engine.sagemaker
        listed = (
            ("list_endpoints", "Endpoints", "EndpointName"),
            ("list_endpoint_configs", "EndpointConfigs", "EndpointConfigName"),
            ("list_models", "Models", "ModelName"),
            ("list_inference_components", "InferenceComponents", "InferenceComponentName"),
        )
        return {
            f"{member}/{row[name]}"
            for operation, member, name in listed
            for page in sagemaker.get_paginator(operation).paginate()
            for row in page[member]
            if self.deployment_id in row[name] or f"-{self.project_id}-" in row[name]
        }

    @contextmanager
    def load(self, clients: int = 4, body: bytes = b"{}") -> Iterator["Load"]:
        load = Load(lambda: self.ask(body), clients)
        try:
            yield load
        finally:
            load.stop()


class Load:
    """Clients that call one after the other until they are told to stop."""

    def __init__(self, call: Callable[[], str], clients: int) -> None:
        self.answers: list[str] = []
        self.failures: list[Exception] = []
        self._call = call
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(clients)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self.answers.append(self._call())
            except Exception as error:  # noqa: BLE001 - a test looks at whatever a caller met
                self.failures.append(error)


def runtimes(sagemaker: Any, now: Ticking) -> HostingRuntime:
    models = HostedModels(
        sagemaker,
        names=NAMES,
        images=ImageAddresses(prefix="registry/openbml", tag="v1"),
        role_arn=ROLE,
    )
    pools = HostingPools(sagemaker, names=NAMES, role_arn=ROLE, now=now)
    return HostingRuntimes(
        {
            HostingMode.ENDPOINTS: SageMakerHostingRuntime(sagemaker, names=NAMES, models=models),
            HostingMode.COMPONENTS: ComponentHostingRuntime(
                sagemaker, names=NAMES, models=models, pools=pools, now=now
            ),
        }
    )


def invoker(engine: EngineProcess) -> Invoker:
    @cache
    def client_for(timeout_s: float) -> Any:
        config = Config(read_timeout=timeout_s, retries={"total_max_attempts": 1}, max_pool_connections=32)
        return boto3.client("sagemaker-runtime", endpoint_url=engine.url, config=config, **KEYS)

    places = ComponentPlaces(engine.sagemaker, names=NAMES, seconds=time.monotonic)
    return FirstKnownInvoker(
        [ComponentInvoker(client_for, places=places), EndpointInvoker(client_for, names=NAMES)]
    )
