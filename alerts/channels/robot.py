"""What robots of group chats have in common: an address that is a secret, and errors told with HTTP 200."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

import msgspec

from alerts.channels.http import Answer, CallError, GuardedClient, checked_url, unanswered
from alerts.channels.phone import is_mainland, mobile, national
from alerts.channels.port import Limits, Notice, Outcome
from alerts.channels.settings import ChannelSettings, read_secret_line
from alerts.wording.measure import clean

_SHORTEST_SECRET = 12
"""Shorter parts of an address are no keys."""
_ANSWER_BYTES = 16 * 1024


class RobotSettings(ChannelSettings):
    """Of one robot in one group."""

    url_file: Path
    """Holds the robot's address as the chat shows it: who knows it can write to the group."""
    allow_private: bool = False
    """The chat's servers stand inside private address ranges."""
    ca_file: Path | None = None
    """The authority (PEM) that signed the servers' certificate, where it is not a public one."""


class Codes(NamedTuple):
    """How a service tells what came of a message."""

    code: tuple[str, ...]
    """Keys of the answer under which the code may stand; 0 is delivered."""
    text: tuple[str, ...]
    throttled: Mapping[int, float]
    """Code -> seconds to wait."""
    permanent: frozenset[int]
    """Trying again can't help."""


class ChatRobot(ABC):
    """One robot. ValueError when made if a secret or the authority can't be read."""

    def __init__(
        self, settings: RobotSettings, codes: Codes, limits: Limits, timeout_s: float, secrets: tuple[str, ...] = ()
    ) -> None:
        self._settings = settings
        self._codes = codes
        self._limits = limits
        self._url = robot_url(settings)
        self._client = GuardedClient(
            allow_private=settings.allow_private,
            timeout_s=timeout_s,
            ca_file=settings.ca_file,
            secrets=(*secrets, *secrets_in(self._url)),
            answer_bytes=_ANSWER_BYTES,
        )

    @property
    def name(self) -> str:
        return self._settings.name

    @property
    def limits(self) -> Limits:
        return self._limits

    async def send(self, notice: Notice, now_ms: int) -> Outcome:
        """Post the notice once. Delivered is what the service answers with the code 0, not any HTTP 200."""
        url, form = self._request(notice, now_ms)
        try:
            answer = await self._client.call(
                "POST", url, msgspec.json.encode(form), {"content-type": "application/json; charset=utf-8"}
            )
        except CallError as error:
            return unanswered(error)
        return judged(answer, self._codes, self._client)

    async def close(self) -> None:
        await self._client.close()

    @abstractmethod
    def _request(self, notice: Notice, now_ms: int) -> tuple[str, dict[str, Any]]:
        """Address and body of the call."""

    def _handle(self, notice: Notice) -> str:
        """What the chat calls the recipient; empty where contacts.csv does not say."""
        return notice.recipient.handles.get(self.name, "") if notice.recipient is not None else ""

    def _phone(self, notice: Notice) -> str:
        """The recipient's mobile number of mainland China, by which chats know their members; else empty."""
        try:
            number = mobile(notice.recipient.phone if notice.recipient is not None else None)
        except ValueError:
            return ""
        return national(number) if is_mainland(number) else ""


def robot_url(settings: RobotSettings) -> str:
    """The address in the file. ValueError says what is wrong with it, without showing it."""
    url = read_secret_line(settings.url_file)
    try:
        checked_url(url, settings.allow_private)
    except ValueError as error:
        raise ValueError(f"{settings.url_file}: {error}") from None
    if not url.startswith("https://") and not settings.allow_private:
        raise ValueError(f"{settings.url_file}: url is not https, which a robot's key needs")
    return url.partition("#")[0]


def secrets_in(url: str) -> tuple[str, ...]:
    """The parts of a robot's address that may be keys."""
    parts = urlsplit(url)
    given = [value for _, value in parse_qsl(parts.query)] + parts.path.split("/")
    return tuple(part for part in given if len(part) >= _SHORTEST_SECRET)


def judged(answer: Answer, codes: Codes, client: GuardedClient) -> Outcome:
    """What came of a call, by the code in the answer."""
    form = _object(answer)
    code = next((form[key] for key in codes.code if type(form.get(key)) is int), None)  # false is no 0
    if code == 0 and answer.ok:
        return Outcome(True, answer.status, answer.shown)
    if code is None or code == 0:
        throttled = answer.status == 429
        error = f"HTTP {answer.status}" + (", an answer that can't be understood" if answer.ok else "")
        return Outcome(False, answer.status, answer.shown, error, answer.retry_after_s, throttled=throttled)
    said = clean(str(next((form[key] for key in codes.text if form.get(key)), "")), 200)
    wait_s = codes.throttled.get(code, 60.0 if answer.status == 429 else None)
    return Outcome(
        False,
        answer.status,
        answer.shown,
        client.masked(f"error {code}: {said}" if said else f"error {code}"),
        answer.retry_after_s if answer.retry_after_s is not None else wait_s,
        permanent=code in codes.permanent,
        throttled=wait_s is not None,
    )


def _object(answer: Answer) -> dict[str, Any]:
    """The answer as a JSON object; an empty one where it is none."""
    try:
        return msgspec.json.decode(answer.body, type=dict[str, Any]) if answer.whole else {}
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return {}
