"""Hostile and careless code ends its own job only, and sees nothing of others."""

import io
import json
import os
import subprocess
import sys
import tarfile
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.sagemaker_local.conftest import new_engine
from tests.contract.sagemaker_local.engine_process import REPOSITORY, EngineProcess, eventually
from tests.contract.sagemaker_local.scenario import Scenario

pytestmark = pytest.mark.contract

Engines = Callable[..., EngineProcess]
INSTANCES = "{ml.m5.large: {cpus: 1, memory_mib: 400}, ml.m5.xlarge: {cpus: 2, memory_mib: 2048}}"
LIMITS = {
    "SML_INSTANCE_MAP": INSTANCES,
    "SML_MAX_TASKS": "100",
    "SML_OVERSUBSCRIBE": "2",
    "SML_MAX_BATCH_JOBS": "3",
}


@pytest.fixture
def limited(own_engine: Engines) -> EngineProcess:
    return own_engine(**LIMITS)


def start(engine: EngineProcess, scenario: Scenario, code: str, **changes: Any) -> str:
    """Run Python code as a training job."""
    scenario.put("data/program.py", textwrap.dedent(code).encode())
    request = scenario.training_request(**changes)
    command = ["python3", "-u", "/opt/ml/input/data/train/program.py"]
    request["AlgorithmSpecification"] |= {"ContainerEntrypoint": command}
    return str(engine.sagemaker.create_training_job(**request)["TrainingJobArn"])


def run(engine: EngineProcess, scenario: Scenario, code: str, **changes: Any) -> dict[str, Any]:
    start(engine, scenario, code, **changes)
    return scenario.finished(engine, within_s=60)


def seen(engine: EngineProcess, scenario: Scenario, code: str, **changes: Any) -> Any:
    """What a job printed as JSON in its last line."""
    job = run(engine, scenario, "import json, os\n" + textwrap.dedent(code), **changes)
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    return json.loads(scenario.log_lines()[-1])


@pytest.fixture
def neighbour(limited: EngineProcess, emulator: str, event_queue: str, scenario: Scenario) -> Scenario:
    """A well-behaved job beside the one under test."""
    other = Scenario(emulator, event_queue, f"{scenario.name}n")
    other.put("data/a.txt")
    limited.sagemaker.create_training_job(**other.training_request({"steps": "40", "pause_s": "0.1"}))
    other.reaches(limited, "step=0 loss=1.0000;")
    return other


def test_a_memory_hog_ends_its_own_job_with_exit_code_137_and_the_limit(
    limited: EngineProcess, scenario: Scenario, neighbour: Scenario
) -> None:
    code = """
        import time
        held = []
        while True:
            held.append(bytearray(10_000_000))
            time.sleep(0.01)
    """
    job = run(limited, scenario, code, RetryStrategy={"MaximumRetryAttempts": 3})
    assert job["TrainingJobStatus"] == "Failed"
    assert "exit code: 137" in job["FailureReason"]
    assert "it uses more than 400 MiB of memory" in job["FailureReason"]
    assert neighbour.finished(limited)["TrainingJobStatus"] == "Completed"


def test_memory_that_many_processes_take_together_counts(limited: EngineProcess, scenario: Scenario) -> None:
    code = """
        import os, time
        for _ in range(6):
            if os.fork() == 0:
                held = bytearray(os.urandom(1)) * 100_000_000
                time.sleep(60)
        time.sleep(60)
    """
    job = run(limited, scenario, code)
    assert "it uses more than 400 MiB of memory" in job["FailureReason"]


def test_memory_shared_by_forked_processes_counts_once(limited: EngineProcess, scenario: Scenario) -> None:
    code = """
        import os, time
        held = bytearray(b"x") * 150_000_000
        for _ in range(6):
            if os.fork() == 0:
                time.sleep(2)
                os._exit(0)
        for _ in range(6):
            os.wait()
        print("survived")
    """
    job = run(limited, scenario, code)
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")


