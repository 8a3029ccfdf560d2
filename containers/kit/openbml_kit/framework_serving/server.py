"""`serve` of a framework's model: workers that run the user's code, and their front, which does not."""

import logging
import os
from collections.abc import Mapping, Sequence

from openbml_kit.faults import Fault
from openbml_kit.framework_serving.application import FrameworkApplication
from openbml_kit.framework_serving.environment import allowed
from openbml_kit.framework_serving.loading import read_manifest
from openbml_kit.framework_serving.settings import FrameworkServingSettings
from openbml_kit.framework_serving.workers import worker_pool
from openbml_kit.script_serving.front import FrontServer, serve_until_stopped

_log = logging.getLogger("openbml_kit.serving")


def main(env: Mapping[str, str] = os.environ, command: Sequence[str] = ()) -> int:
    """Serve until SIGTERM; 1 when the model cannot be set up.

    Args:
        command: how this process is started again where it has variables that users' code must not see. It
            is of the same user as the code, which could read them from `/proc`.
    """
    if command and dict(env) != allowed(env):
        os.execve(command[0], list(command), allowed(env))  # noqa: S606 - this very program
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    try:
        settings = FrameworkServingSettings.from_env(env)
        manifest = read_manifest(settings.places.model)
    except Fault as fault:
        _log.error("%s: %s", fault.tag, fault)
        return 1
    _log.info("%s model of task %s, contract %s", manifest.framework, manifest.task, manifest.contract)
    pool = worker_pool(settings.places.model, settings.workers, env)
    server = FrontServer(settings.host, settings.port, FrameworkApplication(manifest.contract, pool))
    return serve_until_stopped(server, pool, timeout_s=settings.workers.timeout_s)
