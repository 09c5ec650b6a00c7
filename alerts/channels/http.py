"""HTTP calls to providers: to checked addresses only, in limited time, and without a secret in what is told of them."""

import asyncio
import re
import ssl
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final
from urllib.parse import quote, quote_plus, urlsplit

import httpx

from alerts.channels.guard import ForbiddenTargetError, is_private_literal, public_addresses
from alerts.channels.port import ANSWER_BYTES, Outcome

TIMEOUT_S = 10.0
"""From the look-up of the name to the headers of the answer."""

_BODY_TIMEOUT_S = 2.0
_ADDRESSES_TRIED = 3
_MOST_REDIRECTS = 3
_SAME_REQUEST_AGAIN = frozenset({307, 308})
"""Redirects that keep method and body; others would turn a POST into a GET."""
_NOT_BEYOND_ORIGIN = frozenset({"content-type", "accept", "user-agent"})
_KEYS_IN_ADDRESSES = re.compile(r"([?&](?:access_token|key|secret|sign|token)=)[^&\s\"'<>]+", re.IGNORECASE)
_NONE: Final[Mapping[str, str]] = MappingProxyType({})


class CallError(Exception):
    """There was no answer. The text says why, without secrets; trying again may help."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and the first bytes of an answer; `whole` is false where the body broke off, or was cut."""

    status: int
    body: bytes
    retry_after_s: float | None = None
    whole: bool = True
    shown: str = ""
    """The first ANSWER_BYTES as text, without secrets."""

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


def checked_url(url: str, allow_private: bool) -> str:
    """The address of a service. ValueError says what is wrong with it, and shows nothing but its host."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError("url is not a web address") from None
    if parts.scheme not in ("http", "https") or not host:
        raise ValueError("url is not a web address, allowed are http://HOST/... and https://HOST/...")
    if parts.username or parts.password:
        raise ValueError("url carries a password, allowed is a key under headers")
    if not allow_private and is_private_literal(host):
        raise ValueError(f"url leads to {host}, a private address, allowed with allow_private = true")
    return url


def authority(ca_file: Path | None) -> ssl.SSLContext:
    """Who vouches for certificates: the public authorities, or the one given. ValueError if it can't be read."""
    try:
        return _public_authorities() if ca_file is None else ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise ValueError(f"{ca_file}: the authority can't be read: {error.strerror or error}") from None


@cache
def _public_authorities() -> ssl.SSLContext:
    """Read once for all channels: it takes a tenth of a second."""
    return httpx.create_ssl_context(trust_env=False)


