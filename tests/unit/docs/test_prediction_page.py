"""The page about the prediction API tells the errors that the catalogue has."""

from pathlib import Path

from openbml_catalog.errors import Retry, prediction_errors

PAGE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "prediction.md"
WORDS = {
    Retry.TOKEN: "fetches a token, repeats once",
    Retry.BACK_OFF: "repeats after a growing random pause",
    Retry.WAIT: "repeats after `Retry-After`, else a minute",
    Retry.NEVER: "does not repeat",
}


def test_the_table_of_errors_is_the_catalogues() -> None:
    rows = [f"| {row.code} | `{row.message}` | {WORDS[row.retry]} |" for row in prediction_errors().values()]
    expected = "\n".join(["| Code | `error_msg` | A client |", "|---|---|---|", *rows])

    shown = PAGE.read_text(encoding="utf-8").split("a test holds it to that -->\n")[1].split("\n<!-- end")[0]

    assert shown == expected
