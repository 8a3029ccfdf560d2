"""`process` of images that run the user's own script: `process SCRIPT ARGUMENTS...`."""

import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from openbml_kit.cluster import Cluster
from openbml_kit.faults import UserFault, reporting_failures, write_failure
from openbml_kit.places import Places, read_object
from openbml_kit.requirements_overlay import install_requirements
from openbml_kit.script_environment import machine_variables
from openbml_kit.script_process import ScriptEnd, command_of, run_script
from openbml_kit.user_code import find_program


def main(arguments: Sequence[str], env: Mapping[str, str] = os.environ) -> int:
    """Run a script and return its exit code; why it failed becomes the job's exit message."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    places = Places.from_env(env)
    message = places.output_data.parent / "message"
    ends: list[ScriptEnd] = []
    code = reporting_failures(lambda: ends.append(_run(places, arguments, env)), failure_file=message)
    if not ends:
        return code
    end = ends[0]
    if end.exit_code and not end.stopped and not message.exists():
        write_failure(message, f"user: {end.cause}")
    return end.exit_code


def _run(places: Places, arguments: Sequence[str], env: Mapping[str, str]) -> ScriptEnd:
    if not arguments:
        raise UserFault("the first of ContainerArguments must be the script to run")
    program, *rest = arguments
    folder = Path(program).parent if program.startswith("/") else places.code
    name = find_program(Path(program).name if program.startswith("/") else program, folder)
    config = places.base / "config" / "resourceconfig.json"
    cluster = Cluster.from_document(read_object(config) if config.exists() else {})
    overlay = install_requirements(folder, places.base / "tmp" / "user-packages", env)
    variables = {**env, **machine_variables(cluster, env)}
    variables["PYTHONPATH"] = os.pathsep.join(
        filter(None, (str(folder), str(overlay or ""), env.get("PYTHONPATH")))
    )
    return run_script(command_of(name, rest), folder=folder, env=variables)
