"""Prepare the user's environment, then become JupyterLab."""

import os
import sys
from pathlib import Path

from openbml_notebook.server import server_arguments, server_variables
from openbml_notebook.user_environment import UserEnvironment

variables = dict(os.environ)
if variables.get("SAGEMAKER_RECOVERY_MODE") != "true":
    environment = UserEnvironment(Path.home() / ".venv", Path(sys.prefix))
    environment.prepare()
    variables |= environment.variables(variables.get("PATH", os.defpath))
variables |= server_variables(variables)
os.execve(  # noqa: S606 - becoming the server is what this module is for
    sys.executable, [sys.executable, "-m", "jupyterlab", *server_arguments(variables, Path.home())], variables
)
