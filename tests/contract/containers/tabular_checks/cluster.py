"""Training on two machines: fits that are spread, rows that are split, machines that are lost."""

import io
import os
import signal
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from cluster_cases import (
    TablePart,
    WitnessLearner,
    comes_true,
    free_port,
    meeting,
    processes_of,
    second_machine,
    started,
)
from expert_cases import conf, solved, table

from openbml_catalog.tabular.script import parse_script, preset_script
from openbml_catalog.tabular.settings import AlgorithmType, TrainingWay
from openbml_kit.faults import PlatformFault, UserFault
from openbml_kit.progress import Progress
from openbml_tabular.automl.folds import Folds
from openbml_tabular.distributed.cluster_workers import leading
from openbml_tabular.distributed.row_training import solve_distributed
from openbml_tabular.distributed.split_rows import solve_split
from openbml_tabular.models.registry import learners

LEAVES = {"min_samples_leaf": {"type": "randint", "range": [1, 20]}}


def machines_in(folder: str) -> set[str]:
    return {file.name.rpartition("-")[0] for file in Path(folder).iterdir()}


def check_fits_are_spread_over_the_machines_and_nothing_is_left_of_them() -> None:
    port = free_port()
    with tempfile.TemporaryDirectory() as folder, second_machine(port) as other:
        learner = WitnessLearner(folder=folder)
        with leading(meeting("algo-1", port), 1) as machines:
            workers = machines.workers({"RF": learner}, each=2)
            assert workers.slots == 2
            found = solved(conf(LEAVES), learner, executor=workers, threads=2).solution
        assert len(found.trials) == 8
        assert {row["state"] for row in found.trials} <= {"complete", "pruned"}
        assert not np.isnan(found.held_out).any()
        assert len(machines_in(folder)) == 2, machines_in(folder)
        assert other.wait(20) == 0
        assert comes_true(lambda: not processes_of(port)), processes_of(port)


def check_what_a_lost_machine_was_at_is_repeated_elsewhere() -> None:
    port = free_port()
    with tempfile.TemporaryDirectory() as folder, second_machine(port) as other:
        learner = WitnessLearner(folder=folder, seconds=0.4)
        with leading(meeting("algo-1", port), 1) as machines:
            workers = machines.workers({"RF": learner}, each=2)

            def stop() -> None:
                if other.poll() is None and len(machines_in(folder)) == 2:
                    os.kill(other.pid, signal.SIGKILL)

            found = solved(
                conf(LEAVES, max_trials=6), learner, executor=workers, threads=2, budget_s=60.0, stop=stop
            ).solution
            assert workers.slots == 1
        assert other.poll() is not None
        assert len(found.trials) == 6
        assert {row["state"] for row in found.trials} <= {"complete", "pruned"}, found.trials


def check_a_machine_that_does_not_come_is_named() -> None:
    port, told = free_port(), ""
    try:
        with leading(meeting("algo-1", port), 1, joins_within_s=6):
            pass
    except PlatformFault as fault:
        told = str(fault)
    assert told == "machines did not join within 6 s: algo-2; start the run again"
    assert comes_true(lambda: not processes_of(port))


def check_a_machine_ends_when_the_first_one_is_gone() -> None:
    port = free_port()
    with tempfile.TemporaryDirectory() as folder, second_machine(port) as other:
        met = Path(folder) / "met"
        leader = started("lead", port, str(met))
        assert comes_true(met.exists, within_s=100)
        leader.kill()
        leader.wait()
        assert other.wait(60) is not None
        assert comes_true(lambda: not processes_of(port)), processes_of(port)


def check_a_model_learns_from_rows_that_are_split_between_machines(code: str) -> None:
    port = free_port()
    with second_machine(port), leading(meeting("algo-1", port), 1) as machines:
        for kind in ("binary", "multiclass", "regression"):
            _, problem = table(AlgorithmType(kind))
            wanted = parse_script(preset_script(code, AlgorithmType(kind), TrainingWay.DISTRIBUTED))
            found = solve_distributed(
                [TablePart(kind, number) for number in range(4)],
                problem,
                replace(wanted, max_trials=2),
                client=machines.client,
                look=machines.look,
                learners=learners(),
                budget_s=60,
                seed=1,
                progress=Progress(io.StringIO()),
            )
            rows, solution = found.evaluated, found.solution
            assert len(rows) == 240
            assert len(solution.trials) == 2
            assert solution.leaderboard[0].state == "complete", solution.leaderboard
            told = solution.predictor.predict(rows.x)
            if problem.is_classification:
                assert (told.argmax(axis=1) == rows.y).mean() > 0.75
            else:
                assert np.abs(told[:, 0] - rows.y).mean() < 0.4 * np.abs(rows.y - rows.y.mean()).mean()


def check_a_machine_that_is_lost_with_its_rows_ends_the_job() -> None:
    port, told = free_port(), ""
    _, problem = table(AlgorithmType.BINARY)
    wanted = parse_script(preset_script("XGB", AlgorithmType.BINARY, TrainingWay.DISTRIBUTED))
    with second_machine(port) as other, leading(meeting("algo-1", port), 1) as machines:

        def stop() -> None:
            if other.poll() is None:
                other.kill()
                other.wait()

        started_at = time.monotonic()
        try:
            solve_distributed(
                [TablePart("binary", number) for number in range(4)],
                problem,
                wanted,
                client=machines.client,
                look=machines.look,
                learners=learners(),
                budget_s=300,
                seed=1,
                progress=Progress(io.StringIO()),
                stop=stop,
            )
        except PlatformFault as fault:
            told = str(fault)
        assert time.monotonic() - started_at < 100
    assert told == "1 of 2 machines were lost, and their rows with them; start the run again"
    assert comes_true(lambda: not processes_of(port)), processes_of(port)


def check_rows_that_one_machine_has_read_are_dealt_out() -> None:
    port = free_port()
    examples, problem = table(AlgorithmType.REGRESSION, 600)
    wanted = parse_script(preset_script("XGB", AlgorithmType.REGRESSION, TrainingWay.DISTRIBUTED))
    folds = Folds.of(np.arange(600) % 5)
    with second_machine(port), leading(meeting("algo-1", port), 1) as machines:
        found = solve_split(
            examples,
            problem,
            folds,
            replace(wanted, max_trials=1),
            client=machines.client,
            look=machines.look,
            learners=learners(),
            budget_s=60,
            seed=1,
            progress=Progress(io.StringIO()),
        )
    judged = np.flatnonzero(~np.isnan(found.held_out[:, 0]))
    assert judged.tolist() == list(range(0, 600, 5))
    assert (found.fold_of[judged] == 0).all()
    assert (np.delete(found.fold_of, judged) == -1).all()
    told = found.predictor.predict(examples.x)
    assert np.allclose(told[judged], found.held_out[judged], atol=1e-5)


def check_fewer_parts_than_machines_are_the_users_fault() -> None:
    port, told = free_port(), ""
    with second_machine(port), leading(meeting("algo-1", port), 1) as machines:
        _, problem = table(AlgorithmType.BINARY)
        wanted = parse_script(preset_script("XGB", AlgorithmType.BINARY, TrainingWay.DISTRIBUTED))
        try:
            solve_distributed(
                [TablePart("binary", 0)],
                problem,
                wanted,
                client=machines.client,
                look=machines.look,
                learners=learners(),
                budget_s=60,
                seed=1,
                progress=Progress(io.StringIO()),
            )
        except UserFault as fault:
            told = str(fault)
    assert told == "1 parts cannot be split between 2 machines; use fewer nodes"
