"""Two hundred jobs and a service under load while something is killed every few seconds."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.contract.sagemaker_local.engine_process import EngineProcess, descendants, eventually, kill_hard
from tests.contract.sagemaker_local.ledger import TERMINAL, are_a_run_of, telling, unlawful_steps
from tests.contract.sagemaker_local.scenario import BUCKET, Scenario

pytestmark = [pytest.mark.contract, pytest.mark.slow]

JOBS = 200
STEPS = 4
SEED = 20
KILL_EVERY_S = (1.0, 4.0)
LIMIT_S = 1500.0


class Chaos:
    """Kills one process of the installation at a time, chosen by a seeded die."""

    def __init__(self, engine: EngineProcess, seed: int) -> None:
        self._engine = engine
        self._random = random.Random(seed)
        self.kills: Counter[str] = Counter()

    def strike(self) -> None:
        what = self._random.choices(["engine", "shim", "process"], [2, 1, 4])[0]
        if what == "engine":
            self._engine.kill()
            self._engine.start()
        else:
            shims = [one["pid"] for one in self._engine.admin("GET", "state")["processes"] if one["pid"]]
            if not shims:
                return
            shim = self._random.choice(sorted(shims))
            below = descendants(shim)
            victim = shim if what == "shim" or not below else self._random.choice(below)
            try:
                kill_hard(victim)
            except ProcessLookupError:
                return
        self.kills[what] += 1

    def pause(self) -> None:
        time.sleep(self._random.uniform(*KILL_EVERY_S))


def persistently(call: Callable[[], Any]) -> Any:
    """Repeat a call that a killed engine could not answer; creating twice is told by ResourceInUse."""

    def attempt() -> list[Any] | None:
        try:
            return [call()]
        except BotoCoreError:
            return None
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceInUse":
                return [None]
            raise

    return (eventually(attempt, within_s=60, what="the engine answers") or [None])[0]


class Traffic:
    """One client that never stops asking; counts answers and refusals."""

    def __init__(self, engine: EngineProcess, scenario: Scenario) -> None:
        self._engine = engine
        self._scenario = scenario
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.answers = 0

    def __enter__(self) -> "Traffic":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(timeout=90)

    def _run(self) -> None:
        while not self._stop.wait(0.1):
            try:
                self._scenario.invoke(self._engine)
                self.answers += 1
            except (BotoCoreError, ClientError):
                continue  # the engine or both workers may be dead just now


def test_two_hundred_jobs_end_truthfully_and_a_service_comes_back_whatever_is_killed(
    own_engine: Callable[..., EngineProcess], scenario: Scenario
) -> None:
    engine = own_engine()
    scenario.put("data/a.txt")
    scenario.deploy(engine)
    engine.sagemaker.create_endpoint(EndpointName=scenario.name, EndpointConfigName=f"{scenario.name}-1")
    scenario.in_service(engine)
    names = [f"{scenario.name}-{number:03}" for number in range(JOBS)]
    for name in names:
        request = scenario.training_request({"steps": str(STEPS), "pause_s": "0.05"}, TrainingJobName=name)
        request |= {
            "RetryStrategy": {"MaximumRetryAttempts": 1},
            "CheckpointConfig": {"S3Uri": f"s3://{BUCKET}/{scenario.name}/checkpoints/{name}"},
        }
        persistently(lambda request=request: engine.sagemaker.create_training_job(**request))

    chaos = Chaos(engine, SEED)
    ended: dict[str, dict[str, Any]] = {}

    def look() -> None:
        for name in names:
            if name not in ended:
                job = persistently(
                    lambda name=name: engine.sagemaker.describe_training_job(TrainingJobName=name)
                )
                if job["TrainingJobStatus"] not in TERMINAL:
                    return  # they run in order: the later ones are not done either
                ended[name] = job

    with Traffic(engine, scenario) as traffic:
        deadline = time.monotonic() + LIMIT_S
        while len(ended) < JOBS:
            assert time.monotonic() < deadline, f"{len(ended)} of {JOBS} after {chaos.kills}"
            chaos.pause()
            chaos.strike()
            look()
        scenario.in_service(engine)
        answered = traffic.answers
        eventually(lambda: traffic.answers > answered, what="the service answers again")

    assert sum(chaos.kills.values()) >= 20, chaos.kills
    problems = {name: found for name, job in ended.items() if (found := unlawful_steps(job))}
    assert problems == {}
    for name, job in ended.items():
        if job["TrainingJobStatus"] == "Completed":
            assert scenario.keys(f"out/{name}/output/model/report.json"), name
            assert are_a_run_of(scenario.log_lines(prefix=f"{name}/"), STEPS), name
        else:
            reason = job["FailureReason"]
            assert reason.startswith("InternalServerError: ") or "exit code: 137" in reason, (name, reason)
    statuses = Counter(job["TrainingJobStatus"] for job in ended.values())
    assert statuses["Completed"] >= JOBS * 0.9, statuses
    eventually(lambda: engine.admin("GET", "state")["unsent_events"] == 0, what="all events are sent")
    told = {name: telling(job, scenario.events()) for name, job in ended.items()}
    assert {name: one for name, one in told.items() if one.untold or one.made_up} == {}
    assert max(one.repeats for one in told.values()) <= chaos.kills["engine"]
    assert engine.leftovers() == set()
