"""The terminal door. Importing it loads typer and nothing of the product: `advisor --help` answers at once."""

from advisor.cli.entry import main

__all__ = ["main"]
