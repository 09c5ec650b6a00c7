"""The tables of an alarm book as PostgreSQL has them: the same as those of a file of SQLite, with indexes and keys.

The migrations are made from these (docs/how-to/alarm-book-in-postgresql.md says how); a test holds both forms of the
book against them.
"""

from typing import Any, Final

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, LargeBinary, MetaData, String, Table, text

from tocsin.book.outbox_tables import STATES

METADATA: Final = MetaData()


def _text(name: str, **more: Any) -> "Column[str]":
    """In the order of code points, as SQLite compares."""
    return Column(name, String(collation="C"), **({"nullable": False} | more))


def _number(name: str, **more: Any) -> "Column[int]":
    return Column(name, BigInteger, **({"nullable": False, "autoincrement": False} | more))


def _key(name: str = "seq") -> "Column[int]":
    return _number(name, primary_key=True)


def _empty(name: str) -> "Column[str]":
    return _text(name, server_default="")


def _zero(name: str) -> "Column[int]":
    return _number(name, server_default=text("0"))


def _maybe(name: str) -> "Column[int]":
    return _number(name, nullable=True)


def _some(condition: str) -> dict[str, Any]:
    """Of an index over some of the rows."""
    return {"postgresql_where": text(condition), "sqlite_where": text(condition)}