class GuardedClient:
    """Calls services. A name is looked up once a hop, and the connection goes to the address that was checked.

    No proxy, no netrc, no cookies and no log of addresses. Redirects are followed where `redirects` allows it: only
    those that repeat the request (307, 308), each hop checked like the first, never from https to http, and headers
    are left behind when the host changes. `secrets` are masked in whatever is told of a call.
    """

    def __init__(
        self,
        *,
        allow_private: bool = False,
        timeout_s: float = TIMEOUT_S,
        ca_file: Path | None = None,
        redirects: int = 0,
        secrets: Iterable[str] = (),
        answer_bytes: int = ANSWER_BYTES,
    ) -> None:
        self._allow_private = allow_private
        self._timeout_s = timeout_s
        self._redirects = min(redirects, _MOST_REDIRECTS)
        self._answer_bytes = answer_bytes
        self._secrets = _forms_of(secrets)
        # The transport itself: a client around it would log addresses, in which robots' keys stand, and keep cookies.
        self._transport = httpx.AsyncHTTPTransport(verify=authority(ca_file), trust_env=False)

    def masked(self, text: str) -> str:
        """The text with *** in the place of secrets."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return _KEYS_IN_ADDRESSES.sub(r"\1***", text)

    async def call(self, method: str, url: str, content: bytes = b"", headers: Mapping[str, str] = _NONE) -> Answer:
        """Call once. CallError if no answer came within the time limit."""
        try:
            async with asyncio.timeout(self._timeout_s):
                response = await self._call(method, httpx.URL(url), content, headers)
        except TimeoutError:
            raise CallError(f"no answer within {self._timeout_s:g} s") from None
        except (ForbiddenTargetError, httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
            raise CallError(self.masked(f"{type(error).__name__}: {error}")) from None
        body, whole = await _first_bytes(response, self._answer_bytes)
        shown = self.masked(body.decode("utf-8", "replace")).encode()[:ANSWER_BYTES].decode("utf-8", "ignore")
        return Answer(response.status_code, body, _retry_after_s(response), whole, shown)

    async def close(self) -> None:
        await self._transport.aclose()

    async def _call(self, method: str, url: httpx.URL, content: bytes, headers: Mapping[str, str]) -> httpx.Response:
        """The answer's status and headers, after redirects; its body is still to be read."""
        for _ in range(self._redirects):
            response = await self._hop(method, url, content, headers)
            location = response.headers.get("location")
            if response.status_code not in _SAME_REQUEST_AGAIN or not location:
                return response
            await response.aclose()
            onward = url.join(location)
            if onward.scheme not in ("https", url.scheme):
                raise ForbiddenTargetError(f"redirected from {url.scheme} to {onward.scheme}")
            if (onward.scheme, onward.host, onward.port) != (url.scheme, url.host, url.port):
                headers = {name: value for name, value in headers.items() if name.lower() in _NOT_BEYOND_ORIGIN}
            url = onward
        return await self._hop(method, url, content, headers)

    async def _hop(self, method: str, url: httpx.URL, content: bytes, headers: Mapping[str, str]) -> httpx.Response:
        unreached: httpx.ConnectError | None = None
        for request in await self._requests(method, url, content, headers):
            try:
                return await self._transport.handle_async_request(request)
            except httpx.ConnectError as error:
                unreached = error
        raise unreached or OSError("the name has no address")

    async def _requests(
        self, method: str, url: httpx.URL, content: bytes, headers: Mapping[str, str]
    ) -> Iterator[httpx.Request]:
        """The request, once per address to try. A guarded target is called by the address that was checked."""
        headers = {"accept": "*/*", "user-agent": "tocsin", **headers}
        if self._allow_private:
            return iter([httpx.Request(method, url, content=content, headers=headers)])
        addresses = await public_addresses(url.host, url.port or (443 if url.scheme == "https" else 80))
        headers["host"] = url.netloc.decode()
        return (
            httpx.Request(
                method,
                url.copy_with(host=address),
                content=content,
                headers=headers,
                extensions={"sni_hostname": url.host},
            )
            for address in addresses[:_ADDRESSES_TRIED]
        )


def unanswered(error: CallError) -> Outcome:
    """What came of a call without an answer."""
    return Outcome(False, error=str(error))


def by_status(answer: Answer) -> Outcome:
    """What came of a call to a service whose HTTP status says it all."""
    error = "" if answer.ok else f"HTTP {answer.status}"
    return Outcome(answer.ok, answer.status, answer.shown, error, answer.retry_after_s)


def _forms_of(secrets: Iterable[str]) -> list[str]:
    """Each secret as it is and as it stands in an address; the longest first, so that no rest of one stays."""
    forms = {form for secret in secrets if secret for form in (secret, quote(secret, safe=""), quote_plus(secret))}
    return sorted(forms, key=len, reverse=True)


async def _first_bytes(response: httpx.Response, most: int) -> tuple[bytes, bool]:
    """The beginning of the answer, and whether that is all. What is wrong with the rest does not undo the status."""
    answer, whole = b"", False
    try:
        async with asyncio.timeout(_BODY_TIMEOUT_S):
            async for chunk in response.aiter_raw():
                answer += chunk
                if len(answer) > most:
                    break
            else:
                whole = True
    except (httpx.HTTPError, TimeoutError):
        pass
    finally:
        await response.aclose()
    return answer[:most], whole


def _retry_after_s(response: httpx.Response) -> float | None:
    value = response.headers.get("retry-after", "")
    return float(value) if value.isascii() and value.isdigit() and len(value) < 10 else None
