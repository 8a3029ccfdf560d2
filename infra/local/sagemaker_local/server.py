"""The engine's server: wiring, start, recovery and end."""

import asyncio
import fcntl
import logging
import os
import secrets
import signal
import sys
from collections.abc import Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from aiohttp import web

from sagemaker_local.admin import AdminRoutes
from sagemaker_local.capacity.machine import load_instance_types, this_machine
from sagemaker_local.capacity.queue import SlotQueue
from sagemaker_local.core import Core, Part
from sagemaker_local.events.bus_eventbridge import EventBridgeBus
from sagemaker_local.events.dispatcher import EventDispatcher
from sagemaker_local.hosting.artifact_cache import ArtifactCache
from sagemaker_local.hosting.call_gate import gated
from sagemaker_local.hosting.calls import CallHandler
from sagemaker_local.hosting.front import Front
from sagemaker_local.hosting.part import HostingPart
from sagemaker_local.hosting.ports import WorkerPorts
from sagemaker_local.images.environments import Environments
from sagemaker_local.images.registry import load_registry
from sagemaker_local.images.resolver import Images
from sagemaker_local.inputs.file_systems import FileSystems
from sagemaker_local.inputs.input_channels import InputChannels
from sagemaker_local.inputs.object_cache import ObjectCache
from sagemaker_local.logs.metric_dispatcher import MetricDispatcher
from sagemaker_local.logs.metrics_cloudwatch import CloudWatchMetrics
from sagemaker_local.logs.shipper import LogShipper
from sagemaker_local.logs.streams_cloudwatch import CloudWatchStreams
from sagemaker_local.logs.usage import UsageSampler
from sagemaker_local.operator.admin_client import TOKEN_HEADER
from sagemaker_local.processes.docker import DOCKER, DockerError
from sagemaker_local.processes.modes import BASE_DIR, NAMESPACES, USERS_CODE_REFUSAL, probe_namespaces
from sagemaker_local.processes.supervisor import Supervisor
from sagemaker_local.processing.part import ProcessingPart
from sagemaker_local.protocol.access import AccessGate
from sagemaker_local.protocol.arns import Scope
from sagemaker_local.protocol.control import ControlPlane, Handler
from sagemaker_local.protocol.paging import Listings, PageTokens
from sagemaker_local.protocol.service_model import load_service_models
from sagemaker_local.protocol.tagging import TagOperations
from sagemaker_local.settings import Settings, SettingsError
from sagemaker_local.state.database import Database
from sagemaker_local.storage.aws_clients import AwsClients, Credentials
from sagemaker_local.storage.roles import RoleCredentials
from sagemaker_local.studio.part import StudioPart
from sagemaker_local.training.part import TrainingPart
from sagemaker_local.transform.part import TransformPart
from sagemaker_local.tuning.part import TuningPart

_SHUTDOWN_S = 5.0
#: How long a busy worker thread (S3, logs, metrics) may keep the interpreter while a call waits for it.
_THREAD_SWITCH_S = 0.0005

#: They wait for the network and for disks; with few of them, transfers would hold up starts and logs.
_THREADS = 48

logger = logging.getLogger(__name__)


class AlreadyRunningError(Exception):
    """Another engine uses this state folder."""


@dataclass
class Engine:
    app: web.Application
    database: Database
    supervisor: Supervisor
    parts: tuple[Part, ...]
    call_handler: CallHandler
    background: list[Coroutine[Any, Any, None]]

    async def open(self) -> None:
        for part in self.parts:
            await part.open()

    async def recover(self) -> None:
        found = sum([await part.recover() for part in self.parts])
        if found:
            logger.info("recovered %d jobs, endpoints and apps", found)

    async def suspend(self) -> None:
        """Leave nothing running; the next start brings jobs and endpoints back."""
        await asyncio.gather(*(part.suspend() for part in self.parts))

    async def close(self) -> None:
        for part in self.parts:
            await part.close()
        self.supervisor.close()
        self.database.close()


async def choose_mode(settings: Settings) -> str:
    if settings.mode == DOCKER:
        try:
            version = await asyncio.to_thread(settings.docker_client.server_version)
        except DockerError as error:
            raise SettingsError(f"SML_MODE=docker does not work on this machine: {error}") from error
        logger.info("mode docker: jobs run in containers of the docker engine %s", version)
        return DOCKER
    if settings.mode == BASE_DIR:
        logger.warning("mode base-dir: jobs are NOT isolated from this machine or from each other")
        return BASE_DIR
    report = await probe_namespaces()
    if report.works:
        return NAMESPACES
    if settings.mode == NAMESPACES:
        raise SettingsError(f"SML_MODE=ns does not work on this machine: {report.reason}")
    logger.warning(
        "namespaces do not work here (%s): mode base-dir is used, jobs are NOT isolated from this machine "
        "or from each other; SML_MODE=base-dir chooses this without a warning of a fallback",
        report.reason,
    )
    return BASE_DIR


