"""WeCom (企业微信): the robot of a group chat."""

from typing import Any, Final, Literal

from alerts.channels.http import TIMEOUT_S
from alerts.channels.port import Limits, Notice, Quota
from alerts.channels.robot import ChatRobot, Codes, RobotSettings
from alerts.wording import Dialect, full_text, markdown

_MARKDOWN_BYTES: Final = 4096
_TEXT_BYTES: Final = 2048
_CODES: Final = Codes(
    code=("errcode",),
    text=("errmsg",),
    throttled={45009: 60.0, 45033: 10.0},
    # Kind of message unknown, text too long or refused, no such robot, robot gone from the group.
    permanent=frozenset({40008, 40058, 44004, 45002, 93000, 93004, 93008}),
)


def _coloured(text: str, severity: str) -> str:
    return f'<font color="warning">{text}</font>' if severity in ("red", "orange") else text


_DIALECT: Final = Dialect("### {}", "\n", _coloured)


class WeComSettings(RobotSettings):
    kind: Literal["wecom"]

    def open(self) -> "WeComChannel":
        return WeComChannel(self)


class WeComChannel(ChatRobot):
    """Markdown, with a mention where contacts.csv has the user's id; text where it has only a phone to mention by."""

    def __init__(self, settings: WeComSettings, timeout_s: float = TIMEOUT_S) -> None:
        # So few that all of them can be named within the bytes of a message.
        limits = Limits(quotas=(Quota(20, 60.0),), kept_for_red=0.3, most_items=30)
        super().__init__(settings, _CODES, limits, timeout_s)

    def _request(self, notice: Notice, now_ms: int) -> tuple[str, dict[str, Any]]:
        handle, phone = self._handle(notice), self._phone(notice)
        if handle in ("all", "@all") or (phone and not handle):
            mentioned = {"mentioned_mobile_list": [phone]} if phone and not handle else {"mentioned_list": ["@all"]}
            text = full_text(notice, _TEXT_BYTES)
            return self._url, {"msgtype": "text", "text": {"content": text, **mentioned}}
        end = f"\n<@{handle}>" if handle else ""
        text = markdown(notice, _DIALECT, _MARKDOWN_BYTES - len(end.encode())) + end
        return self._url, {"msgtype": "markdown", "markdown": {"content": text}}
