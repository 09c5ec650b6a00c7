"""Short messages by Alibaba Cloud (阿里云短信服务, API Dysmsapi 2017-05-25), through its official SDK."""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from alerts.channels.phone import is_mainland, mobile, national
from alerts.channels.port import Limits, Notice, Outcome, Quota, Receipt
from alerts.channels.sending import Parts, Turns, number_of, told
from alerts.channels.settings import MissingExtraError, read_secret_line
from alerts.channels.sms_templates import (
    NamedTemplate,
    TemplateChannelSettings,
    check_endpoint,
    check_templates,
    template_for,
)
from alerts.channels.worker import Worker

_BEIJING: Final = timezone(timedelta(hours=8))
_DAY_S: Final = 86_400.0
_THREADS: Final = 4
_MOST_RECEIPTS: Final = 50

_THROTTLED: Final = ("isv.BUSINESS_LIMIT_CONTROL", "isv.DAY_LIMIT_CONTROL", "isv.MONTH_LIMIT_CONTROL", "Throttling")
_PERMANENT: Final = (
    "isv.MOBILE_NUMBER_ILLEGAL",
    "isv.MOBILE_COUNT_OVER_LIMIT",
    "isv.TEMPLATE_MISSING_PARAMETERS",
    "isv.SMS_TEMPLATE_ILLEGAL",
    "isv.SMS_SIGNATURE_ILLEGAL",
    "isv.SMS_SIGN_ILLEGAL",
    "isv.SMS_CONTENT_ILLEGAL",
    "isv.SMS_SIGNATURE_SCENE_ILLEGAL",
    "isv.TEMPLATE_PARAMS_ILLEGAL",
    "isv.TEMPLATE_COUNT_OVER_LIMIT",
    "isv.INVALID_PARAMETERS",
    "isv.INVALID_JSON_PARAM",
    "isv.BLACK_KEY_CONTROL_LIMIT",
    "isv.PARAM_NOT_SUPPORT_URL",
    "isv.PARAM_LENGTH_LIMIT",
    "isv.DENY_IP_RANGE",
    "isv.DOMESTIC_NUMBER_NOT_SUPPORTED",
)
"""Of number, template, signature and content: trying again can't help. What is wrong with the account (its balance,
its rights) can be mended while the notice waits, and is tried again."""


