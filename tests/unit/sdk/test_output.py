"""What commands print must survive what the API has not said yet."""

from openbml_client.cli.output import local_time, text, work_progress


def test_progress_without_a_known_total_is_drawn() -> None:
    with work_progress() as progress:
        task = progress.add_task("Run", total=None)
        progress.update(task, completed=3)

        assert "?" in str(progress.columns[2](progress.tasks[0]))


def test_nothing_is_a_dash_and_figures_are_short() -> None:
    assert (text(None), text(""), text(0.123456), text(0)) == ("-", "-", "0.1235", "0")


def test_a_text_that_only_looks_like_a_time_is_shown_as_it_is() -> None:
    assert local_time("2026-99-99T00:00:00Z") == "2026-99-99T00:00:00Z"
