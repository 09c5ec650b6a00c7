"""Webhooks: CloudEvents over HTTP POST, signed by Standard Webhooks."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator
from standardwebhooks import Webhook

from alerts.channels.cloudevents import CONTENT_TYPE, cloud_event
from alerts.channels.http import TIMEOUT_S, CallError, GuardedClient, by_status, checked_url, unanswered
from alerts.channels.port import Limits, Notice, Outcome
from alerts.targets import Target
from rules.schema import Severity

_OURS = frozenset({"content-type", "content-length", "host", "webhook-id", "webhook-timestamp", "webhook-signature"})


CONCURRENCY = 8
"""Requests on their way to one target at a time."""


class WebhookSettings(BaseModel):
    """One `[[webhook]]` of the settings."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    url: str
    secret_file: Path
    """Holds a Standard Webhooks secret, `whsec_...`."""
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9._:-]{1,64}$")] = ""
    """Key in the outbox; the url's host and port where left out. Two webhooks of one host need names."""
    min_severity: Severity = "blue"
    allow_private: bool = False
    """Targets inside private address ranges."""
    ca_file: Path | None = None
    """The authority (PEM) that signed the target's certificate, where it is not a public one."""
    headers: dict[str, str] = Field(default_factory=dict)
    """Sent along, for instance for a gateway's key."""

    @model_validator(mode="before")
    @classmethod
    def _name(cls, given: object) -> object:
        if isinstance(given, dict) and not given.get("name") and isinstance(given.get("url"), str):
            host_and_port = urlsplit(given["url"]).netloc.rpartition("@")[2].replace("[", "").replace("]", "")
            return {**given, "name": host_and_port} if host_and_port else given
        return given

    @model_validator(mode="after")
    def _target(self) -> Self:
        checked_url(self.url, self.allow_private)
        for header in self.headers:
            if header.lower() in _OURS:
                raise ValueError(f"headers sets {header}, which is set by Tocsin")
        return self

    @property
    def target(self) -> Target:
        """The outbox target of this webhook."""
        return Target(self.name, self.min_severity)


def read_secret(path: Path) -> str:
    """The secret that a file holds. ValueError says what is wrong, without the secret."""
    try:
        secret = path.read_text(encoding="utf-8").strip()
        Webhook(secret)
    except OSError as error:
        raise ValueError(f"{path}: the secret can't be read: {error.strerror}") from None
    except Exception:
        raise ValueError(f"{path}: not a Standard Webhooks secret, allowed is whsec_ and base64") from None
    return secret


class WebhookChannel:
    """Sends notices to one webhook. Reads secret and authority once, when made (ValueError if it can't)."""

    def __init__(self, settings: WebhookSettings, timeout_s: float = TIMEOUT_S) -> None:
        self._settings = settings
        self._signer = Webhook(read_secret(settings.secret_file))
        self._client = GuardedClient(
            allow_private=settings.allow_private, timeout_s=timeout_s, ca_file=settings.ca_file
        )

    @property
    def name(self) -> str:
        return self._settings.name

    @property
    def limits(self) -> Limits:
        """Each event goes alone, eight at a time."""
        return Limits(bundles=False, concurrency=CONCURRENCY)

    @property
    def target(self) -> Target:
        """What it is in the outbox."""
        return self._settings.target

    async def send(self, notice: Notice, now_ms: int) -> Outcome:
        """POST the notice once. Delivered is a 2xx within the time limit; redirects are not followed."""
        body = cloud_event(notice.first, notice.id)
        signed_at = datetime.fromtimestamp(now_ms // 1000, UTC)
        headers = {
            **self._settings.headers,
            "content-type": CONTENT_TYPE,
            "user-agent": "tocsin",
            "webhook-id": notice.id,
            "webhook-timestamp": str(now_ms // 1000),
            "webhook-signature": self._signer.sign(notice.id, signed_at, body.decode()),
        }
        try:
            answer = await self._client.call("POST", self._settings.url, body, headers)
        except CallError as error:
            return unanswered(error)
        return by_status(answer)

    async def close(self) -> None:
        await self._client.close()
