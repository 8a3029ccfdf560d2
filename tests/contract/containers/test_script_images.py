"""What the kit's runners owe a user's script, with the kit alone: standard library, no engine."""

import json
import os
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.contract.containers.environments import ROOT, free_port, ping, wait_until_ready
from tests.contract.sagemaker_local.packages import wheel

pytestmark = pytest.mark.contract

PROGRAMS = ROOT / "containers" / "custom-sklearn"


def variables(base: Path, **more: str) -> dict[str, str]:
    return {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT / "containers" / "kit"),
        "PYTHONUNBUFFERED": "1",
        "SAGEMAKER_BASE_DIR": str(base),
        **more,
    }


def put_job(base: Path, program: str, text: str, **hyper_parameters: str) -> None:
    config = base / "input" / "config"
    config.mkdir(parents=True, exist_ok=True)
    values = {"sagemaker_program": program, **hyper_parameters}
    (config / "hyperparameters.json").write_text(json.dumps(values))
    path = base / "code" / program
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def start(name: str, base: Path, *arguments: str, **more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, PROGRAMS / name, *arguments],
        env=variables(base, **more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(name: str, base: Path, *arguments: str, **more: str) -> tuple[int, str, str]:
    process = start(name, base, *arguments, **more)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


@pytest.mark.parametrize(
    ("program", "text"),
    [
        ("train.py", "import os, sys\nprint(sys.argv[1:], os.environ['SM_HP_EPOCHS'], os.getcwd())"),
        ("train.sh", "set -o pipefail\necho \"['$1', '$2'] $SM_HP_EPOCHS $PWD\""),
    ],
)
def test_a_script_runs_in_its_folder_with_arguments_and_variables(
    tmp_path: Path, program: str, text: str
) -> None:
    put_job(tmp_path, program, text, epochs="3")
    code, out, err = run("train", tmp_path)
    assert (code, out) == (0, f"['--epochs', '3'] 3 {tmp_path / 'code'}\n"), err
    assert not (tmp_path / "output" / "failure").exists()


def test_a_module_runs_by_its_name(tmp_path: Path) -> None:
    put_job(tmp_path, "package/train.py", "print(__name__, __package__)")
    put_job(tmp_path, "package/__init__.py", "")
    put_job(tmp_path, "unused.py", "", sagemaker_program="package.train")
    assert run("train", tmp_path)[:2] == (0, "__main__ package\n")


def test_a_failure_is_told_cause_first_with_the_scripts_exit_code(tmp_path: Path) -> None:
    put_job(tmp_path, "train.py", "raise KeyError('age')")
    code, _, err = run("train", tmp_path)
    assert (code, err.splitlines()[-1]) == (1, "KeyError: 'age'")
    text = (tmp_path / "output" / "failure").read_text()
    assert text.splitlines()[0] == "user: KeyError: 'age'"
    assert "Traceback" in text
    put_job(tmp_path, "train.py", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    assert run("train", tmp_path)[0] == 137


def test_the_scripts_own_failure_file_is_kept(tmp_path: Path) -> None:
    failure = tmp_path / "output" / "failure"
    text = f"import sys; open({str(failure)!r}, 'w').write('mine'); sys.exit(7)"
    put_job(tmp_path, "train.py", text)
    (tmp_path / "output").mkdir()
    assert run("train", tmp_path)[0] == 7
    assert failure.read_text() == "mine"


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (
            {"sagemaker_program": "other.py"},
            "user: the program other.py is not in the code; it holds: train.py",
        ),
        (
            {"sagemaker_program": ""},
            "user: the hyper-parameter sagemaker_program must name the script to run",
        ),
        ({"sagemaker_submit_directory": "/opt/ml/nothing"}, "user: there is no code at "),
    ],
)
def test_a_job_that_cannot_start_says_why(tmp_path: Path, change: dict[str, str], cause: str) -> None:
    put_job(tmp_path, "train.py", "", **change)
    assert run("train", tmp_path)[0] == 1
    assert (tmp_path / "output" / "failure").read_text().startswith(cause)


SLOW = """
import signal, sys, time
counts = []
def stop(*_):
    counts.append(1)
signal.signal(signal.SIGTERM, stop)
print("ready", flush=True)
while not counts:
    time.sleep(0.02)
time.sleep(0.3)
print("stopped", len(counts), flush=True)
sys.exit(5)
"""


