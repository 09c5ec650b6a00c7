"""CloudEvents 1.0, structured mode: the envelope around an alarm event (pure)."""

from datetime import UTC, datetime, timedelta

import msgspec

from alerts.channels.port import Item

CONTENT_TYPE = "application/cloudevents+json"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def rfc3339(ms: int) -> str:
    """Milliseconds since the epoch as RFC 3339 in UTC, to the millisecond."""
    return (_EPOCH + timedelta(milliseconds=ms)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def cloud_event(item: Item, event_id: str) -> bytes:
    """The event as one CloudEvent in JSON. `data` is the event object byte for byte."""
    return msgspec.json.encode(
        {
            "specversion": "1.0",
            "id": event_id,
            "source": f"/enterprises/{item.enterprise}" if item.enterprise else "/site",
            "type": f"org.tocsin.alarm.{item.name}",
            "subject": item.subject,
            "time": rfc3339(item.at_ms),
            "datacontenttype": "application/json",
            "data": msgspec.Raw(item.event),
        }
    )
