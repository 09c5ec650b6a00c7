"""`tocsin rules`: commands about rules."""

import typer

from tocsin.cli import rules_diff

app = typer.Typer(help="Rules: testing, comparing, suggesting.")
app.command()(rules_diff.diff)


@app.callback()
def _rules() -> None:
    """Rules: testing, comparing, suggesting."""
