"""Short messages over SMPP 3.4, to a carrier's or a gateway's message centre, for sites without internet."""

import ssl
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from alerts.channels.phone import is_mainland, mobile, national
from alerts.channels.port import Limits, Notice, Outcome, Quota, Receipt, Reply
from alerts.channels.sending import Inbox, Parts, receipts_of, told
from alerts.channels.settings import ChannelSettings, read_secret_line
from alerts.channels.smpp_session import Account, SmppError, SmppSession
from alerts.channels.sms_parts import parts_of, room
from alerts.channels.worker import Worker
from alerts.wording import short_text, ucs2

_THROTTLED: Final = frozenset({0x14, 0x58})
"""Message queue full, throttled."""
_PERMANENT: Final = frozenset({0x01, 0x0A, 0x0B, 0x43, 0x48, 0x49, 0x50, 0x51})
"""Of length, addresses and class: trying again can't help."""


class SmppSettings(ChannelSettings):
    kind: Literal["smpp"]
    host: Annotated[str, Field(min_length=1)]
    port: Annotated[int, Field(ge=1, le=65535)] = 2775
    system_id: Annotated[str, Field(min_length=1, max_length=15)]
    password_file: Path
    system_type: Annotated[str, Field(max_length=12)] = ""
    source: Annotated[str, Field(max_length=20)]
    """What the message comes from: the access number (such as 1069...) or a name."""
    source_ton: Annotated[int, Field(ge=0, le=6)] = 0
    source_npi: Annotated[int, Field(ge=0, le=18)] = 1
    numbers: Literal["international", "national"] = "international"
    """8613812345678, or 13812345678."""
    encoding: Literal["ucs2", "gsm7"] = "ucs2"
    """gsm7: the GSM alphabet where it has all characters of a text, UCS-2 for the others."""
    most_parts: Annotated[int, Field(ge=1, le=10)] = 3
    """Short messages a notice may take."""
    receive: bool = True
    """Bind as transceiver, ask for receipts and take replies; else as transmitter."""
    enquire_link_s: Annotated[float, Field(ge=1, le=3600)] = 30.0
    tls: bool = False
    ca_file: Path | None = None
    timeout_s: Annotated[float, Field(gt=0, le=120)] = 10.0
    per_recipient_day: Annotated[int, Field(ge=1)] | None = None
    per_day: Annotated[int, Field(ge=1)] | None = None
    kept_for_red: Annotated[float, Field(ge=0, lt=1)] = 0.3

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.ca_file is not None and not self.tls:
            raise ValueError("ca_file is of use with tls = true only")
        if not self.source.isascii():
            raise ValueError("source has characters that no address takes, allowed are digits and ASCII letters")
        return self

    def open(self) -> "Smpp":
        return Smpp(self)


class Smpp:
    """One session on a thread of its own."""

    def __init__(self, settings: SmppSettings) -> None:
        """Reads password and authority: ValueError if it can't; MissingExtraError without the library."""
        try:
            tls = ssl.create_default_context(cafile=settings.ca_file) if settings.tls else None
        except OSError as error:
            raise ValueError(f"{settings.ca_file}: the authority can't be read: {error.strerror or error}") from None
        self._settings = settings
        self._session = SmppSession(
            Account(
                host=settings.host,
                port=settings.port,
                system_id=settings.system_id,
                password=read_secret_line(settings.password_file),
                system_type=settings.system_type,
                source=settings.source,
                source_ton=settings.source_ton,
                source_npi=settings.source_npi,
                tls=tls,
                timeout_s=settings.timeout_s,
                receive=settings.receive,
            )
        )
        self._idle_s = min(1.0, settings.enquire_link_s)
        self._idled = 0
        self._worker = Worker(settings.name, idle=self._idle, idle_s=self._idle_s)
        self._parts = Parts()
        self._inbox = Inbox(settings.name)

    @property
    def name(self) -> str:
        return self._settings.name

    @property
    def limits(self) -> Limits:
        quotas = []
        if self._settings.per_recipient_day is not None:
            quotas.append(Quota(self._settings.per_recipient_day, 86_400.0, "recipient"))
        if self._settings.per_day is not None:
            quotas.append(Quota(self._settings.per_day, 86_400.0))
        return Limits(quotas=tuple(quotas), kept_for_red=self._settings.kept_for_red if quotas else 0.0)

    async def send(self, notice: Notice, now_ms: int) -> Outcome:
        """A submit_sm for each part of the text."""
        settings, recipient = self._settings, notice.recipient
        try:
            number = mobile(recipient.phone if recipient is not None else None)
        except ValueError as error:
            return Outcome(False, error=str(error), permanent=True)
        text = short_text(notice, room(settings.most_parts), ucs2)
        parts = parts_of(text, notice.id, gsm7=settings.encoding == "gsm7")
        short = settings.numbers == "national" and is_mainland(number)
        destination, ton = (national(number), 0) if short else (number.removeprefix("+"), 1)

        async def one(n: int) -> Outcome:
            submit = partial(self._session.submit, parts[n], destination, ton, 1)
            try:
                # The bind may take the time limit too.
                message_id = await self._worker.run(submit, 2 * settings.timeout_s + 1)
            except SmppError as error:
                return Outcome(
                    False,
                    status=error.status or None,
                    error=told(str(error)),
                    permanent=error.status in _PERMANENT,
                    throttled=error.status in _THROTTLED,
                )
            except TimeoutError:
                return Outcome(False, error="no answer, and others wait")
            except Exception as error:
                return Outcome(False, error=told(f"{type(error).__name__}: {error}"))
            pending = settings.receive and message_id
            return Outcome(True, provider_id=message_id, receipt="pending" if pending else "none")

        return await self._parts.send(notice.id, len(parts), one)

    async def receipts(self, pending: Sequence[tuple[str, str, int]], now_ms: int) -> list[Receipt]:
        """From what the centre has reported since this process bound to it."""
        self._worker.start()
        return receipts_of(pending, self._session.states, now_ms)

    async def replies(self, now_ms: int) -> list[Reply]:
        self._worker.start()
        return self._inbox.take(self._session.received, now_ms, _dialled)

    async def close(self) -> None:
        self._worker.close(self._session.close)

    def _idle(self) -> None:
        self._idled += 1
        enquire = self._idled * self._idle_s >= self._settings.enquire_link_s
        if enquire:
            self._idled = 0
        self._session.keep_alive(enquire)


def _dialled(source: str) -> str:
    """Centres leave out the + of an international number."""
    return source if source.startswith(("+", "0")) or len(source) == 11 else f"+{source}"
