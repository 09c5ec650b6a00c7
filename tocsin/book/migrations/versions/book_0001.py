"""The alarm book as files of SQLite of version 3 have it."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_TEXT = sa.String(collation="C")

_FUNCTIONS = (
    # What SQLite calls so; of paths those of members and places alone: $.rule, $[0][1].
    """
CREATE FUNCTION json_extract(form text, path text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CAST(form AS json) #>> string_to_array(trim(BOTH '.' FROM regexp_replace(path, '[$.\\[\\]]+', '.', 'g')), '.')
""",
    """
CREATE FUNCTION instr(whole text, part text) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN strpos(whole, part)
""",
)
_AUDIT_IS_ONLY_ADDED_TO = (
    """
CREATE FUNCTION audit_in_order() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE last record;
BEGIN
    SELECT seq, hash INTO last FROM audit ORDER BY seq DESC LIMIT 1;
    IF NEW.seq <> coalesce(last.seq, 0) + 1 OR NEW.previous <> coalesce(last.hash, NEW.previous) THEN
        RAISE EXCEPTION 'the audit trail is only added to, at its end';
    END IF;
    RETURN NEW;
END $$
""",
    "CREATE TRIGGER audit_in_order BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION audit_in_order()",
    """
CREATE FUNCTION audit_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit trail is never changed, and nothing is taken from it';
END $$
""",
    "CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON audit"
    " FOR EACH STATEMENT EXECUTE FUNCTION audit_stays()",
)


def upgrade() -> None:
    """From nothing."""
    for statement in _FUNCTIONS:
        op.execute(statement)
    _make_tables()
    for statement in _AUDIT_IS_ONLY_ADDED_TO:
        op.execute(statement)
    # Parts of chunks are written over: what is compressed would be packed anew each time.
    op.execute("ALTER TABLE fact_chunks ALTER COLUMN data SET STORAGE EXTERNAL")
    op.execute("INSERT INTO meta (key, value) VALUES ('schema_version', 3), ('position', 0)")


def _make_tables() -> None:
    op.create_table(
        "actions",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("action", _TEXT, nullable=False),
        sa.Column("alarm", _TEXT, nullable=False),
        sa.Column("by", _TEXT, nullable=False),
        sa.Column("comment", _TEXT, nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("refused", _TEXT, nullable=True),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("actions_by_alarm", "actions", ["alarm"])
    op.create_table(
        "alarms",
        sa.Column("alarm", _TEXT, nullable=False),
        sa.Column("state", _TEXT, nullable=False),
        sa.Column("severity", _TEXT, nullable=False),
        sa.Column("peak_severity", _TEXT, nullable=False),
        sa.Column("enterprise", _TEXT, nullable=False),
        sa.Column("raised_at", sa.BigInteger(), nullable=False),
        sa.Column("record", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("alarm"),
    )
    op.create_index("alarms_by_time", "alarms", ["raised_at"])
    op.create_index(
        "alarms_open", "alarms", ["raised_at", "state", "severity"], postgresql_where=sa.text("state <> 'closed'")
    )
    op.create_table(
        "attempt_rows",
        sa.Column("row", sa.BigInteger(), nullable=False),
        sa.Column("attempt", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("row", "attempt"),
    )
    op.create_index("attempt_rows_by_attempt", "attempt_rows", ["attempt"])
    op.create_table(
        "attempts",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("message", _TEXT, nullable=False),
        sa.Column("channel", _TEXT, nullable=False),
        sa.Column("contact", _TEXT, server_default="", nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("result", _TEXT, nullable=False),
        sa.Column("status", sa.BigInteger(), nullable=True),
        sa.Column("provider_id", _TEXT, server_default="", nullable=False),
        sa.Column("answer", _TEXT, server_default="", nullable=False),
        sa.Column("error", _TEXT, server_default="", nullable=False),
        sa.Column("receipt", _TEXT, server_default="none", nullable=False),
        sa.Column("receipt_at", sa.BigInteger(), nullable=True),
        sa.Column("receipt_text", _TEXT, server_default="", nullable=False),
        sa.CheckConstraint("result IN ('delivered', 'failed', 'throttled', 'skipped')", name="attempts_results"),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("attempts_at", "attempts", ["at"])
    op.create_index("attempts_by_time", "attempts", ["channel", "at"])
    op.create_table(
        "audit",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("who", _TEXT, nullable=False),
        sa.Column("what", _TEXT, nullable=False),
        sa.Column("about", _TEXT, nullable=False),
        sa.Column("form", _TEXT, nullable=False),
        sa.Column("refused", _TEXT, nullable=False),
        sa.Column("previous", _TEXT, nullable=False),
        sa.Column("hash", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("audit_about", "audit", ["about", "seq"])
    op.create_index("audit_by_hash", "audit", ["hash"], unique=True)
    op.create_index("audit_by_position", "audit", ["position"], unique=True)
    op.create_table(
        "disposal_steps",
        sa.Column("alarm", _TEXT, nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("by", _TEXT, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("fields", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("alarm", "opened_at", "n"),
    )
    op.create_table(
        "disposals",
        sa.Column("alarm", _TEXT, nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("latest", _TEXT, nullable=False),
        sa.Column("state", _TEXT, nullable=False),
        sa.Column("severity", _TEXT, nullable=False),
        sa.Column("enterprise", _TEXT, nullable=False),
        sa.Column("overdue", _TEXT, nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("record", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("alarm", "opened_at"),
    )
    op.create_index("disposals_by_latest", "disposals", ["latest"])
    op.create_index("disposals_by_time", "disposals", ["opened_at"])
    op.create_index("disposals_next", "disposals", ["next_at"], postgresql_where=sa.text("next_at IS NOT NULL"))
    op.create_index("disposals_under_way", "disposals", ["opened_at"], postgresql_where=sa.text("state <> 'closed'"))
    op.create_table(
        "events",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("alarm", _TEXT, nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("raised_at", sa.BigInteger(), nullable=False),
        sa.Column("latching", sa.BigInteger(), nullable=False),
        sa.Column("form", _TEXT, nullable=False),
        sa.Column("readings", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("events_by_alarm", "events", ["alarm", "n"], unique=True)
    op.create_table(
        "fact_chunks",
        sa.Column("chunk", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("chunk"),
    )
    op.create_table(
        "fact_names",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index("fact_names_by_name", "fact_names", ["name"], unique=True)
    op.create_table(
        "fact_spans",
        sa.Column("chunk", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("open", sa.BigInteger(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("off_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("chunk"),
    )
    op.create_table(
        "facts",
        sa.Column("slot", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("alarm", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("slot"),
    )
    op.create_index("facts_by_alarm", "facts", ["alarm"], unique=True)
    op.create_table(
        "incident_alarms",
        sa.Column("alarm", _TEXT, nullable=False),
        sa.Column("incident", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("alarm"),
    )
    op.create_index("incident_alarms_of", "incident_alarms", ["incident"])
    op.create_table(
        "incidents",
        sa.Column("incident", _TEXT, nullable=False),
        sa.Column("unit", _TEXT, nullable=False),
        sa.Column("enterprise", _TEXT, nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=True),
        sa.Column("record", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("incident"),
    )
    op.create_index("incidents_by_time", "incidents", ["opened_at"])
    op.create_table(
        "kept",
        sa.Column("part", _TEXT, nullable=False),
        sa.Column("key", _TEXT, nullable=False),
        sa.Column("form", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("part", "key"),
    )
    op.create_table(
        "lanes",
        sa.Column("channel", _TEXT, nullable=False),
        sa.Column("contact", _TEXT, nullable=False),
        sa.Column("ready_at", sa.BigInteger(), nullable=False),
        sa.Column("named_at", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("named_gap", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("urgent_at", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("urgent_gap", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("other_at", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("other_gap", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("digest_at", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("digest_gap", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("throttles", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("channel", "contact"),
    )
    op.create_index("lanes_ready", "lanes", ["channel", "ready_at"])
    op.create_table(
        "meta",
        sa.Column("key", _TEXT, nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_table(
        "outbox",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", _TEXT, nullable=False),
        sa.Column("channel", _TEXT, nullable=False),
        sa.Column("contact", _TEXT, server_default="", nullable=False),
        sa.Column("ways", _TEXT, server_default="", nullable=False),
        sa.Column("way", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("alarm", _TEXT, nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("purpose", _TEXT, server_default="alarm", nullable=False),
        sa.Column("route", _TEXT, server_default="", nullable=False),
        sa.Column("rung", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("urgent", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("named", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("bundle", _TEXT, server_default="", nullable=False),
        sa.Column("approvers", _TEXT, server_default="", nullable=False),
        sa.Column("settled", _TEXT, server_default="", nullable=False),
        sa.Column("queued_at", sa.BigInteger(), nullable=False),
        sa.Column("not_before", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("state", _TEXT, server_default="due", nullable=False),
        sa.Column("haste", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_at", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("attempts", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("message", _TEXT, server_default="", nullable=False),
        sa.Column("listed", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("unwanted", _TEXT, server_default="", nullable=False),
        sa.Column("error", _TEXT, server_default="", nullable=False),
        sa.Column("reported", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint(
            "state IN ('held', 'due', 'sending', 'delivered', 'dead', 'withdrawn', 'rejected')", name="outbox_states"
        ),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("outbox_by_event", "outbox", ["alarm", "n"])
    op.create_index("outbox_by_key", "outbox", ["key"], unique=True)
    op.create_index("outbox_by_time", "outbox", ["queued_at"])
    op.create_index("outbox_dead", "outbox", ["channel", "seq"], postgresql_where=sa.text("state = 'dead'"))
    op.create_index(
        "outbox_due",
        "outbox",
        ["channel", "contact", "haste", "next_at", "seq"],
        postgresql_where=sa.text("state = 'due'"),
    )
    op.create_index("outbox_held", "outbox", ["seq"], postgresql_where=sa.text("state = 'held'"))
    op.create_index(
        "outbox_message",
        "outbox",
        ["message"],
        postgresql_where=sa.text("message <> '' AND state IN ('due', 'sending')"),
    )
    op.create_index(
        "outbox_order", "outbox", ["channel", "contact", "alarm", "seq"], postgresql_where=sa.text("state = 'due'")
    )
    op.create_index("outbox_unreported", "outbox", ["seq"], postgresql_where=sa.text("state = 'dead' AND reported = 0"))
    op.create_table(
        "override_facts",
        sa.Column("override", _TEXT, nullable=False),
        sa.Column("kind", _TEXT, nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("form", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("override"),
    )
    op.create_index("override_facts_by_time", "override_facts", ["since"])
    op.create_table(
        "overrides",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("alarm", _TEXT, nullable=False),
        sa.Column("kind", _TEXT, nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("by", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("overrides_by_alarm", "overrides", ["alarm"])
    op.create_index("overrides_by_time", "overrides", ["kind", "since"])
    op.create_table(
        "parents",
        sa.Column("rule", _TEXT, nullable=False),
        sa.Column("subject", _TEXT, nullable=False),
        sa.Column("alarm", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("rule", "subject"),
    )
    op.create_table(
        "quiet",
        sa.Column("alarm", _TEXT, nullable=False),
        sa.Column("rule", _TEXT, nullable=False),
        sa.Column("subject", _TEXT, nullable=False),
        sa.Column("parent", _TEXT, nullable=True),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=True),
        sa.Column("active", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("alarm"),
    )
    op.create_table(
        "receipts",
        sa.Column("channel", _TEXT, nullable=False),
        sa.Column("provider_id", _TEXT, nullable=False),
        sa.Column("attempt", sa.BigInteger(), nullable=False),
        sa.Column("contact", _TEXT, nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=False),
        sa.Column("came_at", sa.BigInteger(), nullable=True),
        sa.Column("delivered", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("channel", "provider_id", "attempt"),
    )
    op.create_index("receipts_by_attempt", "receipts", ["attempt"])
    op.create_index("receipts_pending", "receipts", ["channel", "sent_at"], postgresql_where=sa.text("came_at IS NULL"))
    op.create_table(
        "refused_events",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("alarm", _TEXT, nullable=False),
        sa.Column("form", _TEXT, nullable=False),
        sa.Column("reason", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_table(
        "risk_history",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", _TEXT, nullable=False),
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("before", _TEXT, nullable=False),
        sa.Column("colour", _TEXT, nullable=False),
        sa.Column("because", _TEXT, nullable=False),
        sa.Column("overdue", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("risk_history_of", "risk_history", ["kind", "id", "at"])
    op.create_table(
        "step_origins",
        sa.Column("shard", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entry", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("shard", "entry"),
    )
