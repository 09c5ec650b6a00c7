"""`tocsin rules`: commands about rules."""

import typer

from tocsin.cli import rules_diff, rules_show, rules_suggest, rules_test

app = typer.Typer(help="Rules: testing, comparing, suggesting.")
app.command("test")(rules_test.run_tests)
app.command()(rules_diff.diff)
app.command()(rules_suggest.suggest)
app.command()(rules_show.show)
app.command()(rules_show.packs)


@app.callback()
def _rules() -> None:
    """Rules: testing, comparing, suggesting."""