def test_one_huge_allocation_fails_at_once(limited: EngineProcess, scenario: Scenario) -> None:
    job = run(limited, scenario, "x = bytearray(8_000_000_000)")
    assert job["TrainingJobStatus"] == "Failed"
    assert "MemoryError" in job["FailureReason"]


def test_a_fork_bomb_ends_its_own_job_with_a_clear_reason(
    limited: EngineProcess, scenario: Scenario, neighbour: Scenario
) -> None:
    code = """
        import os
        while True:
            try:
                os.fork()
            except OSError:
                pass
    """
    arn = start(limited, scenario, code)
    job = scenario.finished(limited, within_s=60)
    assert job["TrainingJobStatus"] == "Failed"
    assert "it has more than 100 processes and threads" in job["FailureReason"]
    assert limited.processes_of(arn) == []
    assert neighbour.finished(limited)["TrainingJobStatus"] == "Completed"


def test_a_flood_of_output_is_cut_with_a_counted_notice_and_the_job_goes_on(
    limited: EngineProcess, scenario: Scenario, neighbour: Scenario
) -> None:
    code = """
        import sys, time
        end = time.monotonic() + 3
        line = "x" * 1000 + "\\n"
        while time.monotonic() < end:
            sys.stdout.write(line * 1000)
        time.sleep(1.5)
        print("over")
    """
    job = run(limited, scenario, code)
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    log = next((limited.state_dir / "runs").glob("*/log")).parent.parent
    sizes = [path.stat().st_size for path in log.glob("*/log")]
    assert max(sizes) < 100 * 1024 * 1024
    texts = b"".join(path.read_bytes() for path in log.glob("*/log"))
    assert b"lines dropped: more than" in texts
    assert b" O over\n" in texts
    assert neighbour.finished(limited)["TrainingJobStatus"] == "Completed"


def test_a_job_sees_neither_the_engine_nor_other_jobs_nor_the_rest_of_the_machine(
    limited: EngineProcess, scenario: Scenario
) -> None:
    code = f"""
        found = {{
            "pids": sorted(int(name) for name in os.listdir("/proc") if name.isdigit()),
            "state": os.path.exists({str(limited.state_dir)!r}),
            "home": os.listdir("/root") + os.listdir("/home"),
            "shadow": open("/etc/shadow").read(),
            "variables": sorted(os.environ),
        }}
        print(json.dumps(found))
    """
    found = seen(limited, scenario, code)
    assert len(found["pids"]) <= 3  # the namespace's first process, the job
    assert found["state"] is False
    strangers = [name for name in found["home"] if f"/{name}/" not in f"{sys.base_prefix}/"]
    assert strangers == []  # of a home folder, no more than the interpreter that is installed in it
    assert found["shadow"] == ""
    strangers = set(found["variables"]) & {
        "SML_STATE_DIR",
        "SML_TEST",
        "PYTEST_CURRENT_TEST",
        "SSH_AUTH_SOCK",
    }
    assert strangers == set()
    assert not {"AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID"} & set(found["variables"])


def test_a_job_writes_nowhere_but_in_its_own_tree(limited: EngineProcess, scenario: Scenario) -> None:
    code = """
        def writable(path):
            try:
                with open(path + "/probe", "w") as file:
                    file.write("x")
                return True
            except OSError:
                return False
        places = ["/", "/usr", "/etc", "/sys", "/opt", os.path.dirname(os.__file__), "/opt/ml/model", "/tmp"]
        print(json.dumps({place: writable(place) for place in places}))
    """
    found = seen(limited, scenario, code)
    assert {place for place, can_write in found.items() if can_write} == {"/opt/ml/model", "/tmp"}


