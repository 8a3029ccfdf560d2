"""Training with a script: the unmodified one trains, broken ones fail with error 9 and the line (spec 03
section 2.4)."""

import json
from pathlib import Path

import pytest

from openbml_catalog.scripts import preset_script
from tests.contract.containers.conftest import new_job
from tests.contract.containers.environments import Job, run_python

pytestmark = pytest.mark.contract

PRESET = preset_script("image_classification", "ResNet18_vd")
SHORT = PRESET.replace('"epochs": 20', '"epochs": 1').replace('"input_size": 224', '"input_size": 32')
BROKEN = {
    "no dictionary": (
        '    return {"loss": loss, "infer_out": network}',
        "    return network",
        "not a dictionary",
    ),
    "no loss": (
        '    return {"loss": loss, "infer_out": network}',
        '    return {"infer_out": network}',
        "keys",
    ),
    "another key": ('"infer_out": network}', '"infer_out": network, "x": 1}', "keys"),
    "too few outputs": ("backbone.num_features, class_count)", "backbone.num_features, 1)", "ClassNumber"),
    "an exception": ("    network = nn", "    network = undefined_name", "NameError"),
    "a loop": ("    network = nn", "    while True: pass\n    network = nn", "did not come back"),
    "out of range": ('"batch_size": 32', '"batch_size": 100000', "batch_size"),
    "an unknown name": ('"batch_size": 32', '"batch_sice": 32', "batch_sice"),
    "a platform's name": ('"batch_size": 32', '"run_id": 32', "run_id"),
    "an exit": ("from torch import nn", "from torch import nn\nraise SystemExit(0)", "SystemExit"),
    "no loss value": ('"loss": loss,', '"loss": lambda *_: 3,', "scalar tensor"),
}

CHECK = """
import json, sys
from pathlib import Path
from openbml_deep.vision_operators import provide_vision_operators
provide_vision_operators()
import timm, torch
from openbml_deep.scripts import read_script, scripted, user_script, with_conf
from openbml_deep.scripts import scripted_networks
from openbml_kit.faults import UserFault
within = user_script.within_patience
scripted_networks.within_patience = lambda: within(6.0)
said = {}
for folder in sorted(Path(sys.argv[1]).iterdir()):
    try:
        script = read_script(folder)
        given = {"task": "image_classification", "network": "ResNet18_vd"}
        with_conf(given, script)
        network = timm.create_model("resnet18d", num_classes=3)
        made = scripted(network, script, task="image_classification", class_count=3, input_size=32)
        images, targets = torch.rand(2, 3, 32, 32), torch.tensor([0, 2])
        made.loss(made(images), targets)
        said[folder.name] = "fine"
    except UserFault as fault:
        said[folder.name] = str(fault)
print(json.dumps(said))
"""


def with_script(job: Job, script: str) -> Job:
    folder = job.base / "input" / "data" / "code"
    folder.mkdir(parents=True)
    (folder / "script.py").write_text(script)
    return job


def test_the_preset_script_trains_and_its_conf_decides(tmp_path: Path) -> None:
    job = with_script(new_job(tmp_path, epochs=9, input_size=64), SHORT)
    finished = job.run()
    assert finished.exit_code == 0, finished.err
    report = job.report()
    assert (report["params"]["epochs"], report["params"]["input_size"]) == (1, 32)
    assert (job.base / "model" / "model.onnx").stat().st_size > 0
    assert set(job.model()["labels"]) == set(report["labels"])


@pytest.mark.slow
def test_a_broken_script_is_told_as_error_9_and_the_whole_one_is_not(tmp_path: Path) -> None:
    scripts = tmp_path / "scripts"
    for name, script in {
        "whole": SHORT,
        **{k: SHORT.replace(a, b) for k, (a, b, _) in BROKEN.items()},
    }.items():
        folder = scripts / name
        folder.mkdir(parents=True)
        (folder / "script.py").write_text(script)
    said = json.loads(run_python("deep", CHECK, scripts, base=tmp_path))
    assert said.pop("whole") == "fine"
    for name, text in said.items():
        assert text.startswith("[9] code error: "), (name, text)
        assert BROKEN[name][2] in text, (name, text)
    assert set(said) == set(BROKEN)
    assert "in line" in said["an exception"]


def test_a_job_with_a_broken_script_fails_as_the_users_fault(tmp_path: Path) -> None:
    broken = SHORT.replace("    network = nn", "    1 / 0\n    network = nn")
    job = with_script(new_job(tmp_path, epochs=1), broken)
    assert job.run().exit_code == 1
    assert job.failure().startswith("user: [9] code error: create_model failed in line")
