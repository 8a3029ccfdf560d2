"""The notebook image: its server's options, and the environment in the home folder."""

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

IMAGE = Path(__file__).resolve().parents[3] / "containers" / "notebook"


def module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, IMAGE / "openbml_notebook" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    sys.modules[name] = loaded  # dataclasses look their module up
    spec.loader.exec_module(loaded)
    return loaded


def test_without_variables_the_server_is_where_studio_looks_for_it() -> None:
    server = module("server")
    arguments = server.server_arguments({}, Path("/home/sagemaker-user"))
    assert "--ServerApp.ip=0.0.0.0" in arguments
    assert "--ServerApp.port=8888" in arguments
    assert "--ServerApp.base_url=/jupyterlab/default" in arguments
    assert "--KernelManager.transport=ipc" in arguments
    assert server.server_variables({}) == {"JUPYTER_TOKEN": ""}


def test_on_a_shared_machine_the_server_keeps_to_what_it_is_given() -> None:
    server = module("server")
    given = {
        "SAGEMAKER_BIND_TO_ADDRESS": "127.0.0.1",
        "SAGEMAKER_BIND_TO_PORT": "1234",
        "SAGEMAKER_APP_BASE_URL": "/studio/x",
        "JUPYTER_TOKEN": "secret",
    }
    arguments = server.server_arguments(given, Path("/some/very/long/path/of/a/state/folder"))
    assert "--ServerApp.ip=127.0.0.1" in arguments
    assert "--ServerApp.base_url=/studio/x" in arguments
    assert "--KernelManager.transport=tcp" in arguments, "socket names would be too long"
    assert not any("secret" in argument for argument in arguments), "arguments are everybody's to read"
    assert server.server_variables(given) == {"JUPYTER_TOKEN": "secret"}


def test_the_users_environment_sees_the_images_packages_and_its_own_first(tmp_path: Path) -> None:
    environment = module("user_environment").UserEnvironment(tmp_path / "venv", Path(sys.prefix))
    environment.prepare()
    ask = [str(environment.python), "-c"]
    folder = subprocess.check_output(
        [*ask, "import sysconfig; print(sysconfig.get_path('purelib'))"], text=True
    )
    assert folder.strip().startswith(str(tmp_path))
    subprocess.check_call([*ask, "import yaml"])
    (Path(folder.strip()) / "yaml.py").write_text("mine = True\n")
    environment.prepare()
    assert subprocess.check_output([*ask, "import yaml; print(yaml.mine)"], text=True).strip() == "True"


def test_the_users_environment_moves_to_another_image_and_keeps_what_was_installed(tmp_path: Path) -> None:
    kind = module("user_environment").UserEnvironment
    kind(tmp_path / "venv", Path("/an/older/image")).prepare()
    installed = next(tmp_path.glob("venv/lib/python*/site-packages"))
    (installed / "mine.py").write_text("x = 1\n")
    python = tmp_path / "venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/an/older/image/bin/python")
    environment = kind(tmp_path / "venv", Path(sys.prefix))
    environment.prepare()
    subprocess.check_call([str(environment.python), "-c", "import mine, yaml"])
