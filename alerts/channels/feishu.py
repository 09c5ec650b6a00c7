"""Feishu (飞书, Lark): the custom robot of a group chat."""

import hmac
import re
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from alerts.channels.http import TIMEOUT_S
from alerts.channels.port import Limits, Notice, Quota
from alerts.channels.robot import ChatRobot, Codes, RobotSettings
from alerts.channels.settings import read_secret_line
from alerts.severity import severity_rank
from alerts.wording import json_bytes, language_of, markdown, title
from alerts.wording.saying import Saying

_MOST_BYTES: Final = 20_000
"""Of the whole body; the service takes 20 KB."""
_CODES: Final = Codes(
    code=("code", "StatusCode"),
    text=("msg", "StatusMessage"),
    # 11232 comes at full and half hours, when everybody's timers fire.
    throttled={11232: 15.0, 11233: 15.0, 11247: 60.0, 99991400: 15.0},
    # No such robot, kind of message unknown, address of the sender or words not allowed, body too large.
    permanent=frozenset({19001, 19002, 19022, 19024, 230025}),
)
_TEMPLATES: Final = {"red": "red", "orange": "orange", "yellow": "yellow", "blue": "blue"}
_OVER: Final = "green"


class FeishuSettings(RobotSettings):
    kind: Literal["feishu"]
    secret_file: Path | None = None
    """Holds the secret of the robot's signature, where that is switched on."""

    def open(self) -> "FeishuChannel":
        return FeishuChannel(self)


class FeishuChannel(ChatRobot):
    """A card with the colour of the alarm, a mention of the recipient and a button."""

    def __init__(self, settings: FeishuSettings, timeout_s: float = TIMEOUT_S) -> None:
        self._secret = read_secret_line(settings.secret_file) if settings.secret_file is not None else ""
        limits = Limits(quotas=(Quota(100, 60.0), Quota(5, 1.0)), kept_for_red=0.3, most_items=100)
        super().__init__(settings, _CODES, limits, timeout_s, (self._secret,))

    def _request(self, notice: Notice, now_ms: int) -> tuple[str, dict[str, Any]]:
        form: dict[str, Any] = {"msg_type": "interactive", "card": {}}
        if self._secret:
            at_s = now_ms // 1000
            form |= {"timestamp": str(at_s), "sign": signature(self._secret, at_s)}
        mention = _mention(self._handle(notice))
        bare = len(msgspec.json.encode(form | {"card": _card(notice, "")}))
        room = _MOST_BYTES - bare - json_bytes(mention)
        form["card"] = _card(
            notice, markdown(notice, most=room, measure=json_bytes, heading=False, button=True) + mention
        )
        return self._url, form


def signature(secret: str, at_s: int) -> str:
    """Base64 of HMAC-SHA256 of nothing, by the time and the secret."""
    return b64encode(hmac.new(f"{at_s}\n{secret}".encode(), b"", sha256).digest()).decode()


def _mention(handle: str) -> str:
    """`all`, an address of mail, or a user's id or open id."""
    known = re.sub(r"[^\w.@+-]", "", handle)
    if not known:
        return ""
    return f"\n<at email={known}></at>" if "@" in known else f"\n<at id={known}></at>"


def _card(notice: Notice, text: str) -> dict[str, Any]:
    saying = Saying(notice.first, language_of(notice))
    elements: list[dict[str, Any]] = [{"tag": "div", "text": {"tag": "lark_md", "content": text}}]
    if len(notice.items) == 1 and not notice.more and saying.item.link:
        button = {
            "tag": "button",
            "text": {"tag": "plain_text", "content": saying.call_to_answer()},
            "type": "primary",
            "url": saying.item.link,
        }
        elements.append({"tag": "action", "actions": [button]})
    return {
        "config": {"wide_screen_mode": True},
        "header": {"title": {"tag": "plain_text", "content": title(notice)}, "template": _template(notice)},
        "elements": elements,
    }


def _template(notice: Notice) -> str:
    """The colour of the worst alarm; green when all are over."""
    sayings = [Saying(item, "zh") for item in notice.items]
    if all(saying.over for saying in sayings):
        return _OVER
    worst = max((saying.facts.severity for saying in sayings if not saying.over), key=severity_rank)
    return _TEMPLATES.get(worst, "grey")
