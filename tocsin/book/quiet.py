"""The alarms suppressed by design in the alarm book's file (alerts/suppression.py is what they mean)."""

from alerts.suppression import Effect, Ended, Quiet, Suppressed, Suppression
from tocsin.database import Database, add_rows

KIND = "suppressed_by_design"
"""The kind of these overrides in the table of all of them."""


def load_suppression(db: Database) -> Suppression:
    """The state at the end of the last commit."""
    rows = db.execute("SELECT alarm, rule, subject, parent, since, due, active FROM quiet")
    return Suppression(
        {(rule, subject): alarm for rule, subject, alarm in db.execute("SELECT rule, subject, alarm FROM parents")},
        {
            alarm: Quiet(alarm, rule, subject, parent, since, due, bool(active))
            for alarm, rule, subject, parent, since, due, active in rows
        },
    )


def save_suppression(db: Database, state: Suppression) -> None:
    """Write what has changed, within the caller's transaction."""
    if state.parents_changed:
        db.execute("DELETE FROM parents")
        rows = [(rule, subject, alarm) for (rule, subject), alarm in state.parents.items()]
        db.executemany("INSERT INTO parents (rule, subject, alarm) VALUES (?, ?, ?)", rows)
        state.parents_changed = False
    db.executemany("DELETE FROM quiet WHERE alarm = ?", [(alarm,) for alarm in state.changed])
    db.executemany(
        "INSERT INTO quiet (alarm, rule, subject, parent, since, due, active) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (q.alarm, q.rule, q.subject, q.parent, q.since, q.due, q.active)
            for alarm in state.changed
            if (q := state.quiet.get(alarm)) is not None
        ],
    )
    state.changed.clear()


def write_override(db: Database, effect: Effect) -> None:
    """Note that an override began or ended."""
    if isinstance(effect, Suppressed):
        db.execute(
            "UPDATE overrides SET until = ? WHERE alarm = ? AND kind = ? AND until IS NULL",
            (effect.at, effect.alarm, KIND),
        )
        begun = (effect.alarm, KIND, effect.at, None, effect.parent)
        add_rows(db, "overrides", ("alarm", "kind", "since", "until", "by"), [begun])
    elif isinstance(effect, Ended):
        db.execute(
            "UPDATE overrides SET until = ? WHERE alarm = ? AND kind = ? AND until IS NULL",
            (effect.at, effect.alarm, KIND),
        )
