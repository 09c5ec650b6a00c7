"""`tocsin rules`: commands about rules."""

import typer

from tocsin.cli import rules_apply, rules_diff, rules_history, rules_show, rules_suggest, rules_test

app = typer.Typer(help="Rules: testing, comparing, suggesting, applying.")
app.command("test")(rules_test.run_tests)
app.command()(rules_diff.diff)
app.command()(rules_suggest.suggest)
app.command()(rules_apply.apply)
app.command()(rules_history.history)
app.command()(rules_show.show)
app.command()(rules_show.packs)


@app.callback()
def _rules() -> None:
    """Rules: testing, comparing, suggesting, applying."""