@pytest.mark.parametrize("everyone", [True, False])
def test_a_stop_reaches_the_script_once(tmp_path: Path, everyone: bool) -> None:
    """A container's stop goes to its first process, the engine's to all of them."""
    put_job(tmp_path, "train.py", SLOW)
    process = subprocess.Popen(
        [sys.executable, PROGRAMS / "train"],
        env=variables(tmp_path, **({"SML_SIGNALS_ALL": "1"} if everyone else {})),
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    if everyone:
        os.killpg(process.pid, signal.SIGTERM)
    else:
        process.terminate()
    assert process.communicate(timeout=30)[0] == "stopped 1\n"
    assert process.returncode == 5
    assert not (tmp_path / "output" / "failure").exists()


def test_packages_of_the_codes_own_are_refused_unless_allowed(tmp_path: Path) -> None:
    put_job(tmp_path, "train.py", "import extra_package; print(extra_package.value)")
    (tmp_path / "code" / "requirements.txt").write_text("extra_package==1.0\n")
    assert run("train", tmp_path)[0] == 1
    assert "or set SML_ALLOW_REQUIREMENTS=1" in (tmp_path / "output" / "failure").read_text()
    (tmp_path / "output" / "failure").unlink()
    wheel(tmp_path, "extra_package")
    source = {"SML_ALLOW_REQUIREMENTS": "1", "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path)}
    code, out, err = run("train", tmp_path, **source)
    assert (code, out) == (0, "42\n"), err
    (tmp_path / "code" / "requirements.txt").write_text("no_such_package\n")
    assert run("train", tmp_path, **source)[0] == 1
    assert (
        "user: requirements.txt cannot be installed: ERROR" in (tmp_path / "output" / "failure").read_text()
    )


def test_a_processing_script_gets_its_arguments_and_its_failure_is_the_exit_message(tmp_path: Path) -> None:
    put_job(
        tmp_path,
        "count.py",
        "import sys, os; print(sys.argv[1:], os.environ['SM_NUM_CPUS']); sys.exit('no rows')",
    )
    code, out, _ = run(
        "process", tmp_path, str(tmp_path / "code" / "count.py"), "--rows", "2", SML_NUM_CPUS="1"
    )
    assert (code, out) == (1, "['--rows', '2'] 1\n")
    assert (tmp_path / "output" / "message").read_text() == "user: no rows"


FUNCTIONS = """
import os, time
def model_fn(folder):
    if os.path.exists(folder + "/broken"):
        raise OSError("the weights are damaged")
    return lambda text: {"pid": os.getpid(), "text": text}
def predict_fn(data, model):
    if data == "die":
        os._exit(3)
    if data == "wait":
        time.sleep(60)
    if data == "together":
        time.sleep(0.5)
    if data == "secret":
        raise ValueError("not this one")
    return model(data)
"""


@contextmanager
def served(base: Path, **more: str) -> Iterator[str]:
    code = base / "model" / "code"
    code.mkdir(parents=True)
    (code / "inference.py").write_text(FUNCTIONS)
    port = free_port()
    process = start("serve", base, SAGEMAKER_BIND_TO_PORT=str(port), **more)
    try:
        wait_until_ready(process, port)
        yield f"http://127.0.0.1:{port}"
        process.terminate()
        process.communicate(timeout=30)
        assert process.returncode == 0
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


def post(url: str, body: bytes, content_type: str = "text/plain") -> tuple[int, dict[str, object]]:
    request = urllib.request.Request(f"{url}/invocations", data=body, headers={"Content-Type": content_type})
    try:
        with urllib.request.urlopen(request, timeout=20) as reply:
            return reply.status, json.load(reply)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_each_worker_is_a_process_and_a_dead_one_is_replaced(tmp_path: Path) -> None:
    with served(tmp_path, SAGEMAKER_MODEL_SERVER_WORKERS="2") as url:
        seen: set[object] = set()
        for _ in range(100):
            with ThreadPoolExecutor(2) as pool:
                seen |= {reply["pid"] for _, reply in pool.map(lambda _: post(url, b"together"), range(2))}
            if len(seen) == 2:
                break
        assert len(seen) == 2
        status, reply = post(url, b"die")
        assert (status, reply["error"]) == (
            500,
            {"type": "WorkerDiedError", "message": "the worker died while it predicted"},
        )
        assert post(url, b"hello")[1]["text"] == "hello"
        with urllib.request.urlopen(f"{url}/execution-parameters", timeout=5) as answer:
            assert json.load(answer)["MaxConcurrentTransforms"] == 2


def test_errors_say_what_is_wrong_and_show_no_traceback(tmp_path: Path) -> None:
    with served(tmp_path, SAGEMAKER_MODEL_SERVER_TIMEOUT="2", SAGEMAKER_MAX_PAYLOAD_IN_MB="1") as url:
        assert post(url, b"secret") == (500, {"error": {"type": "ValueError", "message": "not this one"}})
        assert post(url, b"{", "application/json")[0] == 400
        assert post(url, b"x", "image/png")[0] == 415
        assert post(url, b"x" * 1_100_000)[0] == 413
        status, reply = post(url, b"wait")
        assert (status, "longer than 2 s" in str(reply)) == (500, True)
        chunks = urllib.request.Request(
            f"{url}/invocations", data=iter([b"he", b"llo"]), headers={"Content-Type": "text/plain"}
        )
        with urllib.request.urlopen(chunks, timeout=20) as answer:
            assert json.load(answer)["text"] == "hello"


def test_a_request_in_flight_is_answered_before_the_server_ends(tmp_path: Path) -> None:
    answers: list[tuple[int, dict[str, object]]] = []
    with served(tmp_path) as url:
        asking = threading.Thread(target=lambda: answers.append(post(url, b"together")))
        asking.start()
        assert post(url, b"first")[0] == 200
    asking.join()
    assert answers[0][0] == 200


def test_a_model_that_cannot_be_loaded_is_never_healthy(tmp_path: Path) -> None:
    code = tmp_path / "model" / "code"
    code.mkdir(parents=True)
    (code / "inference.py").write_text(FUNCTIONS)
    (tmp_path / "model" / "broken").touch()
    port = free_port()
    process = start("serve", tmp_path, SAGEMAKER_BIND_TO_PORT=str(port))
    _, err = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "OSError: the weights are damaged" in err
    assert ping(port) == 0