Table("meta", METADATA, _text("key", primary_key=True), _number("value"))
Table(
    "alarms",
    METADATA,
    _text("alarm", primary_key=True),
    *map(_text, ("state", "severity", "peak_severity", "enterprise")),
    _number("raised_at"),
    _text("record"),
    Index("alarms_open", "raised_at", "state", "severity", **_some("state <> 'closed'")),
    Index("alarms_by_time", "raised_at"),
)
Table(
    "events",
    METADATA,
    _key(),
    _text("alarm"),
    *map(_number, ("n", "position")),
    _text("name"),
    *map(_number, ("at", "received_at", "raised_at", "latching")),
    *map(_text, ("form", "readings")),
    Index("events_by_alarm", "alarm", "n", unique=True),
)
Table(
    "actions",
    METADATA,
    _key(),
    *map(_number, ("position", "received_at")),
    *map(_text, ("action", "alarm", "by", "comment")),
    _maybe("until"),
    _text("refused", nullable=True),
    Index("actions_by_alarm", "alarm"),
)
Table("refused_events", METADATA, _key(), _number("position"), *map(_text, ("alarm", "form", "reason")))
Table(
    "overrides",
    METADATA,
    _key(),
    *map(_text, ("alarm", "kind")),
    _number("since"),
    _maybe("until"),
    _text("by"),
    Index("overrides_by_alarm", "alarm"),
    Index("overrides_by_time", "kind", "since"),
)
Table("parents", METADATA, _text("rule", primary_key=True), _text("subject", primary_key=True), _text("alarm"))
Table(
    "quiet",
    METADATA,
    _text("alarm", primary_key=True),
    *map(_text, ("rule", "subject")),
    _text("parent", nullable=True),
    _number("since"),
    _maybe("due"),
    _number("active"),
)
Table("kept", METADATA, _text("part", primary_key=True), _text("key", primary_key=True), _text("form"))
Table(
    "incidents",
    METADATA,
    _text("incident", primary_key=True),
    *map(_text, ("unit", "enterprise")),
    _number("opened_at"),
    _maybe("ends_at"),
    _text("record"),
    Index("incidents_by_time", "opened_at"),
)
Table(
    "incident_alarms",
    METADATA,
    _text("alarm", primary_key=True),
    _text("incident"),
    Index("incident_alarms_of", "incident"),
)
Table(
    "risk_history",
    METADATA,
    _key(),
    _number("at"),
    *map(_text, ("kind", "id", "before", "colour", "because")),
    _number("overdue"),
    Index("risk_history_of", "kind", "id", "at"),
)
Table(
    "override_facts",
    METADATA,
    _text("override", primary_key=True),
    _text("kind"),
    _number("since"),
    _maybe("ended_at"),
    _text("form"),
    Index("override_facts_by_time", "since"),
)
Table(
    "disposals",
    METADATA,
    _text("alarm", primary_key=True),
    _number("opened_at", primary_key=True),
    *map(_text, ("latest", "state", "severity", "enterprise", "overdue")),
    *map(_maybe, ("next_at", "closed_at")),
    _text("record"),
    Index("disposals_by_time", "opened_at"),
    Index("disposals_under_way", "opened_at", **_some("state <> 'closed'")),
    Index("disposals_by_latest", "latest"),
    Index("disposals_next", "next_at", **_some("next_at IS NOT NULL")),
)
Table(
    "disposal_steps",
    METADATA,
    _text("alarm", primary_key=True),
    _number("opened_at", primary_key=True),
    _number("n", primary_key=True),
    *map(_text, ("name", "by")),
    _number("at"),
    _text("fields"),
)
Table(
    "audit",
    METADATA,
    _key(),
    *map(_number, ("position", "at")),
    *map(_text, ("who", "what", "about", "form", "refused", "previous", "hash")),
    Index("audit_by_position", "position", unique=True),
    Index("audit_by_hash", "hash", unique=True),
    Index("audit_about", "about", "seq"),
)
Table(
    "step_origins",
    METADATA,
    _number("shard", primary_key=True),
    _number("entry", primary_key=True),
    _number("position"),
)
Table("facts", METADATA, _key("slot"), _text("alarm"), Index("facts_by_alarm", "alarm", unique=True))
Table("fact_names", METADATA, _key("number"), _text("name"), Index("fact_names_by_name", "name", unique=True))
Table("fact_chunks", METADATA, _key("chunk"), Column("data", LargeBinary, nullable=False))
Table("fact_spans", METADATA, _key("chunk"), *map(_number, ("rows", "open", "first_at", "last_at", "off_at")))
Table(
    "outbox",
    METADATA,
    _key(),
    *map(_text, ("key", "channel")),
    *map(_empty, ("contact", "ways")),
    _zero("way"),
    _text("alarm"),
    _number("n"),
    _text("purpose", server_default="alarm"),
    _empty("route"),
    *map(_zero, ("rung", "urgent", "named")),
    *map(_empty, ("bundle", "approvers", "settled")),
    _number("queued_at"),
    _zero("not_before"),
    _text("state", server_default="due"),
    *map(_zero, ("haste", "next_at", "attempts")),
    *map(_maybe, ("first_at", "ended_at")),
    _empty("message"),
    _zero("listed"),
    *map(_empty, ("unwanted", "error")),
    _zero("reported"),
    CheckConstraint(f"state IN ({', '.join(repr(state) for state in STATES)})", "outbox_states"),
    Index("outbox_by_key", "key", unique=True),
    Index("outbox_due", "channel", "contact", "haste", "next_at", "seq", **_some("state = 'due'")),
    Index("outbox_order", "channel", "contact", "alarm", "seq", **_some("state = 'due'")),
    Index("outbox_held", "seq", **_some("state = 'held'")),
    Index("outbox_dead", "channel", "seq", **_some("state = 'dead'")),
    Index("outbox_unreported", "seq", **_some("state = 'dead' AND reported = 0")),
    Index("outbox_message", "message", **_some("message <> '' AND state IN ('due', 'sending')")),
    Index("outbox_by_event", "alarm", "n"),
    Index("outbox_by_time", "queued_at"),
)
Table(
    "lanes",
    METADATA,
    _text("channel", primary_key=True),
    _text("contact", primary_key=True),
    _number("ready_at"),
    *map(_zero, (f"{kind}_{what}" for kind in ("named", "urgent", "other", "digest") for what in ("at", "gap"))),
    _zero("throttles"),
    Index("lanes_ready", "channel", "ready_at"),
)
Table(
    "attempts",
    METADATA,
    _key(),
    *map(_text, ("message", "channel")),
    _empty("contact"),
    _number("at"),
    _text("result"),
    _maybe("status"),
    *map(_empty, ("provider_id", "answer", "error")),
    _text("receipt", server_default="none"),
    _maybe("receipt_at"),
    _empty("receipt_text"),
    CheckConstraint("result IN ('delivered', 'failed', 'throttled', 'skipped')", "attempts_results"),
    Index("attempts_by_time", "channel", "at"),
    Index("attempts_at", "at"),
)
Table(
    "receipts",
    METADATA,
    _text("channel", primary_key=True),
    _text("provider_id", primary_key=True),
    _number("attempt", primary_key=True),
    _text("contact"),
    _number("sent_at"),
    *map(_maybe, ("came_at", "delivered")),
    Index("receipts_pending", "channel", "sent_at", **_some("came_at IS NULL")),
    Index("receipts_by_attempt", "attempt"),
)
Table(
    "attempt_rows",
    METADATA,
    _number("row", primary_key=True),
    _number("attempt", primary_key=True),
    Index("attempt_rows_by_attempt", "attempt"),
)
