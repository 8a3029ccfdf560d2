"""Scripts and base runs of a run (spec 03 sections 1 and 2.4)."""

import pytest

from openbml.core.errors import InvalidRequestError
from openbml.training.base_runs import BaseRunUnusableError
from openbml.training.hyper_parameter_sources import ScriptRefusedError
from openbml.training.read_runs import NoScriptError, run_script
from openbml.training.runs import RunState
from openbml.training.training_catalog import preset_script_text
from openbml_catalog.networks import hyper_parameters, network_tasks, networks
from openbml_catalog.scripts import ScriptError, check_script, preset_script
from tests.fakes.compute_samples import SCOPE
from tests.fakes.training_samples import TrainingWorld

TASK = "image_classification"
SCRIPT = preset_script(TASK, "ResNet18_vd")


@pytest.fixture
def world() -> TrainingWorld:
    return TrainingWorld()


def test_every_network_of_a_trained_task_has_a_script_that_passes_the_check() -> None:
    for task in network_tasks():
        for network in networks(task):
            script = preset_script(task, network)
            check_script(script)
            assert network in script


def test_conf_holds_the_hyper_parameters_of_forms_with_the_networks_defaults() -> None:
    namespace: dict[str, object] = {}
    exec(SCRIPT.partition("def create_model")[0].replace("from torch import nn", ""), namespace)
    conf = namespace["conf"]
    assert isinstance(conf, dict)
    network = networks(TASK)["ResNet18_vd"]
    shown = {name for name, row in hyper_parameters(TASK).items() if network.takes(row) and not row.platform}
    assert set(conf) == shown
    assert conf["input_size"] == network.input_size


@pytest.mark.parametrize(
    ("script", "named"),
    [
        ("conf = {}", "create_model"),
        ("def create_model(backbone, class_count): ...", "conf"),
        ("x = 1", "conf and create_model"),
        ("def broken(:", "line 1"),
        ("conf = {}\0", "no valid Python"),
        ("(" * 100_000, "characters"),
        ("(" * 60_000, "no valid Python"),
    ],
)
def test_what_a_script_lacks_is_said_before_anything_starts(
    world: TrainingWorld, script: str, named: str
) -> None:
    with pytest.raises(ScriptError, match=named):
        check_script(script)
    if len(script) < 60_000:
        with pytest.raises(ScriptRefusedError) as refused:
            world.create(hyper_parameters={}, hyper_parameter_source={"kind": "script", "script": script})
        assert named in refused.value.details["reason"]
    assert world.files.scripts == {}


def test_a_script_is_kept_and_brought_to_the_job(world: TrainingWorld) -> None:
    run = world.create(hyper_parameters={}, hyper_parameter_source={"kind": "script", "script": SCRIPT})
    assert run_script(SCOPE, run.run_id, runs=world.runs, files=world.files).script == SCRIPT
    world.start(run)
    channels = {channel.name: channel.uri for channel in world.jobs.jobs[run.job_id].request.channels}
    assert channels["code"].endswith(f"runs/{run.run_id}/code/")


def test_values_beside_a_script_are_refused_since_its_conf_holds_them(world: TrainingWorld) -> None:
    with pytest.raises(InvalidRequestError):
        world.create(
            hyper_parameters={"epochs": 2}, hyper_parameter_source={"kind": "script", "script": SCRIPT}
        )


def test_a_run_without_a_script_says_so(world: TrainingWorld) -> None:
    run = world.create()
    with pytest.raises(NoScriptError):
        run_script(SCOPE, run.run_id, runs=world.runs, files=world.files)


def test_unknown_tasks_and_networks_have_no_script() -> None:
    for task, network in (("ocr", "x"), (TASK, "x")):
        with pytest.raises(InvalidRequestError):
            preset_script_text(task, network)


def test_training_starts_from_an_earlier_run_of_the_same_network(world: TrainingWorld) -> None:
    base = world.create()
    trained = base.model_copy(
        update={"state": RunState.SUCCEEDED, "metrics": {"accuracy": 0.9}, "data_uri": "s3://data/base/"}
    )
    world.runs.runs[base.run_id] = trained
    run = world.create(base_run_id=base.run_id)
    world.start(run)
    channels = {channel.name: channel.uri for channel in world.jobs.jobs[run.job_id].request.channels}
    assert channels["base"] == "s3://data/base/"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, "wait for its end"),
        ({"state": RunState.FAILED}, "left no model"),
        ({"state": RunState.SUCCEEDED, "network": "EfficientNetB4"}, "EfficientNetB4"),
        ({"state": RunState.SUCCEEDED, "task_type": "object_detection"}, "object_detection"),
    ],
)
def test_other_runs_are_no_base(world: TrainingWorld, changes: dict[str, object], reason: str) -> None:
    base = world.create()
    world.runs.runs[base.run_id] = base.model_copy(update=changes)
    with pytest.raises(BaseRunUnusableError) as refused:
        world.create(base_run_id=base.run_id)
    assert reason in refused.value.details["reason"]


def test_a_run_of_another_project_or_none_at_all_is_no_base(world: TrainingWorld) -> None:
    with pytest.raises(BaseRunUnusableError) as refused:
        world.create(base_run_id=77)
    assert "no such run" in refused.value.details["reason"]
