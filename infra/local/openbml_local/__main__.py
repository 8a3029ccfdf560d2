"""`python -m openbml_local`: the local cloud's commands without the product's `bml`."""

from openbml_local.cli import app

app(prog_name="bml")
