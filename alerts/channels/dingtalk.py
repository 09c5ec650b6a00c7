"""DingTalk: the custom robot of a group chat."""

import hmac
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import quote_plus

from alerts.channels.http import TIMEOUT_S
from alerts.channels.port import Limits, Notice, Quota
from alerts.channels.robot import ChatRobot, Codes, RobotSettings
from alerts.channels.settings import read_secret_line
from alerts.wording import Dialect, language_of, markdown, title
from alerts.wording.saying import Saying

_MOST_BYTES: Final = 15_000
_BLOCKED_S: Final = 600.0
"""A robot that sent more than its share is silent for ten minutes."""
_CODES: Final = Codes(
    code=("errcode",),
    text=("errmsg",),
    throttled={130101: _BLOCKED_S, 410100: _BLOCKED_S, 90018: 60.0, 90030: _BLOCKED_S},
    # No such key, group dissolved, robot stopped or gone, kind of message unknown, text refused by its content.
    permanent=frozenset({300001, 400013, 400101, 400102, 400105, 400106, 430101, 430102, 430103, 430104}),
)
_COLOURS: Final = {"red": "#c62828", "orange": "#d9660a", "yellow": "#b58900", "blue": "#1565c0"}


def _coloured(text: str, severity: str) -> str:
    colour = _COLOURS.get(severity)
    return f"<font color={colour}>{text}</font>" if colour else text


_DIALECT: Final = Dialect("#### {}", "\n\n", _coloured)


class DingTalkSettings(RobotSettings):
    kind: Literal["dingtalk"]
    secret_file: Path | None = None
    """Holds the robot's secret, `SEC...`, where its security setting is the signature."""

    def open(self) -> "DingTalkChannel":
        return DingTalkChannel(self)


class DingTalkChannel(ChatRobot):
    """Markdown with a mention of the recipient; a card with a button where nobody is to be mentioned."""

    def __init__(self, settings: DingTalkSettings, timeout_s: float = TIMEOUT_S) -> None:
        self._secret = read_secret_line(settings.secret_file) if settings.secret_file is not None else ""
        limits = Limits(quotas=(Quota(20, 60.0),), kept_for_red=0.3, most_items=100)
        super().__init__(settings, _CODES, limits, timeout_s, (self._secret,))

    def _request(self, notice: Notice, now_ms: int) -> tuple[str, dict[str, Any]]:
        at, mention = self._mention(notice)
        return self._signed(now_ms), _message(notice, at, mention)

    def _signed(self, now_ms: int) -> str:
        if not self._secret:
            return self._url
        joined = "&" if "?" in self._url else "?"
        return f"{self._url}{joined}timestamp={now_ms}&sign={quote_plus(signature(self._secret, now_ms))}"

    def _mention(self, notice: Notice) -> tuple[dict[str, Any], str]:
        """Who is mentioned, and the words in the text that the chat turns into the mention."""
        handle = self._handle(notice)
        if handle == "all":
            return {"isAtAll": True}, ""
        if handle:
            return {"atUserIds": [handle]}, f"@{handle}"
        phone = self._phone(notice)
        return ({"atMobiles": [phone]}, f"@{phone}") if phone else ({}, "")


def signature(secret: str, now_ms: int) -> str:
    """Base64 of HMAC-SHA256 of the time and the secret, by the secret."""
    return b64encode(hmac.new(secret.encode(), f"{now_ms}\n{secret}".encode(), sha256).digest()).decode()


def _message(notice: Notice, at: dict[str, Any], mention: str) -> dict[str, Any]:
    heading = title(notice, 80)
    link = notice.first.link
    if not at and link and len(notice.items) == 1:
        return {
            "msgtype": "actionCard",
            "actionCard": {
                "title": heading,
                "text": markdown(notice, _DIALECT, _MOST_BYTES, button=True),
                "btnOrientation": "0",
                "singleTitle": Saying(notice.first, language_of(notice)).call_to_answer(),
                "singleURL": link,
            },
        }
    end = f"\n\n{mention}" if mention else ""
    text = markdown(notice, _DIALECT, _MOST_BYTES - len(end.encode())) + end
    return {"msgtype": "markdown", "markdown": {"title": heading, "text": text}, **({"at": at} if at else {})}
