"""Prometheus Alertmanager as a receiver: alarms as its alerts, for those who already have its routes."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

import msgspec
from pydantic import Field, field_validator, model_validator

from alerts.channels.cloudevents import rfc3339
from alerts.channels.http import TIMEOUT_S, CallError, GuardedClient, by_status, checked_url, unanswered
from alerts.channels.port import Item, Limits, Notice, Outcome
from alerts.channels.settings import ChannelSettings, read_secret_line
from alerts.wording import language_of, markdown
from alerts.wording.measure import clean
from alerts.wording.saying import Saying, marks_of
from alerts.wording.texts import headline

_SEVERITIES: Final = ("red", "orange", "yellow", "blue")
_ONCE_MS: Final = 3_600_000
"""Late alarms and tests, which nobody clears: ended by themselves after an hour."""


class AlertmanagerSettings(ChannelSettings):
    kind: Literal["alertmanager"]
    url: str
    """Up to `/api/v2/alerts`, such as http://127.0.0.1:9093."""
    token_file: Path | None = None
    """Holds a bearer token, where a proxy before it asks for one."""
    stands_s: Annotated[float, Field(gt=0)] = 30 * 86_400.0
    """An alert that nobody ends goes on for so long; Alertmanager needs no repeats until then."""
    labels: dict[str, str] = Field(default_factory=dict)
    """Added to every alert, for its routes."""
    allow_private: bool = False
    ca_file: Path | None = None

    @field_validator("labels")
    @classmethod
    def _names(cls, labels: dict[str, str]) -> dict[str, str]:
        for name in labels:
            if not (name.isascii() and name.isidentifier()):
                raise ValueError(f"{name!r} is no label, allowed are letters, digits and _")
        return labels

    @model_validator(mode="after")
    def _target(self) -> Self:
        checked_url(self.url, self.allow_private)
        return self

    def open(self) -> "AlertmanagerChannel":
        return AlertmanagerChannel(self)


class AlertmanagerChannel:
    """Posts alerts. Its own routes, silences and repeats decide who is told."""

    def __init__(self, settings: AlertmanagerSettings, timeout_s: float = TIMEOUT_S) -> None:
        self._settings = settings
        token = read_secret_line(settings.token_file) if settings.token_file is not None else ""
        self._headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})
        self._client = GuardedClient(
            allow_private=settings.allow_private,
            timeout_s=timeout_s,
            ca_file=settings.ca_file,
            redirects=3,
            secrets=(token,),
        )

    @property
    def name(self) -> str:
        return self._settings.name

    @property
    def limits(self) -> Limits:
        return Limits(concurrency=4, most_items=200)

    async def send(self, notice: Notice, now_ms: int) -> Outcome:
        """Post the items. Delivered is a 2xx; a 400 says that an alert is none, and trying again can't help."""
        body = msgspec.json.encode(
            [alert for item in notice.items for alert in alerts_of(item, notice, now_ms, self._settings)]
        )
        url = f"{self._settings.url.rstrip('/')}/api/v2/alerts"
        try:
            answer = await self._client.call("POST", url, body, self._headers)
        except CallError as error:
            return unanswered(error)
        return replace(by_status(answer), permanent=answer.status == 400, throttled=answer.status == 429)

    async def close(self) -> None:
        await self._client.close()


def alerts_of(item: Item, notice: Notice, now_ms: int, settings: AlertmanagerSettings) -> list[dict[str, Any]]:
    """The alert of an item, and the ends of those that the same alarm had in another severity.

    Alertmanager knows an alert by its labels, of which the severity is one: an alarm that rises is another alert
    there, and the one before has to end. The end of an alert that never was is told to nobody.
    """
    language = language_of(notice)
    saying = Saying(item, language)
    facts = saying.facts
    begun_ms = facts.raised_at_ms or item.at_ms
    if saying.over:
        ends_ms = item.at_ms
    elif saying.late or item.purpose == "test":
        ends_ms = now_ms + _ONCE_MS
    else:
        ends_ms = now_ms + round(settings.stands_s * 1000)
    labels = {
        **settings.labels,
        "alertname": facts.rule or "tocsin",
        "alarm": facts.alarm,
        "enterprise": item.enterprise,
        "subject": item.subject,
        "side": facts.side,
        "exercise": "true" if notice.exercise else "",
    }
    labels = {name: clean(value) for name, value in labels.items() if value}
    alone = Notice(notice.id, (item,), notice.recipient, notice.urgent, notice.exercise)
    shown = {
        "annotations": {
            "summary": marks_of(alone, language) + headline(saying),
            "description": markdown(alone, heading=False),
        },
        "startsAt": rfc3339(begun_ms),
        "generatorURL": item.link if item.link.startswith(("https://", "http://")) else "",
    }
    others = [severity for severity in _SEVERITIES if severity != facts.severity]
    ended = [(severity, item.at_ms) for severity in others]
    return [
        {"labels": {**labels, "severity": severity}, "endsAt": rfc3339(max(at_ms, begun_ms)), **shown}
        for severity, at_ms in [(facts.severity, ends_ms), *ended]
        if severity
    ]
