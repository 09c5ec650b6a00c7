"""Alibaba Cloud's short message service (Dysmsapi 2017-05-25) as far as Tocsin uses it.

It checks signatures (ACS3-HMAC-SHA256), numbers, signature names, templates and their variables, and keeps to the
limit of a number, with the service's own error codes.
"""

import hashlib
import hmac
import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from support.standins.cloud import CloudStandIn
from support.standins.harness import Script

from alerts.channels.aliyun_sms import AliyunSms, AliyunSmsSettings

KEY_ID, SECRET = "LTAI5tStandIn0001", "8xKeYsEcReTsTaNdInAlIyUn01"
SIGN = "东港应急"
TEMPLATES = {
    "SMS_100001": "${severity}${enterprise}${where}，${value}（限值${limit}），${time}，共${count}条。回${reply}确认",
    "SMS_100002": "${severity} ${enterprise} ${where} ${value} of ${limit} ${time} ${count} alarm(s). Reply ${reply}.",
    "SMS_100003": "演练：${severity}${enterprise}${where}，${value}，${time}，共${count}条。",
}
FIELDS = {
    "severity": "severity",
    "enterprise": "enterprise",
    "where": "where",
    "value": "value",
    "limit": "limit",
    "time": "time",
    "count": "count",
    "reply": "reply_code",
}
_LONGEST = 35


@dataclass
class Sent:
    phone: str
    template: str
    content: str
    biz_id: str
    out_id: str
    status: int = 1
    error: str = ""


class Aliyun(CloudStandIn):
    def __init__(self, secret: str = SECRET, per_day: int = 50) -> None:
        super().__init__()
        self._secret = secret
        self._per_day = per_day
        self._sent_to: Counter[tuple[str, str, str]] = Counter()
        self.sent: list[Sent] = []
        self.forced_code = ""
        self.accept_silently = False
        """Take the message and hang up without an answer."""

    def answer(self, headers: dict[str, str], query: list[tuple[str, str]], body: bytes) -> tuple[int, bytes]:
        if not self._signed(headers, query, body):
            self.faults.append("SignatureDoesNotMatch")
            return 400, _json(Code="SignatureDoesNotMatch", Message="Specified signature is not matched.")
        given = dict(query)
        if headers["x-acs-action"] == "QuerySendDetails":
            return 200, self._details(given)
        code = {"error": "isv.AMOUNT_NOT_ENOUGH", "throttled": "isv.BUSINESS_LIMIT_CONTROL"}.get(self.script, "")
        code = code or self.forced_code or self._refused(given)
        if code:
            return 200, _json(Code=code, Message=f"refused for {given['PhoneNumbers']}: {code}")
        biz_id = f"{len(self.sent):06}^0"
        content = TEMPLATES[given["TemplateCode"]]
        for name, value in json.loads(given["TemplateParam"]).items():
            content = content.replace("${" + name + "}", value)
        self.sent.append(Sent(given["PhoneNumbers"], given["TemplateCode"], content, biz_id, given["OutId"]))
        return 200, b"" if self.accept_silently else _json(Code="OK", Message="OK", BizId=biz_id)

    def _refused(self, given: dict[str, str]) -> str:
        """The code of what the service would not take."""
        params = json.loads(given.get("TemplateParam", "{}"))
        key = (given["SignName"], given["TemplateCode"], given["PhoneNumbers"])
        code = ""
        if not re.fullmatch(r"(\+?86)?1[3-9]\d{9}|[2-9]\d{6,14}", given["PhoneNumbers"]):
            code = "isv.MOBILE_NUMBER_ILLEGAL"
        elif given["SignName"] != SIGN:
            code = "isv.SMS_SIGNATURE_ILLEGAL"
        elif given["TemplateCode"] not in TEMPLATES:
            code = "isv.SMS_TEMPLATE_ILLEGAL"
        elif any(not params.get(name) for name in re.findall(r"\$\{(\w+)\}", TEMPLATES[given["TemplateCode"]])):
            code = "isv.TEMPLATE_MISSING_PARAMETERS"
        elif any(not isinstance(value, str) for value in params.values()):
            code = "isv.INVALID_JSON_PARAM"
        elif any(len(value) > _LONGEST for value in params.values()):
            code = "isv.PARAM_LENGTH_LIMIT"
        elif any(re.search(r"https?://|www\.|\w\.(com|org|cn)\b", value) for value in params.values()):
            code = "isv.PARAM_NOT_SUPPORT_URL"
        elif any(re.search(r"[【】]", value) for value in params.values()):
            code = "isv.INVALID_PARAMETERS"
        if code:
            self.faults.append(code)
            return code
        self._sent_to[key] += 1
        return "isv.BUSINESS_LIMIT_CONTROL" if self._sent_to[key] > self._per_day else ""

    def _details(self, given: dict[str, str]) -> bytes:
        found = [
            {
                "PhoneNum": sent.phone,
                "SendStatus": sent.status,
                "ErrCode": sent.error,
                "TemplateCode": sent.template,
                "Content": f"【{SIGN}】{sent.content}",
                "SendDate": "2026-11-22 08:00:00",
                "ReceiveDate": "2026-11-22 08:00:05" if sent.status != 1 else "",
                "OutId": sent.out_id,
            }
            for sent in reversed(self.sent)
            if sent.phone.removeprefix("+86") == given["PhoneNumber"] and given.get("BizId") in (None, sent.biz_id)
        ]
        return _json(Code="OK", Message="OK", TotalCount=len(found), SmsSendDetailDTOs={"SmsSendDetailDTO": found})

    def _signed(self, headers: dict[str, str], query: list[tuple[str, str]], body: bytes) -> bool:
        given = re.fullmatch(
            r"ACS3-HMAC-SHA256 Credential=(\S+?),SignedHeaders=(\S+?),Signature=([0-9a-f]{64})",
            headers["authorization"],
        )
        if not given or given[1] != KEY_ID or headers["x-acs-content-sha256"] != hashlib.sha256(body).hexdigest():
            return False
        names = given[2].split(";")
        if not {"host", "x-acs-action", "x-acs-date", "x-acs-signature-nonce", "x-acs-version"} <= set(names):
            return False
        canonical = "\n".join(
            [
                "POST",
                "/",
                "&".join(f"{quote(k, safe='~')}={quote(v, safe='~')}" for k, v in sorted(query)),
                "".join(f"{name}:{headers[name].strip()}\n" for name in names),
                given[2],
                headers["x-acs-content-sha256"],
            ]
        )
        text = "ACS3-HMAC-SHA256\n" + hashlib.sha256(canonical.encode()).hexdigest()
        return hmac.compare_digest(given[3], hmac.digest(self._secret.encode(), text.encode(), "sha256").hex())


