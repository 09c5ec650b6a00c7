"""What providers of short messages push, as receipts and replies (pure).

The shapes are those of their documentation: Alibaba Cloud's SmsReport and SmsUp over HTTP, Tencent Cloud's status
report and reply callbacks. Either kind may come to either address: they are told apart by what they hold.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any, Final

import msgspec

from alerts.channels.port import Receipt, Reply

_BEIJING: Final = timezone(timedelta(hours=8))
"""Both providers tell times of the mainland's clock, without saying so."""


@dataclass(frozen=True, slots=True)
class Pushed:
    """What one callback told. `strange` says of each part that could not be read why; nothing else is lost by it."""

    receipts: tuple[Receipt, ...] = ()
    replies: tuple[Reply, ...] = ()
    strange: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Provider:
    """How a kind of channel is called back: its reader, and the body that says that all was taken, or was not."""

    read: Callable[[Mapping[str, Any]], Receipt | Reply]
    taken: bytes
    not_taken: bytes


class StrangeError(ValueError):
    """A part of a callback that can't be read."""


def read_callback(provider: Provider, body: bytes) -> Pushed:
    """The receipts and replies of a callback. StrangeError if it is no JSON of objects at all."""
    try:
        given = msgspec.json.decode(body)
    except msgspec.MsgspecError as error:
        raise StrangeError(f"no JSON: {error}") from None
    parts = given if isinstance(given, list) else [given]
    if not all(isinstance(part, dict) for part in parts):
        raise StrangeError("no JSON of objects")
    receipts: list[Receipt] = []
    replies: list[Reply] = []
    strange: list[str] = []
    for part in parts:
        try:
            told = provider.read(part)
        except StrangeError as error:
            strange.append(str(error))
        else:
            (receipts if isinstance(told, Receipt) else replies).append(told)  # type: ignore[arg-type]
    return Pushed(tuple(receipts), tuple(replies), tuple(strange))


def _aliyun(part: Mapping[str, Any]) -> Receipt | Reply:
    if "success" in part:
        text = f"{part.get('err_code') or ''} {part.get('err_msg') or ''}".strip()
        return Receipt(
            provider_id=_text(part, "biz_id"),
            delivered=part["success"] in (True, "true"),
            at_ms=_time(part, "report_time"),
            text=text,
            phone=_text(part, "phone_number"),
        )
    sequence = part.get("sequence_id")
    phone, at_ms = _text(part, "phone_number"), _time(part, "send_time")
    return Reply(str(sequence) if sequence else f"{phone}.{at_ms}", phone, _text(part, "content"), at_ms)


def _tencent(part: Mapping[str, Any]) -> Receipt | Reply:
    phone = _phone(part)
    if "report_status" in part:
        text = f"{part.get('errmsg') or ''} {part.get('description') or ''}".strip()
        return Receipt(
            provider_id=_text(part, "sid"),
            delivered=part["report_status"] == "SUCCESS",
            at_ms=_time(part, "user_receive_time"),
            text=text,
            phone=phone,
        )
    at_s = part.get("time")
    if isinstance(at_s, bool) or not isinstance(at_s, int) or not 0 <= at_s < 1 << 40:
        raise StrangeError("time is no count of seconds")
    return Reply(f"{phone}.{at_s}", phone, _text(part, "text"), at_s * 1000)


PROVIDERS: Final[dict[str, Provider]] = {
    "aliyun_sms": Provider(_aliyun, '{"code":0,"msg":"接收成功"}'.encode(), '{"code":1,"msg":"请重试"}'.encode()),
    "tencent_sms": Provider(_tencent, b'{"result":0,"errmsg":"OK"}', b'{"result":1,"errmsg":"try again"}'),
}
"""By kind of channel."""


def _text(part: Mapping[str, Any], name: str) -> str:
    value = part.get(name)
    if not isinstance(value, str | int) or isinstance(value, bool) or value == "":
        raise StrangeError(f"{name} is missing")
    return str(value)[:2000]


def _phone(part: Mapping[str, Any]) -> str:
    code, mobile = part.get("nationcode"), _text(part, "mobile")
    return f"+{code}{mobile}" if isinstance(code, str | int) and code and not mobile.startswith("+") else mobile


def _time(part: Mapping[str, Any], name: str) -> int:
    try:
        at = datetime.strptime(_text(part, name), "%Y-%m-%d %H:%M:%S")
    except ValueError:
        raise StrangeError(f"{name} is no time such as 2026-01-31 08:00:00") from None
    return round(at.replace(tzinfo=_BEIJING).timestamp() * 1000)
