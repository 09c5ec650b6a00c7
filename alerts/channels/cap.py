"""CAP 1.2 messages (docs/reference/cap.md): kept in a folder for the feed, and posted to a service if there is one."""

import asyncio
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import Field, field_validator, model_validator

from alerts.cap.folder import CapFolder
from alerts.cap.message import CONTENT_TYPE, Profile, cap_message, identifier_of
from alerts.channels.http import TIMEOUT_S, CallError, GuardedClient, by_status, checked_url, unanswered
from alerts.channels.port import Item, Language, Limits, Notice, Outcome
from alerts.channels.settings import ChannelSettings, read_secret_line

_DAY_MS: Final = 86_400_000
_TIDIED_EVERY_MS: Final = 3_600_000


class CapSettings(ChannelSettings):
    kind: Literal["cap"]
    folder: Path
    """Where messages are kept: later ones refer to them, and the feed shows them."""
    sender: Annotated[str, Field(pattern=r"^[^\s,<&]{1,120}$")]
    """Who answers for the messages, such as a domain or an address of mail."""
    sender_name: str = ""
    restriction: str = "Monitoring centre, its departments and the enterprises concerned"
    """For whom it is, unless `public`."""
    languages: Annotated[tuple[Language, ...], Field(min_length=1, max_length=2)] = ("zh", "en")
    valid_s: Annotated[float, Field(ge=60)] = 86_400.0
    radius_km: Annotated[float, Field(ge=0, le=1000)] = 1.0
    geocode: dict[str, str] = Field(default_factory=dict)
    """Codes of the area by the name of their system."""
    contact: str = ""
    keep_days: Annotated[float, Field(ge=1)] = 30.0
    url: str | None = None
    """Where to post each message."""
    token_file: Path | None = None
    """One line, sent as `authorization: Bearer ...`."""
    allow_private: bool = False
    ca_file: Path | None = None
    timeout_s: Annotated[float, Field(gt=0, le=60)] = TIMEOUT_S

    @field_validator("languages")
    @classmethod
    def _each_once(cls, languages: tuple[Language, ...]) -> tuple[Language, ...]:
        if len(set(languages)) < len(languages):
            raise ValueError("names a language twice")
        return languages

    @model_validator(mode="after")
    def _target(self) -> Self:
        if self.url is not None:
            checked_url(self.url, self.allow_private)
        return self

    def open(self) -> "CapChannel":
        return CapChannel(self)

    @property
    def profile(self) -> Profile:
        """What all messages have in common."""
        return Profile(
            sender=self.sender,
            sender_name=self.sender_name,
            scope="Public" if self.public else "Restricted",
            restriction=self.restriction,
            languages=self.languages,
            valid_s=self.valid_s,
            radius_km=self.radius_km,
            geocode=self.geocode,
            contact=self.contact,
        )


class CapChannel:
    """One message an event. Told again, the event is the same message, byte for byte."""

    def __init__(self, settings: CapSettings) -> None:
        self._settings = settings
        self._profile = settings.profile
        self._folder = CapFolder(settings.folder)
        self._writing = asyncio.Lock()
        self._tidied_at_ms = 0
        token = read_secret_line(settings.token_file) if settings.token_file is not None else ""
        self._headers = {"content-type": CONTENT_TYPE, **({"authorization": f"Bearer {token}"} if token else {})}
        self._client = GuardedClient(
            allow_private=settings.allow_private,
            timeout_s=settings.timeout_s,
            ca_file=settings.ca_file,
            redirects=3,
            secrets=(token,),
        )

    @property
    def name(self) -> str:
        return self._settings.name

    @property
    def limits(self) -> Limits:
        """Each event goes alone; one at a time, so that each refers to those before it."""
        return Limits(bundles=False)

    async def send(self, notice: Notice, now_ms: int) -> Outcome:
        """Keep the message, and post it where there is a `url`."""
        outcome = Outcome(False, error="a notice without an event", permanent=True)
        for item in notice.items:
            identifier = identifier_of(item, notice.exercise)
            try:
                async with self._writing:
                    xml = await asyncio.to_thread(self._kept, notice, item, identifier, now_ms)
            except OSError as error:
                return Outcome(False, error=f"{self._settings.folder}: {error.strerror or error}")
            outcome = await self._post(identifier, xml)
            if not outcome.delivered:
                return outcome
        return outcome

    async def close(self) -> None:
        await self._client.close()

    def _kept(self, notice: Notice, item: Item, identifier: str, now_ms: int) -> bytes:
        """The message of that name, made and kept if it was not."""
        xml = self._folder.get(identifier)
        if xml is None:
            references = self._folder.of_alarm(identifier.rpartition(".")[0])
            xml = cap_message(notice, item, self._profile, references, now_ms)
            self._folder.put(identifier, xml)
        if now_ms - self._tidied_at_ms >= _TIDIED_EVERY_MS:
            self._tidied_at_ms = now_ms
            self._folder.drop_before(now_ms - round(self._settings.keep_days * _DAY_MS))
        return xml

    async def _post(self, identifier: str, xml: bytes) -> Outcome:
        if self._settings.url is None:
            return Outcome(True, provider_id=identifier)
        try:
            answer = await self._client.call("POST", self._settings.url, xml, self._headers)
        except CallError as error:
            return unanswered(error)
        outcome = by_status(answer)
        throttled = answer.status == 429
        refused = answer.status in (400, 413, 415, 422)
        return Outcome(
            outcome.delivered,
            outcome.status,
            outcome.answer,
            outcome.error,
            outcome.retry_after_s,
            provider_id=identifier,
            permanent=refused,
            throttled=throttled,
        )
