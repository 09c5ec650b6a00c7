"""Short messages by Tencent Cloud (腾讯云短信, API sms 2021-01-11), through its official SDK."""

import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from alerts.channels.phone import mobile
from alerts.channels.port import Limits, Notice, Outcome, Quota, Receipt, Reply
from alerts.channels.sending import Parts, Turns, number_of, told
from alerts.channels.settings import MissingExtraError, read_secret_line
from alerts.channels.sms_templates import (
    NumberedTemplate,
    TemplateChannelSettings,
    check_endpoint,
    check_templates,
    template_for,
)
from alerts.channels.worker import Worker

_HOUR_S: Final = 3_600.0
_DAY_S: Final = 86_400.0
_THREADS: Final = 4
_MOST_RECEIPTS: Final = 50
_PAGE: Final = 100

_ARREARS: Final = "FailedOperation.InsufficientBalanceInSmsPackage"
_THROTTLED: Final = ("LimitExceeded", "RequestLimitExceeded")
_PERMANENT: Final = ("FailedOperation", "InvalidParameter", "MissingParameter", "UnsupportedOperation")
"""Of number, template, signature and content: trying again can't help. What is wrong with the account (its balance,
its rights) or with the service can be mended while the notice waits, and is tried again."""


class TencentSmsSettings(TemplateChannelSettings):
    kind: Literal["tencent_sms"]
    secret_id: Annotated[str, Field(min_length=1)]
    secret_key_file: Path
    app_id: Annotated[str, Field(pattern=r"^\d{1,20}$")]
    """SmsSdkAppId of the application in the console."""
    template: tuple[NumberedTemplate, ...]
    region: str = "ap-guangzhou"
    endpoint: str = "https://sms.tencentcloudapi.com"
    ca_file: Path | None = None
    """The authority (PEM) of the endpoint's certificate, where it is not a public one."""
    max_variable_chars: Annotated[int, Field(ge=6, le=500)] = 6
    """What the console shows for the account; 6 is what new accounts have."""
    per_recipient_30_s: Annotated[int, Field(ge=1)] = 1
    per_recipient_hour: Annotated[int, Field(ge=1)] | None = None
    per_recipient_day: Annotated[int, Field(ge=1)] | None = None
    """The frequency limits of the console."""
    replies: bool = False
    """Ask for what people send back; the provider has to have opened it."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        check_templates(self.template)
        check_endpoint(self.endpoint)
        return self

    def open(self) -> "TencentSms":
        return TencentSms(self)


class TencentSms:
    """Sends by SendSms; asks for receipts by PullSmsSendStatusByPhoneNumber and for replies by PullSmsReplyStatus."""

    def __init__(self, settings: TencentSmsSettings) -> None:
        """Reads the secret: ValueError if it can't; MissingExtraError without the SDK."""
        try:
            from tencentcloud.common.common_client import CommonClient
            from tencentcloud.common.credential import Credential
            from tencentcloud.common.profile.client_profile import ClientProfile
            from tencentcloud.common.profile.http_profile import HttpProfile
        except ImportError:
            raise MissingExtraError("Channels of kind tencent_sms", "sms") from None
        parts = urlsplit(settings.endpoint)
        http = HttpProfile(
            protocol=parts.scheme,
            endpoint=parts.netloc,
            reqTimeout=settings.timeout_s,
            certification=str(settings.ca_file) if settings.ca_file is not None else None,
        )
        secret = read_secret_line(settings.secret_key_file)
        # At DEBUG the SDK logs whole requests.
        logging.getLogger("tencentcloud_sdk_common").setLevel(logging.WARNING)
        self._settings = settings
        self._client: Any = CommonClient(
            "sms",
            "2021-01-11",
            Credential(settings.secret_id, secret),
            settings.region,
            ClientProfile(httpProfile=http),
        )
        self._worker = Worker(settings.name, _THREADS)
        self._parts = Parts()
        self._turns = Turns(_MOST_RECEIPTS)

    @property
    def name(self) -> str:
        return self._settings.name

    @property
    def limits(self) -> Limits:
        given = self._settings
        quotas = [Quota(given.per_recipient_30_s, 30.0, "recipient")]
        if given.per_recipient_hour is not None:
            quotas.append(Quota(given.per_recipient_hour, _HOUR_S, "recipient"))
        if given.per_recipient_day is not None:
            quotas.append(Quota(given.per_recipient_day, _DAY_S, "recipient"))
        if given.per_day is not None:
            quotas.append(Quota(given.per_day, _DAY_S))
        return Limits(quotas=tuple(quotas), kept_for_red=given.kept_for_red, concurrency=_THREADS)

    async def send(self, notice: Notice, now_ms: int) -> Outcome:
        """One SendSms for each message of the notice; the session's context carries the notice's id."""
        recipient = notice.recipient
        try:
            number = mobile(recipient.phone if recipient is not None else None)
        except ValueError as error:
            return Outcome(False, error=str(error), permanent=True)
        language = recipient.language if recipient is not None else "zh"
        template = template_for(self._settings.template, notice, language)
        room = self._settings.max_variable_chars
        parts = template.messages(notice, language, room)

        async def one(n: int) -> Outcome:
            more = notice.more if n == 0 else 0
            return await self._send(
                {
                    "PhoneNumberSet": [number],
                    "SmsSdkAppId": self._settings.app_id,
                    "SignName": self._settings.sign_name,
                    "TemplateId": template.code,
                    "TemplateParamSet": template.values(parts[n], language, notice.exercise, room, more),
                    "SessionContext": notice.id,
                }
            )

        return await self._parts.send(notice.id, len(parts), one)

    async def receipts(self, pending: Sequence[tuple[str, str, int]], now_ms: int) -> list[Receipt]:
        found = []
        with suppress(Exception):  # news that can't be had now may be had at the next call
            for provider_id, phone, sent_at_ms in self._turns.take(pending):
                number = number_of(phone)
                if not number:
                    continue
                request = {
                    "BeginTime": sent_at_ms // 1000 - 60,
                    "EndTime": now_ms // 1000,
                    "Offset": 0,
                    "Limit": _PAGE,
                    "PhoneNumber": number,
                    "SmsSdkAppId": self._settings.app_id,
                }
                answer = (await self._call("PullSmsSendStatusByPhoneNumber", request))["PullSmsSendStatusSet"]
                found += _receipts(provider_id, phone, {status["SerialNo"]: status for status in answer}, now_ms)
        return found

    async def replies(self, now_ms: int) -> list[Reply]:
        """The provider hands out each reply once."""
        if not self._settings.replies:
            return []
        request = {"Limit": _PAGE, "SmsSdkAppId": self._settings.app_id}
        try:
            answer = (await self._call("PullSmsReplyStatus", request))["PullSmsReplyStatusSet"]
            return [
                Reply(
                    id=f"{self.name}:{reply['PhoneNumber']}:{reply['ReplyTime']}:{n}",
                    phone=str(reply["PhoneNumber"]),
                    text=str(reply["ReplyContent"]),
                    at_ms=int(reply["ReplyTime"]) * 1000,
                )
                for n, reply in enumerate(answer)
            ]
        except Exception:
            return []

    async def close(self) -> None:
        self._worker.close()

    async def _call(self, action: str, request: Mapping[str, object]) -> Any:
        """The part `Response` of an answer."""
        call = partial(self._client.call_json, action, request)
        return (await self._worker.run(call, self._settings.timeout_s + 1))["Response"]

    async def _send(self, request: Mapping[str, object]) -> Outcome:
        try:
            (status,) = (await self._call("SendSms", request))["SendStatusSet"]
            return _answered(str(status["Code"]), str(status.get("Message", "")), str(status.get("SerialNo", "")))
        except TimeoutError:
            return Outcome(False, error=f"no answer within {self._settings.timeout_s:g} s")
        except Exception as error:
            code = str(getattr(error, "code", None) or "")
            if code and code not in ("ClientNetworkError", "ServerNetworkError"):
                return _answered(code, str(getattr(error, "message", None) or ""), "")
            return Outcome(False, error=told(f"{type(error).__name__}: {error}"))


def _answered(code: str, message: str, serial_no: str) -> Outcome:
    """What an answer's code means."""
    if code == "Ok":
        return Outcome(True, answer=code, provider_id=serial_no, receipt="pending" if serial_no else "none")
    return Outcome(
        False,
        answer=told(message),
        error=told(f"{code}: {message}"),
        permanent=code.startswith(_PERMANENT) and code != _ARREARS,
        throttled=code.startswith(_THROTTLED),
    )


def _receipts(provider_id: str, phone: str, statuses: Mapping[str, Any], now_ms: int) -> list[Receipt]:
    """What became of a notice: SUCCESS of all its messages is delivered, FAIL of any is failed."""
    wanted = provider_id.split(",")
    known = [statuses[serial_no] for serial_no in wanted if serial_no in statuses]
    failed = next((status for status in known if status["ReportStatus"] == "FAIL"), None)
    if failed is None and len(known) < len(wanted):
        return []
    last = failed or known[-1]
    at_ms = int(last.get("UserReceiveTime") or 0) * 1000 or now_ms
    return [Receipt(provider_id, failed is None, at_ms, told(str(last.get("Description", ""))), phone)]
