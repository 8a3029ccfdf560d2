"""Users' code that dies, hangs, leaks or answers nonsense: what the callers get, and the others do not."""

import json
import os
import signal
import threading
import time
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.contract.containers.environments import LONGEST_S, Server, ping, serving
from tests.contract.containers.framework_models import manifest, put_model

pytestmark = pytest.mark.contract

IMAGE = "custom-sklearn"
CODE = """
import math, os, socket, stat, subprocess, time

class CustomException(RuntimeError):
    def __init__(self, error_code, message, orig_error=None):
        super().__init__(message)
        self.error_code = error_code

class PredictWrapper:
    def __init__(self, model_path, use_gpu, logger):
        self.kept = []
        self.started = os.path.exists(model_path + "/started")
        if os.path.exists(model_path + "/broken"):
            raise OSError("the disk is gone")

    def preprocess(self, request_body):
        return request_body["do"], {}, {}

    def predict(self, data, infer_args):
        return getattr(self, data)()

    def postprocess(self, infer_result, request_context):
        return infer_result

    def pid(self): return {"pid": os.getpid()}
    def die(self): os._exit(3)
    def leave(self): raise SystemExit(0)
    def hang(self):
        subprocess.Popen(["sleep", "61.7"])  # what the code starts must end with it
        time.sleep(60)
    def short(self): time.sleep(0.1); return {"pid": os.getpid()}
    def nan(self): return {"score": math.nan}
    def thing(self): return {"score": object()}
    def raises(self): raise ValueError("line one\\nline two")
    def odd(self): raise CustomException("336123", "x" * 3000)
    def coded(self): raise CustomException("none", "unusable code")
    def environment(self): return dict(os.environ)
    def parent(self):
        with open(f"/proc/{os.getppid()}/environ") as file:
            return {"variables": file.read()}
    def leak(self):
        while True:
            self.kept.append(bytearray(os.urandom(1 << 20)) * 8)
    def scribble(self):
        for number in range(3, 64):
            try:
                if stat.S_ISSOCK(os.fstat(number).st_mode):
                    os.write(number, (20).to_bytes(4, "big") + b'{"result":"forged!"}')
            except OSError:
                continue
        return {"pid": os.getpid()}
"""
INTERNAL = {"error_code": 336000, "error_msg": "Internal error"}
BUSY = {"error_code": 336100, "error_msg": "model temporarily unavailable"}


def ask(server: Server, what: str) -> dict[str, object]:
    reply = server.post(json.dumps({"instances": [{"do": what}]}).encode())
    return reply if "error_code" in reply else reply["result"]["labels"][0]


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONGEST_S / 4
    while not condition():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.02)


def model(base: Path) -> Path:
    return put_model(base, manifest("sklearn", code_file="service.py"), {"service.py": CODE})


def test_a_call_that_ends_its_worker_is_alone_with_it(tmp_path: Path) -> None:
    """Two workers: one is lost to each kind of end, the other one goes on."""
    model(tmp_path)
    more = {"SAGEMAKER_MODEL_SERVER_WORKERS": "2", "SAGEMAKER_MODEL_SERVER_TIMEOUT": "3"}
    limited = {"OPENBML_WORKER_MEMORY_MB": "300"}
    with serving(tmp_path, image=IMAGE, **more, **limited) as server:
        for what in ("die", "leave", "hang"):
            until(lambda: len(pids(server)) == 2)
            with ThreadPoolExecutor(1) as pool:
                lost = pool.submit(ask, server, what)
                assert "pid" in ask(server, "pid")
                assert lost.result() == INTERNAL
        assert ping(server.port) == 200
        until(lambda: not running("61.7"))
        for what in ("leak", "scribble"):
            assert ask(server, what) == INTERNAL
            until(lambda: "pid" in ask(server, "pid"))
        server.process.terminate()
        _, log = server.process.communicate(timeout=30)
    causes = [line.partition("a call failed: ")[2] for line in log.splitlines() if "a call failed" in line]
    for cause, wanted in zip(
        causes,
        [
            "the worker ended with exit code 3",
            "the worker ended with exit code 0",
            "the prediction took longer than 3 s",
            "the worker took ",
            "the worker sent something that is no reply",
        ],
        strict=True,
    ):
        assert cause.startswith(wanted)
    assert causes[3].endswith("MiB of memory, it may have 300")


