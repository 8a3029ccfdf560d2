"""Shims and the fork server: killed, stopped, adopted; nothing of a stopped engine is left."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from sagemaker_local.processes.launcher import ChildProcess, ProcessSpec
from sagemaker_local.processes.supervisor import Supervisor
from sagemaker_local.state import processes
from sagemaker_local.state.database import Database
from tests.contract.sagemaker_local.engine_process import (
    EngineProcess,
    eventually,
    kill_hard,
)
from tests.contract.sagemaker_local.scenario import Scenario

pytestmark = pytest.mark.contract


@pytest.mark.parametrize("turns", [1, 3, 20, 200])
def test_a_start_that_is_given_up_leaves_no_process(tmp_path: Path, turns: int) -> None:
    async def scene() -> None:
        database = Database(tmp_path / "db")
        supervisor = Supervisor(database, tmp_path / "runs")
        record = supervisor.new_record(owner_arn="a", group="1", ordinal=0)
        await database.run(lambda connection: processes.save(connection, record))
        argv, env = ["sleep", "600"], {"PATH": os.defpath}
        spec = ProcessSpec(argv=argv, env=env, cwd="/", mode="base-dir", grace_s=1)
        starting = asyncio.create_task(supervisor.start(record, spec))
        for _ in range(turns):
            await asyncio.sleep(0)
        starting.cancel()
        (answer,) = await asyncio.gather(starting, return_exceptions=True)
        if isinstance(answer, ChildProcess):  # it was quicker
            answer.kill()
            await answer.wait()
        supervisor.close()
        database.close()

    asyncio.run(scene())
    eventually(lambda: not processes_with(tmp_path), what="nothing of the start is left")


Engines = Callable[..., EngineProcess]


def processes_with(state_dir: Path) -> list[int]:
    """PIDs of everything on this machine that runs for a state folder, found in /proc alone."""
    wanted = os.fsencode(state_dir)
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            texts = [(entry / name).read_bytes() for name in ("cmdline", "environ", "mountinfo")]
            links = [os.fsencode(link.readlink()) for link in (entry / "fd").iterdir()]
        except OSError:
            continue
        if any(wanted in text for text in (*texts, *links)):
            found.append(int(entry.name))
    return found


def engine_pid(engine: EngineProcess) -> int:
    return int(engine.admin("GET", "health")["pid"])


def fork_server_of(engine: EngineProcess) -> int:
    """The child of the engine that forks its shims; children of any of its threads count."""
    parent = engine_pid(engine)
    for pid in (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()):
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            continue
        if int(fields[1]) == parent and fields[0] != "Z" and b"fork_server" in command:
            return pid
    raise AssertionError("the engine has no fork server")


def test_a_clean_stop_leaves_no_process_at_all(own_engine: Engines, scenario: Scenario) -> None:
    engine = own_engine()
    scenario.put("data/a.txt")
    scenario.deploy(engine, count=1)
    engine.sagemaker.create_endpoint(EndpointName=scenario.name, EndpointConfigName=f"{scenario.name}-1")
    scenario.in_service(engine)
    engine.sagemaker.create_training_job(**scenario.training_request({"steps": "300", "pause_s": "0.1"}))
    scenario.reaches(engine, "step=0 loss=1.0000;")
    assert len(processes_with(engine.state_dir)) >= 5  # engine, two shims, two jobs
    server = fork_server_of(engine)
    engine.stop()
    eventually(lambda: not processes_with(engine.state_dir), what="nothing runs for the state folder")
    assert not Path(f"/proc/{server}").exists()


def test_a_killed_fork_server_harms_no_job_and_is_started_again(
    own_engine: Engines, scenario: Scenario, emulator: str, event_queue: str
) -> None:
    engine = own_engine(SML_MACHINE_CPUS="4")
    scenario.put("data/a.txt")
    engine.sagemaker.create_training_job(**scenario.training_request({"steps": "20", "pause_s": "0.1"}))
    scenario.reaches(engine, "step=0 loss=1.0000;")
    first = fork_server_of(engine)
    kill_hard(first)
    other = Scenario(emulator, event_queue, f"{scenario.name}b")
    other.put("data/a.txt")
    engine.sagemaker.create_training_job(**other.training_request())
    assert other.finished(engine)["TrainingJobStatus"] == "Completed"
    assert scenario.finished(engine)["TrainingJobStatus"] == "Completed"
    assert fork_server_of(engine) != first


def test_a_fork_server_ends_with_its_killed_engine_while_the_job_lives_on(
    own_engine: Engines, scenario: Scenario
) -> None:
    engine = own_engine()
    scenario.put("data/a.txt")
    arn = engine.sagemaker.create_training_job(
        **scenario.training_request({"steps": "40", "pause_s": "0.1"})
    )["TrainingJobArn"]
    scenario.reaches(engine, "step=0 loss=1.0000;")
    server, shim = fork_server_of(engine), engine.processes_of(arn)[0]["pid"]
    engine.kill()
    eventually(lambda: not Path(f"/proc/{server}").exists(), what="the fork server ends")
    assert Path(f"/proc/{shim}").exists()
    engine.start()
    assert scenario.finished(engine)["TrainingJobStatus"] == "Completed"
