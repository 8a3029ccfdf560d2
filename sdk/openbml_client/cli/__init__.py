"""The `bml` command."""

from openbml_client.cli.app import main

__all__ = ["main"]
