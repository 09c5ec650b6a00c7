"""A mail server (aiosmtpd) that checks passwords, refuses, dawdles and hangs up when told to."""

import asyncio
import email.policy
import threading
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from ssl import SSLContext
from types import TracebackType
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from support.standins.harness import Script

from alerts.channels.mail import Mail, MailSettings

USER, PASSWORD = "tocsin", "pAsSwOrD-of-the-stand-in"
UNKNOWN = "nobody@example.org"


class _Server(SMTP):
    """`handle_DATA` can't hang up without an answer: this can."""

    async def push(self, status: Any) -> None:
        if status == "hang up":
            assert self.transport is not None
            self.transport.close()
            return
        await super().push(status)


class MailServer:
    """A context manager. With `tls` it offers STARTTLS and asks for a login."""

    def __init__(self, tls: SSLContext | None = None) -> None:
        self.script: Script = "ok"
        self.messages: list[EmailMessage] = []
        self.faults: list[str] = []
        self.answer = ""
        """What DATA is answered with, where it is not taken."""
        self.released = threading.Event()
        stand_in = self

        class _Controller(Controller):
            def factory(self) -> _Server:
                return _Server(
                    stand_in,
                    enable_SMTPUTF8=True,
                    tls_context=tls,
                    require_starttls=tls is not None,
                    auth_required=tls is not None,
                    authenticator=stand_in._login,
                )

        self._controller = _Controller(self, hostname="127.0.0.1", port=0)

    @property
    def port(self) -> int:
        assert isinstance(self._controller.server, asyncio.Server)
        port: int = self._controller.server.sockets[0].getsockname()[1]
        return port

    def __enter__(self) -> Self:
        # The controller's own start() knocks at the port it was given, which is 0 here.
        ready = threading.Event()
        self._controller._thread = threading.Thread(target=self._controller._run, args=(ready,), daemon=True)
        self._controller._thread.start()
        assert ready.wait(5)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.released.set()
        self._controller.stop()

    def play(self, script: Script) -> None:
        if script == "slow":
            self.released.clear()
        else:
            self.released.set()
        self.script = script

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.script == "throttled":
            return "450 4.7.1 too many messages from you"
        if self.script == "error" or address == UNKNOWN:
            return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.script == "slow":
            await asyncio.to_thread(self.released.wait, 20)
        if self.script == "hang_up":
            return "hang up"
        if self.script == "nonsense":
            return "<html>502</html>"
        if self.answer:
            return self.answer
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        if any(len(line) > 998 for line in content.splitlines()):
            self.faults.append("500 5.5.2 line too long")
        message = BytesParser(EmailMessage, policy=email.policy.default).parsebytes(content)
        self.messages.append(message)
        return f"250 2.0.0 queued as {len(self.messages):06}"

    def _login(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: Any) -> AuthResult:
        well = isinstance(given, LoginPassword) and (given.login, given.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=well, handled=False)


def text_of(message: EmailMessage) -> str:
    """Its plain text."""
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


class MailHarness:
    plays: frozenset[Script] = frozenset({"error", "throttled", "slow", "nonsense", "hang_up"})
    words = True
    links = True
    secrets: tuple[str, ...] = ()

    def __init__(self, folder: Path) -> None:
        self.server = MailServer()

    def __enter__(self) -> Self:
        self.server.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.server.__exit__(kind, error, at)

    def channel(self, timeout_s: float = 5.0) -> Mail:
        return settings(self.server.port, timeout_s=timeout_s).open()

    def play(self, script: Script) -> None:
        self.server.play(script)

    def told(self) -> list[str]:
        return [text_of(message) for message in self.server.messages]

    def complaints(self) -> list[str]:
        return self.server.faults


def settings(port: int, **changes: Any) -> MailSettings:
    given = {
        "kind": "mail",
        "name": "mail",
        "host": "127.0.0.1",
        "port": port,
        "security": "none",
        "sender": "alarm@tocsin.example.org",
    }
    return MailSettings.model_validate({**given, **changes})