def running(argument: str) -> bool:
    wanted = f"sleep\0{argument}\0".encode()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cmdline").read_bytes() == wanted:
                return True
        except OSError:
            continue
    return False


def pids(server: Server) -> set[object]:
    with ThreadPoolExecutor(2) as pool:
        return {reply.get("pid") for reply in pool.map(lambda _: ask(server, "short"), range(2))}


def test_one_worker_its_answers_and_its_place(tmp_path: Path) -> None:
    model(tmp_path)
    secrets = {
        "AWS_SECRET_ACCESS_KEY": "s3cret",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/s3cret",
        "MY_TOKEN": "s3cret",
        "TF_API_KEY": "s3cret",
    }
    one = {"SAGEMAKER_MODEL_SERVER_WORKERS": "1", "OMP_NUM_THREADS": "1"}
    with serving(tmp_path, image=IMAGE, **one, **secrets) as server:
        first = ask(server, "pid")
        for what in ("nan", "thing", "raises"):  # the worker lives through these
            assert ask(server, what) == INTERNAL
        assert ask(server, "pid") == first
        assert ask(server, "odd") == {"error_code": 336123, "error_msg": "x" * 1000}
        assert ask(server, "coded") == {"error_code": 336000, "error_msg": "unusable code"}
        for what in ("environment", "parent"):
            seen = json.dumps(ask(server, what))
            assert "OMP_NUM_THREADS" in seen
            assert "s3cret" not in seen
        # killed from outside while it waits: replaced although nobody asks
        os.kill(int(str(first["pid"])), signal.SIGKILL)
        until(lambda: ping(server.port) != 200)
        until(lambda: ping(server.port) == 200)
        assert ask(server, "pid") != first
        # while a worker is away, calls are told at once to come back; a wrong body is told what is wrong
        (tmp_path / "model" / "broken").touch()
        assert ask(server, "die") == INTERNAL
        assert ask(server, "pid") == BUSY
        assert server.post(b"{")["error_code"] == 336002
        (tmp_path / "model" / "broken").unlink()
        until(lambda: "pid" in ask(server, "pid"))
        server.process.terminate()
        _, log = server.process.communicate(timeout=30)
    assert server.process.returncode == 0
    assert "a call failed: the model's answer is no JSON: Out of range float values" in log
    assert "a call failed: ValueError: line one line two (service.py, line " in log
    assert "Traceback" not in log.partition("the disk is gone")[0]


def test_calls_beyond_the_queue_are_refused_and_those_in_flight_are_answered_before_the_end(
    tmp_path: Path,
) -> None:
    model(tmp_path)
    with serving(tmp_path, image=IMAGE, SAGEMAKER_MODEL_SERVER_WORKERS="1") as server:
        with ThreadPoolExecutor(40) as pool:
            replies = list(pool.map(lambda _: ask(server, "short"), range(3)))
            assert all("pid" in reply for reply in replies)
            held = [pool.submit(ask, server, "short") for _ in range(40)]
            until(lambda: sum(one.done() for one in held) >= 7)  # the server has taken all of them
            server.process.terminate()
            answers = [one.result() for one in held]
        assert server.process.wait(timeout=30) == 0
        assert BUSY in answers
        assert sum("pid" in answer for answer in answers) == 33


def test_other_pages_and_methods(tmp_path: Path) -> None:
    model(tmp_path)
    with serving(tmp_path, image=IMAGE, SAGEMAKER_MODEL_SERVER_WORKERS="1") as server:
        for path in ("/execution-parameters", "/x"):
            with pytest.raises(urllib.error.HTTPError) as error:
                urllib.request.urlopen(server.url + path, timeout=5)
            assert error.value.code == 404
            error.value.close()
        chunked = urllib.request.Request(
            f"{server.url}/invocations",
            data=iter([b'{"instances": ', b'[{"do": "pid"}]}']),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(chunked, timeout=20) as reply:
            assert "pid" in reply.read().decode()
        assert threading.active_count() < 50
