"""Killed, half-written, doubled: the local cloud always starts again and loses no more than it says."""

import os
import shutil
import signal

import pytest

from openbml_local import processes
from openbml_local.components import ask
from tests.contract.local.conftest import Bml, until
from tests.contract.local.test_deployed_stack import call

pytestmark = pytest.mark.contract


def checkpoint(bml: Bml) -> None:
    reply = ask(bml.cloud.ports.ministack, "/_openbml/checkpoint", method="POST", timeout_s=60)
    assert reply is not None
    assert reply[0] == 200


def kill(bml: Bml, component: str) -> None:
    record = bml.state.record(component)
    assert record is not None
    os.kill(record.pid, signal.SIGKILL)
    until(lambda: not processes.is_running(record))


def marked(bml: Bml) -> list[int]:
    return [
        pid
        for name in ("ministack", "engine", "gateway")
        for pid in processes.marked(f"{name}@{bml.state_dir}")
    ]


def test_a_second_up_changes_nothing(bml: Bml) -> None:
    before = {name: bml.pid(name) for name in ("ministack", "gateway")}
    said = bml.up()
    assert "nothing changed" in said
    assert {name: bml.pid(name) for name in before} == before


def test_two_ups_at_once_end_in_one_cloud(bml: Bml) -> None:
    pair = [bml.start(*bml.up_arguments) for _ in range(2)]
    outputs = [process.communicate(timeout=120)[0] for process in pair]
    assert [process.returncode for process in pair] == [0, 0], outputs
    leaders = [pid for pid in marked(bml) if (found := processes.stat(pid)) and found.session == pid]
    assert bml.pid("ministack") in leaders
    assert len(leaders) == len(set(leaders)) <= 3


def test_after_a_kill_the_last_checkpoint_is_there_and_functions_run(bml: Bml) -> None:
    bml.table().put_item(Item={"id": "kept"})
    assert call(bml, "/v1/hello")[0] == 200  # a warm worker that must not outlive its parent
    checkpoint(bml)
    kill(bml, "ministack")
    assert "after an unclean stop" in bml.up()
    assert "Item" in bml.table().get_item(Key={"id": "kept"})
    assert call(bml, "/v1/hello")[0] == 200
    assert call(bml, "/")[2] == b"<html>the console</html>"


def test_a_half_written_checkpoint_gives_way_to_the_one_before(bml: Bml) -> None:
    bml.table().put_item(Item={"id": "first"})
    checkpoint(bml)
    bml.table().put_item(Item={"id": "second"})
    checkpoint(bml)
    kill(bml, "ministack")
    generations = sorted(bml.state.ministack.glob("generations/[0-9]*"), key=lambda path: int(path.name))
    tables = generations[-1] / "dynamodb.json"
    content = tables.read_bytes()
    tables.unlink()
    tables.write_bytes(content[: len(content) // 2])
    bml.up()
    assert "Item" in bml.table().get_item(Key={"id": "first"})
    assert "Item" not in bml.table().get_item(Key={"id": "second"})
    assert f"checkpoint {generations[-1].name} is not usable" in bml.state.log("ministack").read_text()


def test_a_stale_record_never_leads_to_a_signal_for_another_program(bml: Bml) -> None:
    kill(bml, "gateway")
    record = bml.state.record("gateway")
    assert record is not None
    # The pid now belongs to somebody else: this very test.
    bml.state.save_record("gateway", record.model_copy(update={"pid": os.getpid()}))
    assert "another program" in bml.up()
    assert bml.pid("gateway") != os.getpid()


def test_a_lost_record_is_found_again(bml: Bml) -> None:
    pid = bml.pid("ministack")
    bml.state.drop_record("ministack")
    bml.up()
    assert bml.pid("ministack") == pid


def test_a_changed_source_is_deployed_and_an_unchanged_one_is_not(bml: Bml) -> None:
    words = bml.project / "layers" / "greeting" / "greeting" / "words.py"
    words.write_text(words.read_text().replace("hello {name}", "good day {name}"))
    assert "sam deploy" in bml.up()
    assert b"good day cloud" in call(bml, "/v1/hello")[2]
    assert "sam deploy" not in bml.up()


def test_a_failed_deploy_says_which_resource_and_leaves_the_old_stack_working(bml: Bml) -> None:
    template = bml.project / "template.yaml"
    good = template.read_text()
    template.write_text(good.replace("VisibilityTimeout: 120", "VisibilityTimeout: 999999"))
    done = bml(*bml.up_arguments)
    template.write_text(good)
    assert done.returncode == 8
    assert "Work" in done.stderr
    assert "Traceback" not in done.stderr
    assert call(bml, "/v1/hello")[0] == 200
    bml.up()


def test_down_leaves_no_process_and_keeps_everything(bml: Bml) -> None:
    bml.table().put_item(Item={"id": "over night"})
    assert call(bml, "/v1/hello")[0] == 200
    assert bml("down").returncode == 0
    assert marked(bml) == []
    bml.up()
    assert "Item" in bml.table().get_item(Key={"id": "over night"})
    assert bml("status").returncode == 0


def test_a_damaged_state_file_stops_with_one_message(bml: Bml) -> None:
    other = Bml(bml.state_dir.parent / "damaged", bml.project)
    other.state.create()
    (other.state_dir / "state.json").write_text('{"layout": 1, "clo')
    done = other(*other.up_arguments)
    assert done.returncode == 4
    assert "bml reset" in done.stderr
    assert "Traceback" not in done.stderr
    shutil.rmtree(other.state_dir)
