"""The SM_* variables and arguments that a user's script gets."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbml_kit.cluster import Cluster
from openbml_kit.faults import PlatformFault, UserFault
from openbml_kit.places import Places, core_count
from openbml_kit.script_environment import ScriptJob, as_arguments, plain_text, training_variables
from openbml_kit.script_process import command_of
from openbml_kit.user_code import bring_code, find_program

RESOURCES = {
    "current_host": "algo-2",
    "hosts": ["algo-1", "algo-10", "algo-2"],
    "current_instance_type": "ml.m5.large",
    "current_group_name": "homogeneousCluster",
    "instance_groups": [
        {"instance_group_name": "homogeneousCluster", "instance_type": "ml.m5.large", "hosts": ["algo-1"]}
    ],
    "network_interface_name": "lo",
}


def job_of(
    folder: Path, hyper_parameters: Mapping[str, str], resources: Mapping[str, Any] = RESOURCES
) -> ScriptJob:
    config = folder / "input" / "config"
    config.mkdir(parents=True)
    (config / "hyperparameters.json").write_text(json.dumps(hyper_parameters))
    (config / "resourceconfig.json").write_text(json.dumps(resources))
    (config / "inputdataconfig.json").write_text(json.dumps({"train": {"TrainingInputMode": "File"}}))
    (folder / "input" / "data" / "train").mkdir(parents=True)
    return ScriptJob.read(Places(folder))


def test_a_script_finds_its_job_in_the_variables_it_knows(tmp_path: Path) -> None:
    job = job_of(tmp_path, {"epochs": "3", "loss-name": '"huber"', "sagemaker_program": "x.py"})
    found = training_variables(job, "x.py", "s3://bucket/code.tar.gz", {"SML_NUM_CPUS": "1"})
    expected = {
        "SM_MODEL_DIR": str(tmp_path / "model"),
        "SM_OUTPUT_DIR": str(tmp_path / "output"),
        "SM_OUTPUT_DATA_DIR": str(tmp_path / "output/data"),
        "SM_INPUT_DIR": str(tmp_path / "input"),
        "SM_INPUT_CONFIG_DIR": str(tmp_path / "input/config"),
        "SM_CHANNEL_TRAIN": str(tmp_path / "input/data/train"),
        "SM_HP_EPOCHS": "3",
        "SM_HP_LOSS_NAME": "huber",
        "SM_CURRENT_HOST": "algo-2",
        "SM_CURRENT_INSTANCE_TYPE": "ml.m5.large",
        "SM_CURRENT_INSTANCE_GROUP": "homogeneousCluster",
        "SM_NUM_CPUS": "1",
        "SM_NUM_NEURONS": "0",
        "SM_NETWORK_INTERFACE_NAME": "lo",
        "SM_MODULE_NAME": "x",
        "SM_MODULE_DIR": "s3://bucket/code.tar.gz",
        "SM_USER_ENTRY_POINT": "x.py",
        "SM_LOG_LEVEL": "20",
        "SM_MASTER_ADDR": "algo-1",
        "SM_MASTER_PORT": "7777",
        "MASTER_ADDR": "algo-1",
        "WORLD_SIZE": "3",
        "RANK": "1",
        "NODE_RANK": "1",
        "GLOO_SOCKET_IFNAME": "lo",
    }
    assert {name: found[name] for name in expected} == expected
    documents = {
        "SM_CHANNELS": ["train"],
        "SM_HPS": {"epochs": 3, "loss-name": "huber"},
        "SM_HOSTS": ["algo-1", "algo-2", "algo-10"],
        "SM_USER_ARGS": ["--epochs", "3", "--loss-name", "huber"],
        "SM_INSTANCE_GROUPS": ["homogeneousCluster"],
        "SM_RESOURCE_CONFIG": RESOURCES,
        "SM_INPUT_DATA_CONFIG": {"train": {"TrainingInputMode": "File"}},
    }
    assert {name: json.loads(found[name]) for name in documents} == documents
    environment = json.loads(found["SM_TRAINING_ENV"])
    assert environment["channel_input_dirs"] == {"train": found["SM_CHANNEL_TRAIN"]}
    assert environment["is_master"] is False
    assert not [name for name in found if "SAGEMAKER_" in name]


def test_nodes_of_one_machine_meet_at_loopback_where_names_do_not_resolve() -> None:
    cluster = Cluster.from_document(RESOURCES)
    assert cluster.variables({"SAGEMAKER_BASE_DIR": "/somewhere"})["MASTER_ADDR"] == "127.0.0.1"
    assert cluster.variables({"MASTER_PORT": "12345"})["MASTER_PORT"] == "12345"
    assert Cluster.from_document({}).variables({})["WORLD_SIZE"] == "1"


def test_jobs_that_share_a_machines_loopback_do_not_share_a_port() -> None:
    first, second = (
        {"TRAINING_JOB_ARN": f"arn:aws:sagemaker:x:1:training-job/{name}"} for name in ("a", "b")
    )
    cluster = Cluster.from_document(RESOURCES)
    assert cluster.variables(first) == Cluster.from_document(RESOURCES).variables(first)
    assert cluster.variables(first)["MASTER_PORT"] != cluster.variables(second)["MASTER_PORT"]
    alone = Cluster.from_document({**RESOURCES, "network_interface_name": "eth0"})
    assert alone.variables(first)["MASTER_PORT"] == "7777"


def test_the_tuned_metric_is_handed_on_and_other_reserved_names_are_not(tmp_path: Path) -> None:
    job = job_of(tmp_path, {"_tuning_objective_metric": "loss", "sagemaker_region": "x", "a": "1"})
    assert job.arguments == ["--_tuning_objective_metric", "loss", "-a", "1"]


@pytest.mark.parametrize(
    ("sent", "plain"),
    [
        ('"text"', "text"),
        ("1.10", "1.10"),
        ("007", "007"),
        ('"', '"'),
        ('"a" b', '"a" b'),
        ("", ""),
        ("[1]", "[1]"),
    ],
)
def test_a_value_keeps_its_digits_and_loses_only_quotation_marks(sent: str, plain: str) -> None:
    assert plain_text(sent) == plain


@given(st.text())
def test_sdks_and_plain_callers_mean_the_same_text(value: str) -> None:
    assert plain_text(json.dumps(value)) == value


@given(st.dictionaries(st.from_regex(r"[a-z_][a-z0-9_-]{0,8}", fullmatch=True), st.text()))
def test_every_hyper_parameter_is_one_pair_of_arguments(values: dict[str, str]) -> None:
    words = as_arguments(values)
    assert {words[at].lstrip("-"): words[at + 1] for at in range(0, len(words), 2)} == {
        name.lstrip("-"): value for name, value in values.items()
    }


def test_a_config_file_that_is_no_object_is_the_platforms_fault(tmp_path: Path) -> None:
    config = tmp_path / "input" / "config"
    config.mkdir(parents=True)
    (config / "hyperparameters.json").write_text("{}")
    (config / "resourceconfig.json").write_text("[]")
    with pytest.raises(PlatformFault, match=r"resourceconfig\.json is not a JSON object"):
        ScriptJob.read(Places(tmp_path))


def test_the_engines_allotment_counts_where_no_runner_told_one() -> None:
    assert core_count({"SML_NUM_CPUS": "1"}) == 1


def test_a_program_is_found_below_its_folder_only(tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "outside.py").touch()
    (tmp_path / "code" / "train.py").touch()
    assert find_program("train.py", tmp_path / "code") == "train.py"
    assert command_of("package.train", ["--a"])[1:] == ["-m", "package.train", "--a"]
    for name in ("../outside.py", "missing.py"):
        with pytest.raises(UserFault, match=r"is not in the code; it holds: train\.py"):
            find_program(name, tmp_path / "code")


@pytest.mark.parametrize("content", [b"", b"no archive", b"\x1f\x8b\x08"])
def test_code_that_cannot_be_unpacked_is_the_users_fault(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "code.tar.gz").write_bytes(content)
    with pytest.raises(UserFault, match="cannot be unpacked"):
        bring_code(str(tmp_path / "code.tar.gz"), tmp_path / "code", {})
    with pytest.raises(UserFault, match="there is no code at"):
        bring_code(str(tmp_path / "nothing"), tmp_path / "code", {})
