"""The robots of DingTalk, WeCom and Feishu as those services behave: signatures, codes and lengths."""

import hashlib
import hmac
import json
import re
from abc import ABC, abstractmethod
from base64 import b64encode
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from support.standins.harness import Script
from support.standins.scripted_http import Reply, Request, ScriptedHttp

from alerts.channels.dingtalk import DingTalkChannel, DingTalkSettings
from alerts.channels.feishu import FeishuChannel, FeishuSettings
from alerts.channels.port import Channel
from alerts.channels.wecom import WeComChannel, WeComSettings
from tocsin.clock import SystemClock

HOUR_S = 3600


class RobotHarness(ABC):
    """One robot of one group."""

    plays: frozenset[Script] = frozenset({"error", "throttled", "slow", "nonsense", "hang_up"})
    words = True
    links = True
    path: str
    key: str
    secret = "SEC0123456789abcdefghijklmnop"
    error: dict[str, Any]
    throttled: dict[str, Any]
    delivered: dict[str, Any]

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.service = ScriptedHttp(self._serve)
        self.messages: list[dict[str, Any]] = []
        self._complaints: list[str] = []

    @property
    def secrets(self) -> tuple[str, ...]:
        return self.key, self.secret

    def __enter__(self) -> Self:
        self.service.__enter__()
        self.url_file = self._folder / "robot-url"
        self.url_file.write_text(f"{self.service.url}{self.path}\n", encoding="ascii")
        self.secret_file = self._folder / "robot-secret"
        self.secret_file.write_text(f"{self.secret}\n", encoding="ascii")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.service.__exit__(kind, error, at)

    @abstractmethod
    def channel(self, timeout_s: float = 5.0) -> Channel: ...

    @abstractmethod
    def wrong(self, request: Request, form: dict[str, Any]) -> str:
        """What the service finds wrong with a call; empty: nothing."""

    @abstractmethod
    def text(self, form: dict[str, Any]) -> str:
        """What people read."""

    def play(self, script: Script) -> None:
        self.service.play(script)

    def told(self) -> list[str]:
        return [self.text(form) for form in self.messages]

    def complaints(self) -> list[str]:
        return self._complaints

    def _serve(self, request: Request, script: Script) -> Reply:
        if script == "error":
            return _json(self.error)
        if script == "throttled":
            return _json(self.throttled)
        form = json.loads(request.body)
        wrong = self.wrong(request, form)
        if wrong:
            self._complaints.append(wrong)
            return _json(self.error)
        self.messages.append(form)
        return _json(self.delivered)


def _json(form: dict[str, Any]) -> Reply:
    return Reply(200, json.dumps(form, ensure_ascii=False).encode(), {"content-type": "application/json"})


def plain(markup: str) -> str:
    """Markdown as it is read: without marks of headings and bold, and without colours."""
    return re.sub(r"</?font[^>]*>|^#+ |\*\*", "", markup, flags=re.MULTILINE)


class DingTalkHarness(RobotHarness):
    key = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0"
    path = f"/robot/send?access_token={key}"
    error = {"errcode": 400102, "errmsg": "robot is stopped"}  # noqa: RUF012 - never changed
    throttled = {"errcode": 130101, "errmsg": "send too fast, exceed 20 times per minute"}  # noqa: RUF012
    delivered = {"errcode": 0, "errmsg": "ok"}  # noqa: RUF012

    def channel(self, timeout_s: float = 5.0) -> DingTalkChannel:
        return DingTalkChannel(
            DingTalkSettings(
                kind="dingtalk", name="ding", url_file=self.url_file, secret_file=self.secret_file, allow_private=True
            ),
            timeout_s,
        )

    def wrong(self, request: Request, form: dict[str, Any]) -> str:
        at_ms = int(request.query.get("timestamp", "0"))
        if abs(SystemClock().now_ms() - at_ms) > HOUR_S * 1000:
            return "invalid timestamp"
        signed = hmac.new(self.secret.encode(), f"{at_ms}\n{self.secret}".encode(), hashlib.sha256).digest()
        if request.query.get("sign") != b64encode(signed).decode():
            return "sign not match"
        if request.query.get("access_token") != self.key:
            return "token is not exist"
        if form["msgtype"] not in ("markdown", "actionCard") or not form[form["msgtype"]]["title"]:
            return "missing title"
        for phone in form.get("at", {}).get("atMobiles", []):
            if f"@{phone}" not in form["markdown"]["text"]:
                return "a mention that the text does not have"
        return "too long" if len(request.body) > 20_000 else ""

    def text(self, form: dict[str, Any]) -> str:
        content = form[form["msgtype"]]
        return plain(content["text"]) + content.get("singleURL", "")


class WeComHarness(RobotHarness):
    key = "693a91f6-7aoc-4bc4-97a0-0ec2sifa5aaa"
    path = f"/cgi-bin/webhook/send?key={key}"
    error = {"errcode": 93000, "errmsg": "invalid webhook url, hint: [1], from ip: 10.0.0.1"}  # noqa: RUF012
    throttled = {"errcode": 45009, "errmsg": "api freq out of limit, hint: [1]"}  # noqa: RUF012
    delivered = {"errcode": 0, "errmsg": "ok"}  # noqa: RUF012

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self.key,)

    def channel(self, timeout_s: float = 5.0) -> WeComChannel:
        settings = WeComSettings(kind="wecom", name="wecom", url_file=self.url_file, allow_private=True)
        return WeComChannel(settings, timeout_s)

    def wrong(self, request: Request, form: dict[str, Any]) -> str:
        if request.query != {"key": self.key}:
            return "invalid webhook url"
        most = {"text": 2048, "markdown": 4096}.get(form["msgtype"], 0)
        content = form[form["msgtype"]]["content"]
        return f"content exceed max length {most}" if not 0 < len(content.encode()) <= most else ""

    def text(self, form: dict[str, Any]) -> str:
        return plain(form[form["msgtype"]]["content"])


class FeishuHarness(RobotHarness):
    key = "5f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
    path = f"/open-apis/bot/v2/hook/{key}"
    error = {"code": 19024, "msg": "Key Words Not Found", "data": {}}  # noqa: RUF012
    throttled = {"code": 11232, "msg": "frequency limited psm[lark.oapi.app_platform_runtime]"}  # noqa: RUF012
    delivered = {"StatusCode": 0, "StatusMessage": "success", "code": 0, "data": {}, "msg": "success"}  # noqa: RUF012

    def channel(self, timeout_s: float = 5.0) -> FeishuChannel:
        return FeishuChannel(
            FeishuSettings(
                kind="feishu", name="feishu", url_file=self.url_file, secret_file=self.secret_file, allow_private=True
            ),
            timeout_s,
        )

    def wrong(self, request: Request, form: dict[str, Any]) -> str:
        at_s = int(form.get("timestamp", "0"))
        if abs(SystemClock().now_ms() / 1000 - at_s) > HOUR_S:
            return "timestamp is not within one hour from current time"
        signed = hmac.new(f"{at_s}\n{self.secret}".encode(), b"", hashlib.sha256).digest()
        if form.get("sign") != b64encode(signed).decode():
            return "sign match fail"
        if form.get("msg_type") != "interactive" or not form["card"]["elements"][0]["text"]["content"]:
            return "params error"
        return "too large" if len(request.body) > 20 * 1024 else ""

    def text(self, form: dict[str, Any]) -> str:
        card = form["card"]
        buttons = [action["url"] for part in card["elements"] for action in part.get("actions", [])]
        said = [card["header"]["title"]["content"], plain(card["elements"][0]["text"]["content"]), *buttons]
        return "\n".join(said)
