"""Webhooks: CloudEvents over HTTP POST, signed by Standard Webhooks."""

import asyncio
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

import httpx
from pydantic import BaseModel, ConfigDict, Field, model_validator
from standardwebhooks import Webhook

from alerts.channels.cloudevents import CONTENT_TYPE, cloud_event
from alerts.channels.guard import ForbiddenTargetError, is_public, public_addresses
from alerts.channels.port import ANSWER_BYTES, Limits, Notice, Outcome
from alerts.targets import Target
from rules.schema import Severity

TIMEOUT_S = 10.0
"""From the look-up of the name to the headers of the answer."""

_ANSWER_TIMEOUT_S = 2.0

_ADDRESSES_TRIED = 3
_OURS = frozenset({"content-type", "content-length", "host", "webhook-id", "webhook-timestamp", "webhook-signature"})


class WebhookSettings(BaseModel):
    """One `[[webhook]]` of the settings."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    url: str
    secret_file: Path
    """Holds a Standard Webhooks secret, `whsec_...`."""
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9._:-]{1,64}$")] = ""
    """Key in the outbox; the url's host and port where left out. Two webhooks of one host need names."""
    min_severity: Severity = "blue"
    allow_private: bool = False
    """Targets inside private address ranges."""
    ca_file: Path | None = None
    """The authority (PEM) that signed the target's certificate, where it is not a public one."""
    headers: dict[str, str] = Field(default_factory=dict)
    """Sent along, for instance for a gateway's key."""

    @model_validator(mode="before")
    @classmethod
    def _name(cls, given: object) -> object:
        if isinstance(given, dict) and not given.get("name") and isinstance(given.get("url"), str):
            host_and_port = urlsplit(given["url"]).netloc.rpartition("@")[2].replace("[", "").replace("]", "")
            return {**given, "name": host_and_port} if host_and_port else given
        return given

    @model_validator(mode="after")
    def _target(self) -> Self:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("url is not a web address, allowed are http://HOST/... and https://HOST/...")
        if parts.username or parts.password:
            raise ValueError("url carries a password, allowed is a key under headers")
        if not self.allow_private and _is_private_literal(parts.hostname):
            raise ValueError(f"url leads to {parts.hostname}, a private address, allowed with allow_private = true")
        for header in self.headers:
            if header.lower() in _OURS:
                raise ValueError(f"headers sets {header}, which is set by Tocsin")
        return self

    @property
    def target(self) -> Target:
        """The outbox target of this webhook."""
        return Target(self.name, self.min_severity)


def read_secret(path: Path) -> str:
    """The secret that a file holds. ValueError says what is wrong, without the secret."""
    try:
        secret = path.read_text(encoding="utf-8").strip()
        Webhook(secret)
    except OSError as error:
        raise ValueError(f"{path}: the secret can't be read: {error.strerror}") from None
    except Exception:
        raise ValueError(f"{path}: not a Standard Webhooks secret, allowed is whsec_ and base64") from None
    return secret


def _authority(ca_file: Path | None) -> ssl.SSLContext | bool:
    """Who vouches for certificates: the public authorities (True), or the one given."""
    try:
        return True if ca_file is None else ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise ValueError(f"{ca_file}: the authority can't be read: {error.strerror or error}") from None


class WebhookChannel:
    """Sends notices to one webhook. Reads secret and authority once, when made (ValueError if it can't)."""

    def __init__(self, settings: WebhookSettings, timeout_s: float = TIMEOUT_S) -> None:
        self._settings = settings
        self._timeout_s = timeout_s
        self._signer = Webhook(read_secret(settings.secret_file))
        # No proxy and no netrc from the environment: the connection goes to the address that was checked.
        self._client = httpx.AsyncClient(
            verify=_authority(settings.ca_file), timeout=timeout_s, follow_redirects=False, trust_env=False
        )

    @property
    def name(self) -> str:
        return self._settings.name

    @property
    def limits(self) -> Limits:
        """Each event goes alone, eight at a time."""
        return Limits(bundles=False, concurrency=8)

    @property
    def target(self) -> Target:
        """What it is in the outbox."""
        return self._settings.target

    async def send(self, notice: Notice, now_ms: int) -> Outcome:
        """POST the notice once. Delivered is a 2xx within the time limit; redirects are not followed."""
        body = cloud_event(notice.first, notice.id)
        signed_at = datetime.fromtimestamp(now_ms // 1000, UTC)
        headers = {
            **self._settings.headers,
            "content-type": CONTENT_TYPE,
            "user-agent": "tocsin",
            "webhook-id": notice.id,
            "webhook-timestamp": str(now_ms // 1000),
            "webhook-signature": self._signer.sign(notice.id, signed_at, body.decode()),
        }
        try:
            async with asyncio.timeout(self._timeout_s):
                response = await self._post(body, headers)
        except TimeoutError:
            return Outcome(False, error=f"no answer within {self._timeout_s:g} s")
        except (ForbiddenTargetError, httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
            return Outcome(False, error=f"{type(error).__name__}: {error}")
        answer = await _first_bytes(response)
        return Outcome(
            delivered=response.is_success,
            status=response.status_code,
            answer=answer.decode("utf-8", "replace"),
            error="" if response.is_success else f"HTTP {response.status_code}",
            retry_after_s=_retry_after_s(response),
        )

    async def close(self) -> None:
        await self._client.aclose()

    async def _post(self, body: bytes, headers: dict[str, str]) -> httpx.Response:
        """The answer's status and headers; its body is still to be read."""
        unreached: httpx.ConnectError | None = None
        for request in await self._requests(body, headers):
            try:
                return await self._client.send(request, stream=True)
            except httpx.ConnectError as error:
                unreached = error
        raise unreached or OSError("the name has no address")

    async def _requests(self, body: bytes, headers: dict[str, str]) -> Iterator[httpx.Request]:
        """The request, once per address to try. A guarded target is called by the address that was checked."""
        url = httpx.URL(self._settings.url)
        if self._settings.allow_private:
            return iter([self._client.build_request("POST", url, content=body, headers=headers)])
        port = url.port or (443 if url.scheme == "https" else 80)
        addresses = await public_addresses(url.host, port)
        headers = {**headers, "host": url.netloc.decode()}
        return (
            self._client.build_request(
                "POST",
                url.copy_with(host=address),
                content=body,
                headers=headers,
                extensions={"sni_hostname": url.host},
            )
            for address in addresses[:_ADDRESSES_TRIED]
        )


async def _first_bytes(response: httpx.Response) -> bytes:
    """The beginning of the answer. What is wrong with the rest of it does not undo the status."""
    answer = b""
    try:
        async with asyncio.timeout(_ANSWER_TIMEOUT_S):
            async for chunk in response.aiter_raw():
                answer += chunk
                if len(answer) >= ANSWER_BYTES:
                    break
    except (httpx.HTTPError, TimeoutError):
        pass
    finally:
        await response.aclose()
    return answer[:ANSWER_BYTES]


def _retry_after_s(response: httpx.Response) -> float | None:
    value = response.headers.get("retry-after", "")
    return float(value) if value.isascii() and value.isdigit() and len(value) < 10 else None


def _is_private_literal(host: str) -> bool:
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return host.lower() == "localhost"
    return not is_public(host)