class AliyunSmsSettings(TemplateChannelSettings):
    kind: Literal["aliyun_sms"]
    access_key_id: Annotated[str, Field(min_length=1)]
    access_key_secret_file: Path
    template: tuple[NamedTemplate, ...]
    endpoint: str = "https://dysmsapi.aliyuncs.com"
    ca_file: Path | None = None
    """The authority (PEM) of the endpoint's certificate, where it is not a public one."""
    max_variable_chars: Annotated[int, Field(ge=6, le=500)] = 35
    per_recipient_day: Annotated[int, Field(ge=1)] = 50
    """Messages in 24 hours to one number. The provider's own limit, for one signature and template, is 50."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        check_templates(self.template)
        check_endpoint(self.endpoint)
        return self

    def open(self) -> "AliyunSms":
        return AliyunSms(self)


class AliyunSms:
    """Sends by SendSms and asks for receipts by QuerySendDetails."""

    def __init__(self, settings: AliyunSmsSettings) -> None:
        """Reads the secret: ValueError if it can't; MissingExtraError without the SDK."""
        try:
            from alibabacloud_dysmsapi20170525 import models
            from alibabacloud_dysmsapi20170525.client import Client
            from alibabacloud_tea_openapi.models import Config
            from darabonba.runtime import RuntimeOptions
        except ImportError:
            raise MissingExtraError("Channels of kind aliyun_sms", "sms") from None
        parts = urlsplit(settings.endpoint)
        self._settings = settings
        self._models = models
        self._client: Any = Client(
            Config(
                access_key_id=settings.access_key_id,
                access_key_secret=read_secret_line(settings.access_key_secret_file),
                endpoint=parts.netloc,
                protocol=parts.scheme,
                ca=str(settings.ca_file) if settings.ca_file is not None else None,
            )
        )
        timeout_ms = round(settings.timeout_s * 1000)
        self._runtime = RuntimeOptions(
            autoretry=False, max_attempts=1, connect_timeout=timeout_ms, read_timeout=timeout_ms
        )
        self._worker = Worker(settings.name, _THREADS)
        self._parts = Parts()
        self._turns = Turns(_MOST_RECEIPTS)
        self._unsure: set[str] = set()

    @property
    def name(self) -> str:
        return self._settings.name

    @property
    def limits(self) -> Limits:
        quotas = [Quota(self._settings.per_recipient_day, _DAY_S, "recipient")]
        if self._settings.per_day is not None:
            quotas.append(Quota(self._settings.per_day, _DAY_S))
        return Limits(quotas=tuple(quotas), kept_for_red=self._settings.kept_for_red, concurrency=_THREADS)

    async def send(self, notice: Notice, now_ms: int) -> Outcome:
        """One SendSms for each message of the notice; `out_id` carries the notice's id."""
        recipient = notice.recipient
        try:
            number = mobile(recipient.phone if recipient is not None else None)
        except ValueError as error:
            return Outcome(False, error=str(error), permanent=True)
        language = recipient.language if recipient is not None else "zh"
        template = template_for(self._settings.template, notice, language)
        parts = template.messages(notice, language, self._settings.max_variable_chars)

        async def one(n: int) -> Outcome:
            more = notice.more if n == 0 else 0
            values = template.values(parts[n], language, notice.exercise, self._settings.max_variable_chars, more)
            params = json.dumps(dict(zip(template.variables, values, strict=True)), ensure_ascii=False)
            out_id = notice.id if n == 0 else f"{notice.id}.{n}"
            if out_id in self._unsure:
                found = await self._found(number, out_id, now_ms)
                if found is not None:
                    return found
            return await self._send(number, template.code, params, out_id)

        return await self._parts.send(notice.id, len(parts), one)

    async def receipts(self, pending: Sequence[tuple[str, str, int]], now_ms: int) -> list[Receipt]:
        found = []
        with suppress(Exception):  # news that can't be had now may be had at the next call
            for provider_id, phone, sent_at_ms in self._turns.take(pending):
                number = number_of(phone)
                if not number:
                    continue
                details = [await self._details(number, biz_id, sent_at_ms) for biz_id in provider_id.split(",")]
                found += _receipts(provider_id, phone, [d for part in details for d in part[:1]], len(details), now_ms)
        return found

    async def close(self) -> None:
        self._worker.close()

    async def _send(self, number: str, code: str, params: str, out_id: str) -> Outcome:
        request = self._models.SendSmsRequest(
            phone_numbers=number if is_mainland(number) else national(number),
            sign_name=self._settings.sign_name,
            template_code=code,
            template_param=params,
            out_id=out_id,
        )
        self._unsure.add(out_id)
        try:
            call = partial(self._client.send_sms_with_options, request, self._runtime)
            body = (await self._worker.run(call, self._settings.timeout_s + 1)).body
        except TimeoutError:
            return Outcome(False, error=f"no answer within {self._settings.timeout_s:g} s")
        except Exception as error:
            return self._failed(error, out_id)
        self._unsure.discard(out_id)
        return _answered(str(body.code or ""), str(body.message or ""), str(body.biz_id or ""))

    def _failed(self, error: Exception, out_id: str) -> Outcome:
        """What an error of the SDK means; only one that carries the provider's answer settles what became of it."""
        code = str(getattr(error, "code", None) or "")
        if code in ("", "None"):
            cause = getattr(error, "inner_exception", None) or error
            return Outcome(False, error=told(f"{type(cause).__name__}: {getattr(cause, 'message', cause)}"))
        self._unsure.discard(out_id)
        status, wait_ms = getattr(error, "status_code", None), getattr(error, "retry_after", None)
        return replace(
            _answered(code, str(getattr(error, "message", None) or ""), ""),
            status=status if isinstance(status, int) else None,
            retry_after_s=wait_ms / 1000 if isinstance(wait_ms, int) else None,
        )

    async def _found(self, number: str, out_id: str, now_ms: int) -> Outcome | None:
        """A message that was accepted although its answer never came."""
        try:
            details = await self._details(number, None, now_ms)
        except Exception:
            return None
        if any(detail.out_id == out_id for detail in details):
            self._unsure.discard(out_id)
            return Outcome(True, answer="accepted by an earlier attempt", receipt="none")
        return None

    async def _details(self, number: str, biz_id: str | None, at_ms: int) -> list[Any]:
        """What the provider keeps of the messages to a number on the day (in Beijing) of `at_ms`, newest first."""
        request = self._models.QuerySendDetailsRequest(
            phone_number=national(number),
            biz_id=biz_id,
            send_date=datetime.fromtimestamp(at_ms / 1000, _BEIJING).strftime("%Y%m%d"),
            page_size=50,
            current_page=1,
        )
        call = partial(self._client.query_send_details_with_options, request, self._runtime)
        body = (await self._worker.run(call, self._settings.timeout_s + 1)).body
        if body.code != "OK":
            raise OSError(str(body.code))
        return list(body.sms_send_detail_dtos.sms_send_detail_dto if body.sms_send_detail_dtos else [])


def _answered(code: str, message: str, biz_id: str) -> Outcome:
    """What an answer's code means."""
    if code == "OK":
        return Outcome(True, answer=code, provider_id=biz_id, receipt="pending" if biz_id else "none")
    return Outcome(
        False,
        answer=told(message),
        error=told(f"{code or 'no code'}: {message}"),
        permanent=code in _PERMANENT,
        throttled=code.startswith(_THROTTLED),
    )


def _receipts(provider_id: str, phone: str, details: Sequence[Any], wanted: int, now_ms: int) -> list[Receipt]:
    """What became of a notice: SendStatus 3 of all its messages is delivered, 2 of any is failed."""
    failed = next((detail for detail in details if detail.send_status == 2), None)
    if failed is None and (len(details) < wanted or any(detail.send_status != 3 for detail in details)):
        return []
    last = failed or details[-1]
    at_ms = _beijing_ms(last.receive_date, now_ms)
    return [Receipt(provider_id, failed is None, at_ms, str(last.err_code or ""), phone)]


def _beijing_ms(text: str | None, otherwise: int) -> int:
    try:
        at = datetime.strptime(text or "", "%Y-%m-%d %H:%M:%S").replace(tzinfo=_BEIJING)
    except ValueError:
        return otherwise
    return round(at.astimezone(UTC).timestamp() * 1000)
