"""Neural architecture search: a supernet is trained, searched, searched again, a sub-net trained on (spec 03
section 6)."""

import json
import shutil
from pathlib import Path

import pytest

from tests.contract.containers.conftest import LABELS, new_job
from tests.contract.containers.environments import Finished, Job, run_python

pytestmark = pytest.mark.contract

SMALL = {"input_size": 32, "batch_size": 8}
NAS = {**SMALL, "nas_population": 4, "nas_generations": 1}

SAME = """
import torch
from openbml_deep.nas.space import Space
from openbml_deep.nas.supernet import SubnetNetwork, Supernet, calibrate
from torch.nn import functional
torch.manual_seed(0)
space = Space(input_size=48, seed=3)
supernet = Supernet(3, space.largest()).train()
images = torch.rand(4, 3, 48, 48)
for subnet in (space.largest(), space.smallest(), space.drawn(), space.drawn()):
    network = SubnetNetwork(3, subnet).train()
    network.take(supernet)
    side = subnet.input_size
    shape = {"size": (side, side), "mode": "bilinear", "align_corners": False, "antialias": True}
    own = functional.interpolate(images, **shape)
    supernet.active = subnet
    assert torch.allclose(supernet(images), network(own), atol=1e-5)
    calibrate(network, iter([own, own]))
    network.eval()
    assert torch.isfinite(network(own)).all()
print("same")
"""


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> tuple[Job, Finished]:
    job = new_job(tmp_path_factory.mktemp("nas"), network="NAS-Supernet", epochs=1, **NAS)
    return job, job.run()


def based_on(job: Job, folder: Path, **changes: object) -> Job:
    again = new_job(folder, **{**SMALL, **changes})
    shutil.copytree(job.base / "output" / "data", folder / "input" / "data" / "base")
    return again


@pytest.mark.slow
def test_a_sub_net_by_itself_answers_as_in_the_supernet(tmp_path: Path) -> None:
    assert run_python("deep", SAME, base=tmp_path).strip() == "same"


@pytest.mark.slow
def test_training_and_search_leave_the_best_sub_net_as_the_model(searched: tuple[Job, Finished]) -> None:
    job, finished = searched
    assert finished.exit_code == 0, finished.err
    nas = job.report()["nas"]
    assert nas["judged_subnets"] >= 4
    assert all(row["latency_ms"] > 0 and 0 <= row["quality"] <= 1 for row in nas["subnets"])
    best = nas["subnets"][0]
    assert best["quality"] == max(row["quality"] for row in nas["subnets"])
    assert any(row["on_front"] for row in nas["subnets"])
    assert job.model()["input"]["size"] == best["subnet"]["input_size"]
    assert set(job.model()["labels"]) == set(LABELS)
    assert any("generation 1 of 1" in record["message"] for record in finished.records("note"))


@pytest.mark.slow
def test_a_trained_supernet_is_searched_again_without_training(
    searched: tuple[Job, Finished], tmp_path: Path
) -> None:
    limit = min(row["latency_ms"] for row in searched[0].report()["nas"]["subnets"]) * 0.5
    again = based_on(
        searched[0],
        tmp_path,
        **{**NAS, "network": "NAS-Supernet", "nas_phase": "search_only", "nas_max_latency_ms": limit},
    )
    finished = again.run()
    assert finished.exit_code == 0, finished.err
    report = again.report()
    assert report["history"] == []
    assert report["nas"]["phase"] == "search_only"
    assert any("no sub-net is within" in record["message"] for record in finished.records("note"))
    found = [row["latency_ms"] for row in report["nas"]["subnets"]]
    assert found[0] == min(found)


@pytest.mark.slow
def test_a_sub_net_trains_on_as_a_network_of_its_own(searched: tuple[Job, Finished], tmp_path: Path) -> None:
    chosen = searched[0].report()["nas"]["subnets"][0]["subnet"]
    job = based_on(
        searched[0],
        tmp_path,
        network="NAS-Subnet",
        epochs=1,
        subnet=json.dumps(chosen),
        input_size=chosen["input_size"],
    )
    finished = job.run()
    assert finished.exit_code == 0, finished.err
    assert job.report()["weights_source"].startswith("base:")
    assert (job.base / "model" / "model.onnx").stat().st_size > 0
