"""Tencent Cloud's short message service (sms 2021-01-11) as far as Tocsin uses it.

It checks signatures (TC3-HMAC-SHA256), numbers, signature names, templates and their variables, and keeps to the
limit of a number in 30 seconds, with the service's own error codes.
"""

import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from support.standins.cloud import CloudStandIn
from support.standins.harness import Script

from alerts.channels.tencent_sms import TencentSms, TencentSmsSettings

KEY_ID, SECRET = "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE", "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE"
SIGN, APP = "东港应急", "1400006666"
TEMPLATES = {
    "100001": "{1}{2}{3}，{4}（限值{5}），{6}，共{7}条。回复{8}确认。",
    "100002": "{1} {2} {3} {4} of {5} {6} {7} alarm(s). Reply {8}.",
    "100003": "演练：{1}{2}{3}，{4}，{5}，共{6}条。",
}
FIELDS = ["severity", "enterprise", "where", "value", "limit", "time", "count", "reply_code"]
_LONGEST = 20
REPORT_S = 1_795_305_605


@dataclass
class Sent:
    phone: str
    content: str
    serial_no: str
    context: str
    at_s: int
    report: str = ""


class Tencent(CloudStandIn):
    def __init__(self, secret: str = SECRET, per_30_s: int = 1000) -> None:
        super().__init__()
        self._secret = secret
        self._per_30_s = per_30_s
        self.sent: list[Sent] = []
        self.replies: list[dict[str, Any]] = []
        self.forced_code = ""

    def answer(self, headers: dict[str, str], query: list[tuple[str, str]], body: bytes) -> tuple[int, bytes]:
        if not self._signed(headers, body):
            self.faults.append("AuthFailure.SignatureFailure")
            return 200, _json(Error={"Code": "AuthFailure.SignatureFailure", "Message": "check your signature"})
        given = json.loads(body)
        if headers["x-tc-action"] == "PullSmsSendStatusByPhoneNumber":
            return 200, _json(PullSmsSendStatusSet=[_status(s) for s in self.sent if self._asked_for(s, given)])
        if headers["x-tc-action"] == "PullSmsReplyStatus":
            told, self.replies = self.replies, []
            return 200, _json(PullSmsReplyStatusSet=told)
        if self.script == "error":
            arrears = {"Code": "UnauthorizedOperation.ServiceSuspendDueToArrears", "Message": "top up"}
            return 200, _json(Error=arrears)
        (phone,) = given["PhoneNumberSet"]
        code = "LimitExceeded.PhoneNumberDailyLimit" if self.script == "throttled" else ""
        code = code or self.forced_code or self._refused(given, phone, int(headers["x-tc-timestamp"]))
        if code:
            failed = {"SerialNo": "", "PhoneNumber": phone, "Fee": 0, "Code": code, "Message": f"{phone} refused"}
            return 200, _json(SendStatusSet=[failed])
        content = TEMPLATES[given["TemplateId"]]
        for n, value in enumerate(given["TemplateParamSet"], 1):
            content = content.replace("{" + str(n) + "}", value)
        serial_no = f"5000:{len(self.sent):08}"
        at_s = int(headers["x-tc-timestamp"])
        self.sent.append(Sent(phone, content, serial_no, given["SessionContext"], at_s))
        sent = {"SerialNo": serial_no, "PhoneNumber": phone, "Fee": 1, "Code": "Ok", "Message": "send success"}
        return 200, _json(SendStatusSet=[sent])

    def _asked_for(self, sent: Sent, given: dict[str, Any]) -> bool:
        assert given["BeginTime"] <= given["EndTime"]
        return bool(sent.report) and sent.phone == given["PhoneNumber"]

    def _refused(self, given: dict[str, Any], phone: str, at_s: int) -> str:
        """The code of what the service would not take."""
        params = given["TemplateParamSet"]
        code = ""
        if not re.fullmatch(r"\+[1-9]\d{6,14}", phone):
            code = "InvalidParameterValue.IncorrectPhoneNumber"
        elif given["SmsSdkAppId"] != APP:
            code = "UnauthorizedOperation.SmsSdkAppIdVerifyFail"
        elif given["SignName"] != SIGN:
            code = "FailedOperation.SignatureIncorrectOrUnapproved"
        elif given["TemplateId"] not in TEMPLATES:
            code = "FailedOperation.TemplateUnapprovedOrNotExist"
        elif not phone.startswith("+86"):
            code = "UnsupportedOperation.ChineseMainlandTemplateToGlobalPhone"
        elif len(params) != len(re.findall(r"\{\d+\}", TEMPLATES[given["TemplateId"]])) or not all(params):
            code = "FailedOperation.TemplateParamSetNotMatchApprovedTemplate"
        elif any(len(value) > _LONGEST for value in params):
            code = "InvalidParameterValue.TemplateParameterLengthLimit"
        elif any(re.search(r"https?://|www\.|\w\.(com|org|cn)\b", value) for value in params):
            code = "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter"
        if code:
            self.faults.append(code)
        elif sum(sent.phone == phone and at_s - sent.at_s < 30 for sent in self.sent) >= self._per_30_s:
            code = "LimitExceeded.PhoneNumberThirtySecondLimit"
        return code

    def _signed(self, headers: dict[str, str], body: bytes) -> bool:
        timestamp = headers["x-tc-timestamp"]
        date = datetime.fromtimestamp(int(timestamp), UTC).strftime("%Y-%m-%d")
        signed = f"content-type:{headers['content-type']}\nhost:{headers['host']}\n"
        canonical = f"POST\n/\n\n{signed}\ncontent-type;host\n{hashlib.sha256(body).hexdigest()}"
        scope = f"{date}/sms/tc3_request"
        text = f"TC3-HMAC-SHA256\n{timestamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        key = f"TC3{self._secret}".encode()
        for part in (date, "sms", "tc3_request"):
            key = hmac.digest(key, part.encode(), "sha256")
        signature = hmac.digest(key, text.encode(), "sha256").hex()
        expected = (
            f"TC3-HMAC-SHA256 Credential={KEY_ID}/{scope}, SignedHeaders=content-type;host, Signature={signature}"
        )
        return hmac.compare_digest(headers["authorization"], expected)


