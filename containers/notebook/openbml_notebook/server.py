"""How JupyterLab is started. Who may use it is decided by the proxy in front of it.

In the cloud that proxy is Studio's and the server has no token; where ``JUPYTER_TOKEN`` is set, the server
also asks for it, so that other processes of the same machine stay out.
"""

from collections.abc import Mapping
from pathlib import Path

_DEFAULT_PORT = "8888"
_DEFAULT_BASE_URL = "/jupyterlab/default"
_LONGEST_HOME = 30  # so that the names of kernels' sockets below it stay within the kernel's 107 bytes


def server_arguments(variables: Mapping[str, str], home: Path) -> list[str]:
    # What a kernel prints can be read by whoever connects to its TCP port; files have an owner.
    transport = "ipc" if len(str(home)) <= _LONGEST_HOME else "tcp"
    # An address that is set means one machine for many apps: then each has its own port and base URL.
    return [
        f"--ServerApp.ip={variables.get('SAGEMAKER_BIND_TO_ADDRESS', '0.0.0.0')}",  # noqa: S104 - in a container
        f"--ServerApp.port={variables.get('SAGEMAKER_BIND_TO_PORT', _DEFAULT_PORT)}",
        f"--ServerApp.base_url={variables.get('SAGEMAKER_APP_BASE_URL', _DEFAULT_BASE_URL)}",
        f"--ServerApp.root_dir={home}",
        f"--KernelManager.transport={transport}",
        "--ServerApp.port_retries=0",
        "--ServerApp.open_browser=False",
        "--ServerApp.allow_root=True",
        "--ServerApp.allow_remote_access=True",
        "--ServerApp.quit_button=False",
        "--ServerApp.use_redirect_file=False",
        "--ServerApp.terminado_settings=shell_command=['/bin/bash']",
        "--LanguageServerManager.autodetect=False",  # it looks for npm at every start
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.news_url=None",
        "--LabApp.extension_manager=readonly",  # extensions belong to the image
    ]


def server_variables(variables: Mapping[str, str]) -> dict[str, str]:
    # An empty token switches Jupyter's own authentication off; without the variable it would make one up.
    return {"JUPYTER_TOKEN": variables.get("JUPYTER_TOKEN", "")}
