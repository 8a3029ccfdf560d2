"""`serve` of the user's own functions: the code, its packages, the workers and their front."""

import logging
import os
from collections.abc import Mapping
from pathlib import Path

from openbml_kit.faults import Fault
from openbml_kit.requirements_overlay import install_requirements
from openbml_kit.script_serving.application import ScriptApplication
from openbml_kit.script_serving.front import FrontServer, serve_until_stopped
from openbml_kit.script_serving.functions import Reply, Request
from openbml_kit.script_serving.pool import WorkerPool
from openbml_kit.script_serving.settings import ScriptServingSettings
from openbml_kit.script_serving.worker import Worker
from openbml_kit.user_code import bring_code

_log = logging.getLogger("openbml_kit.serving")


def main(env: Mapping[str, str] = os.environ) -> int:
    """Serve until SIGTERM; 1 when the model cannot be set up."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    try:
        settings = ScriptServingSettings.from_env(env)
        code = _prepare_code(settings, env)
    except Fault as fault:
        _log.exception("%s: %s", fault.tag, fault)
        return 1
    pool = WorkerPool[Request, Reply](
        lambda: Worker(settings.program, code, settings.model_folder, settings.default_accept),
        size=settings.workers,
        timeout_s=settings.timeout_s,
    )
    server = FrontServer(settings.host, settings.port, ScriptApplication(settings, pool))
    return serve_until_stopped(server, pool, timeout_s=settings.timeout_s)


def _prepare_code(settings: ScriptServingSettings, env: Mapping[str, str]) -> Path:
    code = bring_code(settings.submit_directory, settings.places.code, env)
    overlay = install_requirements(code, settings.places.base / "tmp" / "user-packages", env)
    if overlay is not None:  # workers are processes of their own and read it from here
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(overlay), env.get("PYTHONPATH"))))
    return code