def _status(sent: Sent) -> dict[str, Any]:
    return {
        "UserReceiveTime": REPORT_S,
        "CountryCode": "86",
        "SubscriberNumber": sent.phone.removeprefix("+86"),
        "PhoneNumber": sent.phone,
        "SerialNo": sent.serial_no,
        "ReportStatus": sent.report,
        "Description": "DELIVERED" if sent.report == "SUCCESS" else "MK:0012",
        "SessionContext": sent.context,
    }


def _json(**fields: Any) -> bytes:
    return json.dumps({"Response": {**fields, "RequestId": "00000000-0000-0000-0000-000000000001"}}).encode()


def settings(url: str, folder: Path, **changes: Any) -> TencentSmsSettings:
    """Settings for the stand-in at `url`; the secret goes into `folder`."""
    (folder / "tencent").write_text(SECRET + "\n")
    given = {
        "kind": "tencent_sms",
        "name": "sms2",
        "secret_id": KEY_ID,
        "secret_key_file": folder / "tencent",
        "app_id": APP,
        "sign_name": SIGN,
        "endpoint": url,
        "max_variable_chars": _LONGEST,
        "template": [
            {"code": "100003", "exercise": True, "language": "zh", "fields": [*FIELDS[:4], "time", "count"]},
            {"code": "100002", "language": "en", "fields": FIELDS, "text": TEMPLATES["100002"]},
            {"code": "100001", "fields": FIELDS, "text": TEMPLATES["100001"]},
        ],
    }
    return TencentSmsSettings.model_validate({**given, **changes})


class TencentHarness:
    plays: frozenset[Script] = frozenset({"error", "throttled", "slow", "nonsense", "hang_up"})
    words = True
    links = False
    secrets: tuple[str, ...] = (SECRET, "13800001234")

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.service = Tencent()

    def __enter__(self) -> Self:
        self.service.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.service.__exit__(kind, error, at)

    def channel(self, timeout_s: float = 5.0) -> TencentSms:
        return settings(self.service.url, self._folder, timeout_s=timeout_s).open()

    def play(self, script: Script) -> None:
        self.service.play(script)

    def told(self) -> list[str]:
        return [sent.content for sent in self.service.sent]

    def complaints(self) -> list[str]:
        return self.service.faults
