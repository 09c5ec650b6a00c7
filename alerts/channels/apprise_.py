"""Apprise: the long tail of services, by its addresses. What it calls sent is not proven to be."""

import asyncio
import logging
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from alerts.channels.port import Limits, Notice, Outcome, Quota
from alerts.channels.settings import ChannelSettings, MissingExtraError
from alerts.wording import full_text, title

TIMEOUT_S = 30.0

_OURS: Final = {
    "dingtalk": "dingtalk",
    "wecombot": "wecom",
    "feishu": "feishu",
    "lark": "feishu",
    "oapi.dingtalk.com": "dingtalk",
    "qyapi.weixin.qq.com": "wecom",
    "open.feishu.cn": "feishu",
    "open.larksuite.com": "feishu",
}
"""Services that answer errors with HTTP 200, which Apprise takes for success: they have channels of their own."""


class AppriseSettings(ChannelSettings):
    kind: Literal["apprise"]
    urls_file: Path
    """Holds Apprise addresses, one a line; # begins a comment. They carry keys."""
    most_bytes: Annotated[int, Field(ge=200, le=100_000)] = 3000
    """Of a text, in UTF-8: what the service at the end takes."""
    per_minute: Annotated[int, Field(ge=1, le=10_000)] = 20

    def open(self) -> "AppriseChannel":
        return AppriseChannel(self)


class AppriseChannel:
    """Sends by Apprise in a thread of its own, one notice at a time."""

    def __init__(self, settings: AppriseSettings, timeout_s: float = TIMEOUT_S) -> None:
        self._settings = settings
        self._timeout_s = timeout_s
        self._apprise = _opened(settings)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="apprise")
        self._sending: Future[bool | None] | None = None

    @property
    def name(self) -> str:
        return self._settings.name

    @property
    def limits(self) -> Limits:
        return Limits(quotas=(Quota(self._settings.per_minute, 60.0),), kept_for_red=0.3, most_items=50)

    async def send(self, notice: Notice, now_ms: int) -> Outcome:
        """Send once. Delivered: Apprise says so of every address, which for some services proves little."""
        heading, body = title(notice), full_text(notice, self._settings.most_bytes)
        try:
            async with asyncio.timeout(self._timeout_s):
                if self._sending is not None:  # one that was given up: its thread is busy until the service ends it
                    await asyncio.wait({asyncio.wrap_future(self._sending)})
                self._sending = self._thread.submit(self._apprise.notify, body=body, title=heading, body_format="text")
                sent = await asyncio.shield(asyncio.wrap_future(self._sending))
        except TimeoutError:
            return Outcome(False, error=f"no answer within {self._timeout_s:g} s")
        except Exception as error:  # a plugin's own; its text may have an address in it
            return Outcome(False, error=f"Apprise failed: {type(error).__name__}")
        return Outcome(True) if sent else Outcome(False, error="Apprise could not send to every address")

    async def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)


def _opened(settings: AppriseSettings) -> Any:
    """ValueError if an address is none, or leads to a service that has a channel of its own."""
    try:
        import apprise
    except ImportError:
        raise MissingExtraError("the apprise channel", "apprise") from None
    # At lower levels it logs whole addresses, keys included.
    logging.getLogger("apprise").setLevel(logging.CRITICAL)
    found = apprise.Apprise()
    for number, url in _urls(settings.urls_file):
        plugin = apprise.Apprise.instantiate(url)
        if plugin is None:
            raise ValueError(f"{settings.urls_file}:{number}: is no address that Apprise knows")
        schemes = (plugin.secure_protocol, plugin.protocol)
        known = [scheme for scheme in (*schemes, getattr(plugin, "host", None)) if isinstance(scheme, str)]
        better = next((_OURS[scheme.lower()] for scheme in known if scheme.lower() in _OURS), None)
        if better is not None:
            raise ValueError(
                f"{settings.urls_file}:{number}: Apprise takes that service's errors for success,"
                f' allowed is a channel of kind = "{better}"'
            )
        found.add(plugin)
    return found


def _urls(path: Path) -> list[tuple[int, str]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: the addresses can't be read: {getattr(error, 'strerror', None) or error}") from None
    found = [(n, line.strip()) for n, line in enumerate(lines, 1) if line.strip() and not line.strip().startswith("#")]
    if not found:
        raise ValueError(f"{path}: needed is at least one Apprise address")
    return found