def test_a_job_gets_no_privileges_to_leave_with(limited: EngineProcess, scenario: Scenario) -> None:
    code = """
        import ctypes
        libc = ctypes.CDLL(None, use_errno=True)
        lines = dict(line.split(":", 1) for line in open("/proc/self/status").read().splitlines())
        print(json.dumps({
            "capabilities": [int(lines[name], 16) for name in ("CapEff", "CapBnd", "CapAmb")],
            "no_new_privileges": lines["NoNewPrivs"].strip(),
            "mount": libc.mount(b"none", b"/tmp", b"tmpfs", 0, None),
            "device": libc.mknod(b"/tmp/null", 0o20666, 0x103),
        }))
    """
    found = seen(limited, scenario, code)
    assert found["capabilities"] == [0, 0, 0]
    assert found["no_new_privileges"] == "1"
    assert found["mount"] == -1
    assert found["device"] == -1


def test_an_isolated_job_has_neither_network_nor_credentials(
    limited: EngineProcess, scenario: Scenario
) -> None:
    code = f"""
        import socket
        def reaches(port):
            try:
                socket.create_connection(("127.0.0.1", port), 2).close()
                return True
            except OSError:
                return False
        print(json.dumps({{
            "engine": reaches({limited.url.rpartition(":")[2]}),
            "links": sorted(name for _, name in socket.if_nameindex()),
            "aws": sorted(name for name in os.environ if "CREDENTIALS" in name or "TOKEN" in name),
        }}))
    """
    found = seen(limited, scenario, code, EnableNetworkIsolation=True)
    assert found == {"engine": False, "links": ["lo"], "aws": []}


def test_limits_and_cores_follow_the_slot(limited: EngineProcess, scenario: Scenario) -> None:
    code = """
        import resource
        print(json.dumps({
            "cores": len(os.sched_getaffinity(0)),
            "threads": os.environ["OMP_NUM_THREADS"],
            "files": resource.getrlimit(resource.RLIMIT_NOFILE)[1] <= 65536,
            "core_dumps": resource.getrlimit(resource.RLIMIT_CORE)[1],
            "nice": os.nice(0) > 0,
        }))
    """
    found = seen(limited, scenario, code)
    expected = {"cores": 1, "threads": "1", "files": True, "core_dumps": 0, "nice": True}
    assert found == (expected if len(os.sched_getaffinity(0)) > 1 else {**expected, "cores": 1})


def test_tricks_in_the_model_folder_take_nothing_along(limited: EngineProcess, scenario: Scenario) -> None:
    code = """
        import os, socket
        os.chdir("/opt/ml/model")
        open("good", "w").write("good")
        os.symlink("/etc/passwd", "link-out")
        os.symlink("good", "link-in")
        os.symlink("/etc", "folder-out")
        os.symlink(".", "loop")
        os.mkfifo("pipe")
        socket.socket(socket.AF_UNIX).bind("socket")
        os.makedirs("deep/" * 50)
        try:
            os.link("/etc/hostname", "hard")
        except OSError:
            pass
    """
    job = run(limited, scenario, code)
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    taken = scenario.keys(f"out/{scenario.name}/output/model/")
    assert [key.rpartition("/model/")[2] for key in taken] == ["good"]


def test_very_many_files_are_delivered(limited: EngineProcess, scenario: Scenario) -> None:
    code = """
        for n in range(5_000):
            open(f"/opt/ml/model/{n}", "w").close()
    """
    output = {"S3OutputPath": f"s3://engine-tests/{scenario.name}/out", "CompressionType": "GZIP"}
    job = run(limited, scenario, code, OutputDataConfig=output)
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    with tarfile.open(fileobj=io.BytesIO(scenario.output("model.tar.gz"))) as archive:
        assert len(archive.getnames()) == 5_000


def test_a_process_that_hides_from_its_job_is_gone_with_it(
    limited: EngineProcess, scenario: Scenario
) -> None:
    code = """
        import os, signal, time
        if os.fork() == 0:
            os.setsid()
            for number in (signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            if os.fork() == 0:
                open("/opt/ml/model/pid", "w").write("here")
                time.sleep(600)
            os._exit(0)
        while not os.path.exists("/opt/ml/model/pid"):
            time.sleep(0.01)
    """
    arn = start(limited, scenario, code)
    assert scenario.finished(limited)["TrainingJobStatus"] == "Completed"
    eventually(lambda: not limited.processes_of(arn), what="no process of the job is left")


