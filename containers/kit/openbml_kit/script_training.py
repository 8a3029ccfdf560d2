"""`train` of images that run the user's own script: the files below `/opt/ml` in, an exit code out."""

import logging
import os
from collections.abc import Mapping

from openbml_kit.faults import UserFault, reporting_failures, write_failure
from openbml_kit.places import Places
from openbml_kit.requirements_overlay import install_requirements
from openbml_kit.script_environment import ScriptJob, training_variables
from openbml_kit.script_process import ScriptEnd, command_of, run_script
from openbml_kit.user_code import bring_code, find_program

_CODE_CHANNEL = "code"
_CODE_ARCHIVE = "sourcedir.tar.gz"


def main(env: Mapping[str, str] = os.environ) -> int:
    """Run the job's script and return its exit code; a failure of ours before that is 1."""
    places = Places.from_env(env)
    ends: list[ScriptEnd] = []
    code = reporting_failures(lambda: ends.append(_run(places, env)), failure_file=places.failure)
    if not ends:
        return code
    end = ends[0]
    if end.exit_code and not end.stopped and not places.failure.exists():
        write_failure(places.failure, f"user: {end.cause}\n\n{end.errors}")
    return end.exit_code


def _run(places: Places, env: Mapping[str, str]) -> ScriptEnd:
    job = ScriptJob.read(places)
    logging.basicConfig(level=job.log_level, format="%(levelname)s %(name)s: %(message)s")
    program = job.reserved("sagemaker_program") or env.get("SAGEMAKER_PROGRAM")
    if not program:
        raise UserFault("the hyper-parameter sagemaker_program must name the script to run")
    address = _code_address(job)
    folder = bring_code(address, places.code, env, region=job.reserved("sagemaker_region"))
    name = find_program(program, folder)
    overlay = install_requirements(folder, places.base / "tmp" / "user-packages", env)
    for made in (places.model, places.output_data):
        made.mkdir(parents=True, exist_ok=True)
    variables = {**env, **training_variables(job, name, address, env)}
    variables["PYTHONPATH"] = os.pathsep.join(
        filter(None, (str(folder), str(overlay or ""), env.get("PYTHONPATH")))
    )
    if job_name := job.reserved("sagemaker_job_name"):
        variables.setdefault("TRAINING_JOB_NAME", job_name)
    if region := job.reserved("sagemaker_region"):
        variables.setdefault("AWS_REGION", region)
    return run_script(command_of(name, job.arguments), folder=folder, env=variables)


def _code_address(job: ScriptJob) -> str:
    """The submit directory where one is named, else the `code` channel, else `/opt/ml/code` as it is."""
    if told := job.reserved("sagemaker_submit_directory"):
        return job.places.here(told)
    channel = job.places.channel(_CODE_CHANNEL)
    if channel is None:
        return str(job.places.code)
    archive = channel / _CODE_ARCHIVE
    return str(archive if archive.is_file() else channel)
