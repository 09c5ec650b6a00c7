"""Voice calls by any provider that takes them over HTTP: what it wants to hear is said in the settings."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

import msgspec
from pydantic import Field, model_validator

from alerts.channels.http import TIMEOUT_S, Answer, CallError, GuardedClient, by_status, checked_url, unanswered
from alerts.channels.phone import e164, national
from alerts.channels.port import Limits, Notice, Outcome, Quota
from alerts.channels.settings import ChannelSettings, read_secret_line
from alerts.channels.template import BodyForm, at_path, in_address, in_header, put_in, unknown_fields
from alerts.wording import facts_of, language_of, spoken, title

FIELDS: Final = frozenset(
    {"alarm", "contact", "enterprise", "id", "language", "name", "now_s", "phone", "phone_e164", "secret", "severity",
     "subject", "text", "title", "unit"}
)  # fmt: skip
"""What may stand in braces in url, headers and body."""

_CONTENT_TYPES: Final = {
    "json": "application/json; charset=utf-8",
    "form": "application/x-www-form-urlencoded",
    "text": "text/plain; charset=utf-8",
}
_ANSWER_BYTES = 16 * 1024


class VoiceSettings(ChannelSettings):
    kind: Literal["voice"]
    url: str
    """May have fields, behind the host."""
    method: Literal["POST", "PUT", "GET"] = "POST"
    headers: dict[str, str] = Field(default_factory=dict)
    """May have fields, such as `Bearer {secret}`."""
    body: str = ""
    body_form: BodyForm = "json"
    """How fields are escaped in the body, and its content type."""
    secret_file: Path | None = None
    """Holds what `{secret}` stands for."""
    success_path: str = ""
    """Where the answer (JSON) tells whether the call was taken; empty: the HTTP status tells it."""
    success_values: tuple[str, ...] = ()
    throttled_values: tuple[str, ...] = ()
    """Values there which say that a limit is reached."""
    permanent_values: tuple[str, ...] = ()
    """Values there with which trying again can't help, such as a wrong number."""
    id_path: str = ""
    """Where the answer has the provider's name for the call."""
    most_characters: Annotated[int, Field(ge=40, le=2000)] = 300
    """Of what is spoken."""
    calls_per_minute: Annotated[int, Field(ge=1, le=10_000)] = 30
    allow_private: bool = False
    ca_file: Path | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        checked_url(self.url, self.allow_private)
        if "{" in self.url.split("://", 1)[-1].partition("/")[0]:
            raise ValueError("url has a field in its host, allowed are fields behind it")
        for what, template in (("url", self.url), ("body", self.body), *self.headers.items()):
            unknown = unknown_fields(template, FIELDS)
            if unknown:
                raise ValueError(f"{what} has the unknown field {unknown[0]}, allowed are {', '.join(sorted(FIELDS))}")
            if "{secret}" in template and self.secret_file is None:
                raise ValueError(f"{what} has the field secret, and there is no secret_file")
        if not any("{phone" in template for template in (self.url, self.body, *self.headers.values())):
            raise ValueError("neither url nor body has the field phone: whom should it call?")
        if self.body_form == "json" and self.body and not _is_json(put_in(self.body, {}, "json")):
            raise ValueError("body is no JSON")
        if bool(self.success_path) != bool(self.success_values):
            raise ValueError("success_path and success_values need each other")
        return self

    def open(self) -> "VoiceChannel":
        return VoiceChannel(self)


class VoiceChannel:
    """Asks the provider for a call in which the text is spoken."""

    def __init__(self, settings: VoiceSettings, timeout_s: float = TIMEOUT_S) -> None:
        self._settings = settings
        self._secret = read_secret_line(settings.secret_file) if settings.secret_file is not None else ""
        self._client = GuardedClient(
            allow_private=settings.allow_private,
            timeout_s=timeout_s,
            ca_file=settings.ca_file,
            redirects=3,
            secrets=(self._secret,),
            answer_bytes=_ANSWER_BYTES,
        )

    @property
    def name(self) -> str:
        return self._settings.name

    @property
    def limits(self) -> Limits:
        quota = Quota(self._settings.calls_per_minute, 60.0)
        return Limits(quotas=(quota,), kept_for_red=0.3, concurrency=4, most_items=5)

    async def send(self, notice: Notice, now_ms: int) -> Outcome:
        """Ask for one call. Delivered: the provider has taken it; whether somebody picked up it does not tell here."""
        phone = notice.recipient.phone if notice.recipient is not None else None
        try:
            number = e164(phone or "")
        except ValueError as error:
            return Outcome(False, error=f"the phone {error}" if phone else "the contact has no phone", permanent=True)
        settings = self._settings
        fields = self._fields(notice, number, now_ms)
        body = put_in(settings.body, fields, settings.body_form).encode()
        headers = {"content-type": _CONTENT_TYPES[settings.body_form]} if settings.body else {}
        headers |= {name: in_header(template, fields) for name, template in settings.headers.items()}
        try:
            answer = await self._client.call(settings.method, in_address(settings.url, fields), body, headers)
        except CallError as error:
            return unanswered(error)
        return self._judged(answer)

    async def close(self) -> None:
        await self._client.close()

    def _fields(self, notice: Notice, number: str, now_ms: int) -> dict[str, str]:
        facts, recipient = facts_of(notice.first), notice.recipient
        return {
            "alarm": facts.alarm,
            "contact": recipient.contact if recipient is not None else "",
            "enterprise": facts.enterprise_name,
            "id": notice.id,
            "language": language_of(notice),
            "name": recipient.name if recipient is not None else "",
            "now_s": str(now_ms // 1000),
            "phone": national(number),
            "phone_e164": number,
            "secret": self._secret,
            "severity": facts.severity,
            "subject": facts.subject_name,
            "text": spoken(notice, self._settings.most_characters),
            "title": title(notice),
            "unit": facts.unit_name,
        }

    def _judged(self, answer: Answer) -> Outcome:
        settings = self._settings
        outcome = replace(by_status(answer), throttled=answer.status == 429, permanent=answer.status in (400, 404))
        form = _json_of(answer)
        provider_id = (at_path(form, settings.id_path) or "") if settings.id_path else ""
        if not settings.success_path:
            return replace(outcome, provider_id=provider_id if outcome.delivered else "")
        found = at_path(form, settings.success_path)
        if answer.ok and found in settings.success_values:
            return replace(outcome, provider_id=provider_id)
        if found is None:
            return replace(outcome, delivered=False, error=outcome.error or f"no {settings.success_path} in the answer")
        return replace(
            outcome,
            delivered=False,
            error=self._client.masked(f"{settings.success_path} is {found[:100]}"),
            throttled=found in settings.throttled_values or answer.status == 429,
            permanent=found in settings.permanent_values,
        )


def _json_of(answer: Answer) -> Any:
    try:
        return msgspec.json.decode(answer.body) if answer.whole else None
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _is_json(text: str) -> bool:
    try:
        msgspec.json.decode(text)
    except msgspec.MsgspecError:
        return False
    return True