@pytest.fixture
def without_namespaces(
    emulator: str, event_queue: str, tmp_path: Path
) -> Iterator[Callable[..., EngineProcess]]:
    """An engine in a user namespace that may have no more of them, as on a hardened machine."""
    started: list[EngineProcess] = []

    def make(**settings: str) -> EngineProcess:
        engine = new_engine(
            tmp_path,
            emulator,
            ports=1,
            **settings,
        )
        forbid = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"'
        engine.command = ["unshare", "--user", "--map-root-user", "sh", "-c", forbid, "sh", *engine.command]
        engine.start()
        started.append(engine)
        return engine

    yield make
    for engine in started:
        engine.stop()


def test_where_namespaces_are_refused_platform_images_run_and_code_of_users_does_not(
    without_namespaces: Engines, scenario: Scenario
) -> None:
    engine = without_namespaces()
    assert engine.admin("GET", "health")["mode"] == "base-dir"
    assert "namespaces do not work here" in engine.log
    scenario.put("data/a.txt")
    own_code = {**scenario.training_request(), "TrainingJobName": f"{scenario.name}-own"}
    own_code["AlgorithmSpecification"] |= {"ContainerEntrypoint": ["true"]}
    engine.sagemaker.create_training_job(**own_code)
    engine.sagemaker.create_training_job(**scenario.training_request())

    def refused() -> dict[str, Any] | None:
        found: dict[str, Any] = engine.sagemaker.describe_training_job(TrainingJobName=f"{scenario.name}-own")
        return found if found["TrainingJobStatus"] == "Failed" else None

    job = eventually(refused, what="the job with its own entry point fails") or {}
    assert "code of users would not be isolated" in job["FailureReason"]
    assert scenario.finished(engine)["TrainingJobStatus"] == "Completed"


def test_who_chose_to_go_without_isolation_may_run_everything(
    without_namespaces: Engines, scenario: Scenario
) -> None:
    engine = without_namespaces(SML_MODE="base-dir")
    job = run(engine, scenario, "print('ran')")
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")


def test_the_doctor_explains_each_probe_that_fails() -> None:
    forbid = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"'
    doctor = [sys.executable, "-m", "sagemaker_local", "doctor"]
    ended = subprocess.run(
        ["unshare", "--user", "--map-root-user", "sh", "-c", forbid, "sh", *doctor],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(REPOSITORY / "infra" / "local")},
        capture_output=True,
        text=True,
        timeout=60,
    )
    for name in ("user", "mount", "pid", "ipc", "net"):
        line = next(line for line in ended.stdout.splitlines() if line.split()[:1] == [name])
        assert "does not work" in line
        assert "No space left on device; the limit is reached or zero" in line


def test_a_request_that_can_never_fit_is_refused_by_a_strict_machine(
    own_engine: Engines, scenario: Scenario
) -> None:
    engine = own_engine(SML_STRICT_CAPACITY="1")
    request = scenario.training_request()
    request["ResourceConfig"] |= {"InstanceType": "ml.m5.4xlarge"}
    with pytest.raises(ClientError) as caught:
        engine.sagemaker.create_training_job(**request)
    assert caught.value.response["Error"]["Code"] == "ResourceLimitExceeded"
    assert "16 CPUs" in caught.value.response["Error"]["Message"]


def test_the_queue_can_be_looked_at(own_engine: Engines, scenario: Scenario) -> None:
    engine = own_engine()
    scenario.put("data/a.txt")
    for number in (1, 2):
        request = scenario.training_request({"steps": "600", "pause_s": "0.1"})
        engine.sagemaker.create_training_job(**{**request, "TrainingJobName": f"{scenario.name}-{number}"})

    def look() -> tuple[list[str], list[str]]:
        found = engine.admin("GET", "state")["queue"]
        return tuple(
            [one["owner"].rpartition("-")[2] for one in found[name]] for name in ("running", "waiting")
        )  # type: ignore[return-value]

    eventually(lambda: look() == (["1"], ["2"]), what="one runs, one waits")