def build_core(settings: Settings, mode: str, token: str) -> Core:
    database = Database(settings.database_file)
    clients = AwsClients(
        endpoint_url=settings.endpoint_url,
        home=Scope(settings.region, settings.account_id),
        credentials=Credentials(settings.access_key_id, settings.secret_access_key, settings.session_token),
    )
    machine = this_machine(cpus=settings.machine_cpus, memory_mib=settings.machine_memory_mib)
    registry = load_registry(settings.images_file, settings.repository)
    roles = RoleCredentials(clients)
    docker = settings.docker_client if mode == DOCKER else None
    return Core(
        settings=settings,
        mode=NAMESPACES if docker is not None else mode,  # either way /opt/ml is really there
        models=load_service_models(),
        database=database,
        listings=Listings(database, PageTokens(token.encode())),
        clients=clients,
        roles=roles,
        instance_types=load_instance_types(
            machine,
            strict_gpu=settings.strict_gpu,
            strict=settings.strict_capacity,
            instance_map=settings.instance_map,
        ),
        queue=SlotQueue(machine, settings.max_batch_jobs, oversubscribe=settings.oversubscribe),
        images=Images(
            registry,
            Environments(registry, settings.envs_dir),
            settings.packages,
            docker,
            USERS_CODE_REFUSAL if mode == BASE_DIR and settings.mode != BASE_DIR else None,
        ),
        artifacts=ArtifactCache(settings.models_dir, clients, roles),
        worker_ports=WorkerPorts(settings.worker_port_first, settings.worker_port_last),
        inputs=InputChannels(
            ObjectCache(settings.state_dir / "objects", settings.object_cache_mib * 1024 * 1024),
            FileSystems(settings.file_systems),
            mode,
        ),
        supervisor=Supervisor(database, settings.runs_dir, docker),
        shipper=LogShipper(database, CloudWatchStreams(clients), settings.runs_dir),
    )


def build_engine(settings: Settings, mode: str) -> Engine:
    token = _admin_token(settings.token_file)
    core = build_core(settings, mode, token)
    training = TrainingPart(core)
    parts: tuple[Part, ...] = (
        training,
        ProcessingPart(core),
        HostingPart(core),
        TransformPart(core),
        StudioPart(core),
        TuningPart(core, training),
    )
    handlers: dict[str, Handler] = dict(TagOperations(core.database).handlers())
    for part in parts:
        handlers |= part.handlers()
    control = ControlPlane(
        models=core.models,
        handlers=handlers,
        account_id=settings.account_id,
        default_region=settings.region,
        checks_replies=settings.strict,
    )
    admin = AdminRoutes(core, parts, token)
    gate = AccessGate(
        hosts=None if settings.allow_remote else (settings.host,),
        keys=settings.signing_keys,
        admin_token=token,
        token_header=TOKEN_HEADER,
    )
    app = web.Application(client_max_size=settings.max_body_bytes + 1024, middlewares=[gate.middleware])
    app.router.add_post("/", control.handle)
    for part in parts:
        part.add_routes(app)
    admin.add_to(app)
    dispatcher = EventDispatcher(core.database, EventBridgeBus(core.clients))
    metrics = MetricDispatcher(core.database, CloudWatchMetrics(core.clients))
    background = [core.shipper.run(), dispatcher.run(), metrics.run(), admin.janitor()]
    if mode != DOCKER:  # there, what runs below a shim is the docker client
        usage = UsageSampler(core.database, core.instance_types.machine, every_s=settings.metrics_s)
        background.append(usage.run())
    for part in parts:
        background += part.background()
    call_handler = next(handler for part in parts if (handler := part.call_handler()) is not None)
    return Engine(
        app=app,
        database=core.database,
        supervisor=core.supervisor,
        parts=parts,
        call_handler=gated(call_handler, gate),
        background=background,
    )


async def serve(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT."""
    sys.setswitchinterval(_THREAD_SWITCH_S)
    settings.state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = _hold_state_folder(settings.state_dir)
    settings = settings.model_copy(update={"state_dir": settings.state_dir.resolve()})
    mode = await choose_mode(settings)
    engine = build_engine(settings, mode)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(_THREADS, thread_name_prefix="work"))
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    runner = web.AppRunner(engine.app, access_log=None, shutdown_timeout=_SHUTDOWN_S)
    await runner.setup()
    front = Front(engine.call_handler, _server_of(runner), max_body_bytes=settings.max_body_bytes)
    tasks = [asyncio.create_task(work) for work in engine.background]
    try:
        await engine.open()
        await front.start(settings.host, settings.port)
        await engine.recover()
        logger.info("sagemaker-local answers at %s (mode %s)", settings.url, mode)
        await stop.wait()
        logger.info("stopping: jobs are interrupted and workers stopped; the next start brings them back")
        await front.stop(_SHUTDOWN_S)
        await engine.suspend()
    finally:
        await front.stop(0.0)
        await runner.cleanup()
        await _cancelled(tasks)
        await engine.close()
        lock.close()


async def _cancelled(tasks: Sequence["asyncio.Task[None]"]) -> None:
    """Cancel until all have ended: a task that hides its cancellation must not hold up the engine's end."""
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=_SHUTDOWN_S)
        for task in pending:
            logger.warning("%s does not end; it is cancelled again", task.get_coro())


def _server_of(runner: web.AppRunner) -> web.Server:
    server = runner.server
    if server is None:
        raise RuntimeError("the application is not set up")
    return server


def _hold_state_folder(folder: Path) -> TextIO:
    lock = (folder / "engine.lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.seek(0)
        holder = lock.read().strip() or "unknown"
        lock.close()
        raise AlreadyRunningError(
            f"another engine (pid {holder}) uses {folder}; stop it or choose another SML_STATE_DIR"
        ) from error
    lock.truncate(0)
    lock.write(f"{os.getpid()}\n")
    lock.flush()
    return lock


def _admin_token(file: Path) -> str:
    if not file.exists():
        handle = os.open(file, os.O_WRONLY | os.O_CREAT, 0o600)
        with os.fdopen(handle, "w") as stream:
            stream.write(secrets.token_urlsafe(32))
    return file.read_text().strip()
