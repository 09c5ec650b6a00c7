"""CloudEvents 1.0, structured mode: the envelope around an alarm event (pure)."""

from datetime import UTC, datetime, timedelta

import msgspec

from alerts.channels.port import Notice

CONTENT_TYPE = "application/cloudevents+json"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def rfc3339(ms: int) -> str:
    """Milliseconds since the epoch as RFC 3339 in UTC, to the millisecond."""
    return (_EPOCH + timedelta(milliseconds=ms)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def cloud_event(notice: Notice) -> bytes:
    """The notice as one CloudEvent in JSON. `data` is the event object byte for byte."""
    return msgspec.json.encode(
        {
            "specversion": "1.0",
            "id": notice.id,
            "source": f"/enterprises/{notice.enterprise}" if notice.enterprise else "/site",
            "type": f"org.tocsin.alarm.{notice.name}",
            "subject": notice.subject,
            "time": rfc3339(notice.at_ms),
            "datacontenttype": "application/json",
            "data": msgspec.Raw(notice.event),
        }
    )
