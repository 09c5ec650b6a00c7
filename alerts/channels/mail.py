"""Mail over SMTP: text and HTML, one thread an alarm."""

import asyncio
import re
import ssl
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from hashlib import blake2b
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, model_validator

from alerts.channels.port import Limits, Notice, Outcome, Quota
from alerts.channels.sending import told
from alerts.channels.settings import ChannelSettings, MissingExtraError, read_secret_line
from alerts.wording import full_text, html, title
from alerts.wording.facts import facts_of

_LOCAL: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_PORTS: Final = {"tls": 465, "starttls": 587, "none": 25}
_LONGEST_TEXT: Final = 200_000
_TOO_MUCH: Final = re.compile(r"\b4\.(7|5\.3|3\.[12])\b")
"""Enhanced status codes (RFC 3463) of limits: policy, too many recipients, system full or not accepting now."""
_FOREVER: Final = re.compile(r"\b5\.[1256]\.")
"""Of a mailbox or the message itself: trying again can't help."""


class MailSettings(ChannelSettings):
    kind: Literal["mail"]
    host: Annotated[str, Field(min_length=1)]
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    """465 with tls, 587 with starttls, 25 with none where left out."""
    security: Literal["tls", "starttls", "none"] = "starttls"
    sender: str
    """The address in From."""
    sender_name: str = "Tocsin 警钟"
    reply_to: str | None = None
    username: str | None = None
    password_file: Path | None = None
    ca_file: Path | None = None
    """The authority (PEM) of the server's certificate, where it is not a public one."""
    timeout_s: Annotated[float, Field(gt=0, le=300)] = 20.0
    per_hour: Annotated[int, Field(ge=1)] | None = None
    """Messages an hour that the server takes."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        for what, address in (("sender", self.sender), ("reply_to", self.reply_to)):
            if address is not None and not _is_address(address):
                raise ValueError(f"{what} is no mail address, allowed is name@example.org")
        if (self.username is None) != (self.password_file is None):
            raise ValueError("username and password_file go together, allowed are both or neither")
        if self.username is not None and self.security == "none" and self.host not in _LOCAL:
            raise ValueError("security = none would send the password in the clear, allowed are tls and starttls")
        return self

    def open(self) -> "Mail":
        return Mail(self)


class Mail:
    """One connection a message."""

    def __init__(self, settings: MailSettings) -> None:
        """Reads password and authority: ValueError if it can't; MissingExtraError without the library."""
        try:
            import aiosmtplib
        except ImportError:
            raise MissingExtraError("Channels of kind mail", "mail") from None
        self._settings = settings
        self._smtp: Any = aiosmtplib
        self._password = read_secret_line(settings.password_file) if settings.password_file is not None else None
        try:
            self._tls = ssl.create_default_context(cafile=settings.ca_file)
        except OSError as error:
            raise ValueError(f"{settings.ca_file}: the authority can't be read: {error.strerror or error}") from None

    @property
    def name(self) -> str:
        return self._settings.name

    @property
    def limits(self) -> Limits:
        quotas = (Quota(self._settings.per_hour, 3600.0),) if self._settings.per_hour is not None else ()
        return Limits(quotas=quotas, concurrency=4)

    async def send(self, notice: Notice, now_ms: int) -> Outcome:
        """Hand the message to the server once. A 4xx answer is tried again; a 5xx to this recipient is final."""
        to = notice.recipient.email if notice.recipient is not None else None
        if not to or not _is_address(to):
            return Outcome(False, error="the contact has no mail address", permanent=True)
        settings = self._settings
        try:
            message = message_of(notice, settings, to, now_ms)
        except (ValueError, MessageError) as error:
            return Outcome(False, error=told(f"{type(error).__name__}: {error}"), permanent=True)
        try:
            async with asyncio.timeout(settings.timeout_s):
                _, answer = await self._smtp.send(
                    message,
                    sender=settings.sender,
                    recipients=[to],
                    hostname=settings.host,
                    port=settings.port or _PORTS[settings.security],
                    username=settings.username,
                    password=self._password,
                    local_hostname=settings.sender.rpartition("@")[2],
                    timeout=settings.timeout_s,
                    use_tls=settings.security == "tls",
                    start_tls=settings.security == "starttls",
                    tls_context=None if settings.security == "none" else self._tls,
                )
        except TimeoutError:
            return Outcome(False, error=f"no answer within {settings.timeout_s:g} s")
        except self._smtp.SMTPRecipientsRefused as error:
            return _refused(error.recipients[0], final=True)
        except (self._smtp.SMTPAuthenticationError, self._smtp.SMTPSenderRefused, self._smtp.SMTPHeloError) as error:
            return _refused(error, final=False)
        except self._smtp.SMTPDataError as error:
            return _refused(error, final=True)
        except self._smtp.SMTPResponseException as error:
            return _refused(error, final=False)
        except Exception as error:
            return Outcome(False, error=told(f"{type(error).__name__}: {error}"))
        return Outcome(True, status=250, answer=told(answer), provider_id=str(message["Message-ID"]).strip("<>"))

    async def close(self) -> None:
        pass


def message_of(notice: Notice, settings: MailSettings, to: str, now_ms: int) -> EmailMessage:
    """The whole message. Its id is the notice's; all of one alarm to one address refer to the same, so that mail
    programs show them as one thread. ValueError if a header can't be made.
    """
    domain = settings.sender.rpartition("@")[2]
    message = EmailMessage()
    message["Subject"] = title(notice)
    message["From"] = Address(settings.sender_name, addr_spec=settings.sender)
    message["To"] = Address(notice.recipient.name if notice.recipient is not None else "", addr_spec=to)
    if settings.reply_to is not None:
        message["Reply-To"] = Address(addr_spec=settings.reply_to)
    message["Date"] = format_datetime(datetime.fromtimestamp(now_ms / 1000, UTC))
    message["Message-ID"] = f"<{_local_part(notice.id)}@{domain}>"
    alarms = {facts_of(item).alarm for item in notice.items}
    if len(alarms) == 1:
        thread = f"<alarm-{_local_part(alarms.pop())}.{_short_hash(to)}@{domain}>"
        message["In-Reply-To"] = thread
        message["References"] = thread
    # RFC 3834: no program shall answer this one.
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    if notice.urgent:
        message["Importance"] = "high"
        message["X-Priority"] = "1"
    message.set_content(full_text(notice, _LONGEST_TEXT))
    message.add_alternative(html(notice), subtype="html")
    return message


def _refused(error: Any, final: bool) -> Outcome:
    """What a status of the server means; `final`: a 5xx is about this recipient or this message."""
    code, said = int(error.code), str(error.message)
    return Outcome(
        False,
        status=code,
        answer=told(said),
        error=told(f"{code} {said}"),
        permanent=500 <= code < 600 and (final or bool(_FOREVER.search(said))),
        throttled=code in (421, 452) or (400 <= code < 500 and bool(_TOO_MUCH.search(said))),
    )


def _is_address(text: str) -> bool:
    try:
        return bool(Address(addr_spec=text).domain)
    except (ValueError, IndexError, MessageError):
        return False


def _local_part(text: str) -> str:
    """The text where it can stand in a Message-ID, else a hash of it."""
    return text if re.fullmatch(r"[A-Za-z0-9_+-]+(\.[A-Za-z0-9_+-]+)*", text) and len(text) <= 64 else _short_hash(text)


def _short_hash(text: str) -> str:
    return blake2b(text.encode(), digest_size=10).hexdigest()
