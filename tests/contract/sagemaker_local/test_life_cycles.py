"""Any order of calls and crashes: jobs and endpoints only ever make lawful steps (a state machine test)."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine

from tests.contract.sagemaker_local.engine_process import EngineProcess, eventually
from tests.contract.sagemaker_local.ledger import TERMINAL, path, telling, unlawful_steps
from tests.contract.sagemaker_local.scenario import Scenario

pytestmark = pytest.mark.contract

Engines = Callable[..., EngineProcess]
_UPDATABLE = ("InService", "Failed")


def code_of(call: Callable[[], Any]) -> str:
    """The error code of a call, or nothing when it went through."""
    try:
        call()
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""


def check_events(scenario: Scenario, job: dict[str, Any], *, kills: int) -> None:
    eventually(lambda: not telling(job, scenario.events()).untold, what=f"every step is told: {path(job)}")
    told = telling(job, scenario.events())
    assert told.made_up == []
    assert told.repeats <= kills


class LifeCycles(RuleBasedStateMachine):
    """One run against a real engine; the model is the set of names and what was last seen of each."""

    engine: EngineProcess
    scenario: Scenario
    runs = 0

    @initialize()
    def start(self) -> None:
        type(self).runs += 1
        self.prefix = f"{self.scenario.name}-{self.runs}"
        self.jobs: dict[str, dict[str, Any]] = {}
        self.created = 0
        self.kills = 0
        self.stopped: set[str] = set()
        self.endpoint = ""
        self.deleted_endpoints = 0

    # -- jobs ---------------------------------------------------------------------------

    @rule(steps=st.integers(1, 3), fails=st.booleans())
    @precondition(lambda self: len(self.jobs) < 4)
    def create_job(self, steps: int, *, fails: bool) -> None:
        name = f"{self.prefix}-{self.created}"
        self.created += 1
        parameters = {"steps": str(steps), "pause_s": "0.1", "on_stop": "save"}
        request = self.scenario.training_request(
            parameters | ({"fail": "on purpose"} if fails else {}), TrainingJobName=name
        )
        self.engine.sagemaker.create_training_job(**request)
        assert code_of(lambda: self.engine.sagemaker.create_training_job(**request)) == "ResourceInUse"
        self.jobs[name] = self._describe(name)

    @rule(data=st.data())
    @precondition(lambda self: self.jobs)
    def stop_job(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.jobs)))
        refused = code_of(lambda: self.engine.sagemaker.stop_training_job(TrainingJobName=name))
        if refused:
            assert refused == "ValidationException"
            assert self._describe(name)["TrainingJobStatus"] in TERMINAL
        else:
            self.stopped.add(name)

    @rule(data=st.data())
    @precondition(lambda self: self.jobs)
    def delete_job(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.jobs)))
        refused = code_of(lambda: self.engine.sagemaker.delete_training_job(TrainingJobName=name))
        if refused:
            assert refused == "ResourceInUse"
            return
        gone = code_of(lambda: self.engine.sagemaker.describe_training_job(TrainingJobName=name))
        assert gone == "ValidationException"
        del self.jobs[name]
        self.stopped.discard(name)

    # -- endpoints ----------------------------------------------------------------------

    @rule(version=st.sampled_from(["1", "2", "broken"]))
    @precondition(lambda self: not self.endpoint)
    def create_endpoint(self, version: str) -> None:
        name = f"{self.prefix}-e{self.deleted_endpoints}"
        arguments = {"EndpointName": name, "EndpointConfigName": f"{self.scenario.name}-{version}"}
        self.engine.sagemaker.create_endpoint(**arguments)
        assert code_of(lambda: self.engine.sagemaker.create_endpoint(**arguments)) == "ValidationException"
        self.endpoint = name

    @rule(version=st.sampled_from(["1", "2", "broken"]))
    @precondition(lambda self: self.endpoint)
    def update_endpoint(self, version: str) -> None:
        before = self._endpoint_status()
        refused = code_of(
            lambda: self.engine.sagemaker.update_endpoint(
                EndpointName=self.endpoint, EndpointConfigName=f"{self.scenario.name}-{version}"
            )
        )
        if before in _UPDATABLE and not refused:
            return
        assert refused in ("", "ValidationException")

    @rule()
    @precondition(lambda self: self.endpoint)
    def delete_endpoint(self) -> None:
        self.engine.sagemaker.delete_endpoint(EndpointName=self.endpoint)
        eventually(lambda: self._endpoint_status() == "", what="the endpoint is gone")
        self.endpoint = ""
        self.deleted_endpoints += 1

    @rule()
    @precondition(lambda self: self.endpoint)
    def wait_for_endpoint(self) -> None:
        status = eventually(
            lambda: now if (now := self._endpoint_status()) in _UPDATABLE else "", what="the endpoint settles"
        )
        if status == "InService":
            assert self.scenario.invoke_named(self.engine, self.endpoint)["weights"] in ("1", "2")

    # -- crashes ------------------------------------------------------------------------

    @rule(clean=st.booleans())
    def restart(self, *, clean: bool) -> None:
        if clean:
            self.engine.stop()
        else:
            self.engine.kill()
            self.kills += 1
        self.engine.start()

    # -- what always holds ---------------------------------------------------------------

    @invariant()
    def every_step_is_lawful_and_nothing_is_unsaid(self) -> None:
        for name, before in getattr(self, "jobs", {}).items():
            now = self._describe(name)
            assert unlawful_steps(now) == [], name
            assert path(now)[: len(path(before))] == path(before), "history changed"
            if before["TrainingJobStatus"] in TERMINAL:
                assert now["TrainingJobStatus"] == before["TrainingJobStatus"]
            self.jobs[name] = now

    def teardown(self) -> None:
        for name in getattr(self, "jobs", {}):
            job = eventually(
                lambda name=name: (
                    found if (found := self._describe(name))["TrainingJobStatus"] in TERMINAL else None
                ),
                within_s=60,
                what=f"{name} ends",
            )
            assert job is not None
            assert unlawful_steps(job) == []
            if name in self.stopped:
                assert job["TrainingJobStatus"] in ("Stopped", "Completed", "Failed")
            check_events(self.scenario, job, kills=self.kills)
        if getattr(self, "endpoint", ""):
            self.delete_endpoint()

    def _describe(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.engine.sagemaker.describe_training_job(TrainingJobName=name)
        return found

    def _endpoint_status(self) -> str:
        listed = self.engine.sagemaker.list_endpoints(NameContains=self.endpoint)["Endpoints"]
        return str(listed[0]["EndpointStatus"]) if listed else ""


def walk(own_engine: Engines, scenario: Scenario, *, examples: int, steps: int) -> None:
    engine = own_engine(SML_STOP_GRACE_S="1", SML_SHUTDOWN_GRACE_S="2")
    scenario.put("data/a.txt")
    for version in ("1", "2"):
        scenario.deploy(engine, version, count=1)
    scenario.deploy(engine, "broken", count=1, BROKEN_SERVER="1")
    machine = type("Machine", (LifeCycles,), {"engine": engine, "scenario": scenario})
    run_machine(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            derandomize=True,
            phases=(Phase.generate,),  # shrinking a run of real processes takes longer than reading it
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_a_walk_of_calls_and_crashes_makes_only_lawful_steps(own_engine: Engines, scenario: Scenario) -> None:
    walk(own_engine, scenario, examples=2, steps=10)


@pytest.mark.slow
def test_many_walks_of_calls_and_crashes_make_only_lawful_steps(
    own_engine: Engines, scenario: Scenario
) -> None:
    walk(own_engine, scenario, examples=25, steps=20)
