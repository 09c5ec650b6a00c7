"""Alertmanager, a provider of voice calls, and a service that Apprise posts to."""

import json
from abc import ABC, abstractmethod
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from support.standins.harness import Script
from support.standins.scripted_http import Reply, Request, ScriptedHttp

from alerts.channels.alertmanager import AlertmanagerChannel, AlertmanagerSettings
from alerts.channels.apprise_ import AppriseChannel, AppriseSettings
from alerts.channels.port import Channel
from alerts.channels.voice import VoiceChannel, VoiceSettings
from tocsin.clock import SystemClock


class HttpHarness(ABC):
    """What the three have in common: a secret in a file, and messages taken."""

    plays: frozenset[Script] = frozenset({"error", "throttled", "slow", "nonsense", "hang_up"})
    words = True
    links = True
    secret = "k-0123456789abcdefghij"
    secrets: tuple[str, ...] = (secret,)

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.service = ScriptedHttp(self.serve)
        self.messages: list[str] = []
        self._complaints: list[str] = []

    def __enter__(self) -> Self:
        self.service.__enter__()
        self.secret_file = self.folder / "secret"
        self.secret_file.write_text(f"{self.secret}\n", encoding="ascii")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.service.__exit__(kind, error, at)

    @abstractmethod
    def channel(self, timeout_s: float = 5.0) -> Channel: ...

    @abstractmethod
    def serve(self, request: Request, script: Script) -> Reply: ...

    def play(self, script: Script) -> None:
        self.service.play(script)

    def told(self) -> list[str]:
        return self.messages

    def complaints(self) -> list[str]:
        return self._complaints

    def complain(self, what: str) -> Reply:
        self._complaints.append(what)
        return Reply(400, json.dumps({"code": 400, "message": what}).encode())


class AlertmanagerHarness(HttpHarness):
    """Its answers have no body, so `nonsense` is not to be told from them."""

    plays: frozenset[Script] = frozenset({"error", "throttled", "slow", "hang_up"})

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.firing: dict[str, dict[str, Any]] = {}
        """By the text of their labels."""

    def channel(self, timeout_s: float = 5.0) -> AlertmanagerChannel:
        return AlertmanagerChannel(
            AlertmanagerSettings(
                kind="alertmanager",
                name="am",
                url=self.service.url,
                token_file=self.secret_file,
                labels={"site": "harbour"},
                allow_private=True,
            ),
            timeout_s,
        )

    def serve(self, request: Request, script: Script) -> Reply:
        if script == "error":
            return Reply(503, b"not ready")
        if script == "throttled":
            return Reply(429, b"slow down", {"retry-after": "7"})
        if request.path != "/api/v2/alerts" or request.headers.get("authorization") != f"Bearer {self.secret}":
            return self.complain("unauthorized, or no such path")
        told = []
        for alert in json.loads(request.body):
            starts, ends = (datetime.fromisoformat(alert[key]) for key in ("startsAt", "endsAt"))
            if ends < starts:
                return self.complain("start time must be before end time")
            if not alert["labels"].get("alertname") or any(value == "" for value in alert["labels"].values()):
                return self.complain("empty label")
            name = json.dumps(alert["labels"], sort_keys=True)
            self.firing.pop(name, None)
            if ends.timestamp() * 1000 > SystemClock().now_ms():
                self.firing[name] = alert
                told.append(f"{alert['annotations']['summary']}\n{alert['annotations']['description']}")
        self.messages.append("\n".join([*told, f"{len(told)} alerts"]))
        return Reply(200, b"")


class VoiceHarness(HttpHarness):
    """Takes JSON, answers with a code of its own under HTTP 200."""

    links = False

    def channel(self, timeout_s: float = 5.0) -> VoiceChannel:
        return VoiceChannel(
            VoiceSettings(
                kind="voice",
                name="voice",
                url=f"{self.service.url}/calls?callee={{phone}}",
                headers={"authorization": "Bearer {secret}"},
                body='{"to": "{phone}", "say": "{text}", "ref": "{id}", "lang": "{language}"}',
                secret_file=self.secret_file,
                success_path="result.code",
                success_values=("OK",),
                throttled_values=("LIMIT",),
                permanent_values=("WRONG_NUMBER",),
                id_path="result.call_id",
                allow_private=True,
            ),
            timeout_s,
        )

    def serve(self, request: Request, script: Script) -> Reply:
        form = json.loads(request.body)
        if request.headers.get("authorization") != f"Bearer {self.secret}":
            return self.complain("unauthorized")
        if request.query.get("callee") != form["to"] or len(form["say"]) > 300:
            return self.complain("not the number, or too long to speak")
        code = {"error": "WRONG_NUMBER", "throttled": "LIMIT"}.get(script, "OK")
        if code == "OK":
            self.messages.append(form["say"])
        return Reply(200, json.dumps({"result": {"code": code, "call_id": 4711}}).encode())


class AppriseHarness(HttpHarness):
    """Apprise knows no limits of services, and takes any answer with status 200 for success."""

    plays: frozenset[Script] = frozenset({"error", "slow", "hang_up"})

    def channel(self, timeout_s: float = 5.0) -> AppriseChannel:
        urls = self.folder / "urls"
        host = self.service.url.removeprefix("http://")
        urls.write_text(f"# ours\njson://user:{self.secret}@{host}/notify?rto=2&cto=2\n", encoding="ascii")
        return AppriseChannel(AppriseSettings(kind="apprise", name="tail", urls_file=urls), timeout_s)

    def serve(self, request: Request, script: Script) -> Reply:
        if script == "error":
            return Reply(500, b"no")
        form = json.loads(request.body)
        if len(form["message"].encode()) > 3000:
            return self.complain("too long")
        self.messages.append(f"{form['title']}\n{form['message']}")
        return Reply(200, b"ok")
