"""`bml datasets …`: one module per group of verbs."""

import typer

from openbml_client.cli.datasets import (
    exporting,
    importing,
    labels,
    operations,
    quality,
    samples,
    sets,
    tables,
    versions,
)

app = typer.Typer(no_args_is_help=True)
for module in (sets, importing, samples, exporting, quality, tables):
    app.registered_commands.extend(module.verbs.registered_commands)

app.add_typer(versions.app, name="versions", help="Versions: list, new, copy, describe, delete.")
app.add_typer(importing.imports, name="imports", help="Imports: what was taken and what was not.")
app.add_typer(samples.samples, name="samples", help="Samples: list, show, delete, next, history, restore.")
app.add_typer(labels.app, name="labels", help="Labels of a version: list, add, rename, delete, pin, remark.")
app.add_typer(labels.groups, name="label-groups", help="Label groups: labels that a project uses together.")
app.add_typer(operations.app, name="operations", help="Operations: one action on many samples.")
app.add_typer(exporting.exports, name="exports", help="Exports: list, download, cancel.")
