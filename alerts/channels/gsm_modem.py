"""Short messages by a GSM modem on a serial device, for sites without internet."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field

from alerts.channels.gsm_session import GsmSession, Line, ModemError
from alerts.channels.phone import mobile
from alerts.channels.port import Limits, Notice, Outcome, Quota, Receipt, Reply
from alerts.channels.sending import Inbox, receipts_of, told
from alerts.channels.settings import ChannelSettings, read_secret_line
from alerts.channels.sms_parts import room
from alerts.channels.worker import Worker
from alerts.wording import short_text, ucs2

_THROTTLED: Final = frozenset({42})
"""+CMS ERROR: congestion."""
_PERMANENT: Final = frozenset({1, 28, 304})
"""+CMS ERROR: unassigned number, unidentified subscriber, invalid PDU parameter."""
_CONNECT_S: Final = 60.0
"""A modem takes its time to start, and to look at the SIM card."""


class GsmModemSettings(ChannelSettings):
    kind: Literal["gsm_modem"]
    device: Path
    """Such as /dev/serial/by-id/..., which stays the same when another modem is plugged in."""
    baud: Annotated[int, Field(ge=1200, le=4_000_000)] = 115_200
    pin_file: Path | None = None
    """Holds the SIM card's PIN."""
    flow_control: bool = False
    """RTS/CTS and DSR/DTR, where these wires are there."""
    most_parts: Annotated[int, Field(ge=1, le=10)] = 3
    """Short messages a notice may take."""
    receive: bool = True
    """Ask for status reports and take replies."""
    timeout_s: Annotated[float, Field(gt=0, le=120)] = 35.0
    """For the network to take one short message."""
    per_day: Annotated[int, Field(ge=1)] | None = None
    """Notices in 24 hours, where the card's contract or the carrier's guard against spam has a limit."""
    kept_for_red: Annotated[float, Field(ge=0, lt=1)] = 0.3

    def open(self) -> "GsmModem":
        return GsmModem(self)


class GsmModem:
    """One modem, one message after the other."""

    def __init__(self, settings: GsmModemSettings) -> None:
        """Reads the PIN: ValueError if it can't; MissingExtraError without the library."""
        pin = read_secret_line(settings.pin_file) if settings.pin_file is not None else None
        self._settings = settings
        self._session = GsmSession(
            Line(
                device=str(settings.device),
                baud=settings.baud,
                pin=pin,
                flow_control=settings.flow_control,
                timeout_s=settings.timeout_s,
                receive=settings.receive,
            )
        )
        self._worker = Worker(settings.name, idle=self._session.watch, idle_s=10.0)
        self._inbox = Inbox(settings.name)

    @property
    def name(self) -> str:
        return self._settings.name

    @property
    def limits(self) -> Limits:
        per_day = self._settings.per_day
        if per_day is None:
            return Limits()
        return Limits(quotas=(Quota(per_day, 86_400.0),), kept_for_red=self._settings.kept_for_red)

    async def send(self, notice: Notice, now_ms: int) -> Outcome:
        """Send the short text in as many parts as it needs. Where one of them fails, all are sent again."""
        settings, recipient = self._settings, notice.recipient
        try:
            number = mobile(recipient.phone if recipient is not None else None)
        except ValueError as error:
            return Outcome(False, error=str(error), permanent=True)
        text = short_text(notice, room(settings.most_parts), ucs2)
        submit = partial(self._session.submit, number, text, now_ms)
        try:
            ids = await self._worker.run(submit, _CONNECT_S + settings.most_parts * settings.timeout_s)
        except ModemError as error:
            return Outcome(
                False,
                status=error.code or None,
                error=told(str(error)),
                permanent=error.code in _PERMANENT,
                throttled=error.code in _THROTTLED,
            )
        except TimeoutError:
            return Outcome(False, error="no answer, and others wait")
        except Exception as error:
            return Outcome(False, error=told(f"{type(error).__name__}: {error}"))
        return Outcome(True, provider_id=",".join(ids), receipt="pending" if settings.receive else "none")

    async def receipts(self, pending: Sequence[tuple[str, str, int]], now_ms: int) -> list[Receipt]:
        """From the status reports that have come since this process began."""
        self._worker.start()
        return receipts_of(pending, self._session.states, now_ms)

    async def replies(self, now_ms: int) -> list[Reply]:
        self._worker.start()
        return self._inbox.take(self._session.received, now_ms)

    async def close(self) -> None:
        self._worker.close(self._session.close)
