"""How far work is, whatever sort of work it is, and what is said when it is left behind."""

from typing import Any

import pytest

from openbml_client.cli.following import going_on, steps_of
from openbml_client.errors import UnreachableError, WorkFailedError


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"progress": {"done": 3, "total": 9}}, (3, 9)),
        ({"progress": {"entries_done": 0, "entries_total": 5}}, (0, 5)),
        ({"chunks_done": 1, "chunk_count": 2}, (1, 2)),
        ({"progress": {"epoch": None, "epochs": 10}}, (0, 10)),
        ({"progress": None, "state": "queued"}, (0, 0)),
    ],
    ids=["a job", "an import", "an operation", "a run", "nothing known yet"],
)
def test_steps_are_found(document: dict[str, Any], expected: tuple[int, int]) -> None:
    assert steps_of(document) == expected


@pytest.mark.parametrize("error", [KeyboardInterrupt, UnreachableError])
def test_work_that_is_left_behind_says_how_to_go_on(
    error: type[BaseException], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(error), going_on(lambda: "Go on with: bml [x]"):
        raise error

    assert "Go on with: bml [x]" in capsys.readouterr().err


def test_work_that_failed_has_no_way_on(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(WorkFailedError), going_on(lambda: "Go on"):
        raise WorkFailedError("it failed")

    assert "Go on" not in capsys.readouterr().err