def _json(**fields: Any) -> bytes:
    return json.dumps({"RequestId": "00000000-0000-0000-0000-000000000001", **fields}).encode()


def settings(url: str, folder: Path, **changes: Any) -> AliyunSmsSettings:
    """Settings for the stand-in at `url`; the secret goes into `folder`."""
    (folder / "aliyun").write_text(SECRET + "\n")
    given = {
        "kind": "aliyun_sms",
        "name": "sms",
        "access_key_id": KEY_ID,
        "access_key_secret_file": folder / "aliyun",
        "sign_name": SIGN,
        "endpoint": url,
        "template": [
            {"code": "SMS_100003", "exercise": True, "language": "zh", "fields": _without("limit", "reply")},
            {"code": "SMS_100002", "language": "en", "fields": FIELDS, "text": TEMPLATES["SMS_100002"]},
            {"code": "SMS_100001", "fields": FIELDS, "text": TEMPLATES["SMS_100001"]},
        ],
    }
    return AliyunSmsSettings.model_validate({**given, **changes})


def _without(*names: str) -> dict[str, str]:
    return {name: fact for name, fact in FIELDS.items() if name not in names}


class AliyunHarness:
    plays: frozenset[Script] = frozenset({"error", "throttled", "slow", "nonsense", "hang_up"})
    words = True
    links = False
    secrets: tuple[str, ...] = (SECRET,)

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.service = Aliyun()

    def __enter__(self) -> Self:
        self.service.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.service.__exit__(kind, error, at)

    def channel(self, timeout_s: float = 5.0) -> AliyunSms:
        return settings(self.service.url, self._folder, timeout_s=timeout_s).open()

    def play(self, script: Script) -> None:
        self.service.play(script)

    def told(self) -> list[str]:
        return [sent.content for sent in self.service.sent]

    def complaints(self) -> list[str]:
        return self.service.faults
