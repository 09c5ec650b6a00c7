"""Guarded HTTP: where calls may lead, on every redirect, and that nothing secret is told of them."""

import asyncio
import logging
import socket
from typing import Any

import pytest
from support.standins.harness import Script
from support.standins.scripted_http import Reply, Request, ScriptedHttp

from alerts.channels import guard
from alerts.channels.http import Answer, CallError, GuardedClient, checked_url


class Redirecting:
    """Answers by path: /hop/N leads to /hop/N-1, /to?u=... to anywhere, all else is reached."""

    def __init__(self, status: int = 307) -> None:
        self.status = status
        self.reached: list[Request] = []

    def __call__(self, request: Request, script: Script) -> Reply:
        if request.path.startswith("/hop/") and (n := int(request.path.rpartition("/")[2])):
            return Reply(self.status, b"", {"location": f"/hop/{n - 1}"})
        if request.path == "/to":
            return Reply(self.status, b"", {"location": request.query["u"]})
        self.reached.append(request)
        return Reply(200, b"here")


def call(url: str, **facts: Any) -> Answer:
    async def once() -> Answer:
        client = GuardedClient(**({"allow_private": True, "timeout_s": 5.0} | facts))
        try:
            return await client.call("POST", url, b"body", {"authorization": "Bearer k", "content-type": "text/plain"})
        finally:
            await client.close()

    return asyncio.run(once())


def answer_names(monkeypatch: pytest.MonkeyPatch, addresses: dict[str, str]) -> list[str]:
    """Names resolve as given, and 127.0.0.1 counts as public; returns what was asked for."""
    asked: list[str] = []

    def getaddrinfo(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (addresses.get(host, host), port))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(guard, "is_public", lambda address: address == "127.0.0.1")
    return asked


@pytest.mark.parametrize("status", [307, 308])
def test_a_redirect_repeats_the_request(status: int) -> None:
    serve = Redirecting(status)
    with ScriptedHttp(serve) as service:
        assert call(f"{service.url}/hop/3", redirects=3).body == b"here"
    (request,) = serve.reached
    assert (request.method, request.body, request.headers["authorization"]) == ("POST", b"body", "Bearer k")


@pytest.mark.parametrize("status", [301, 302, 303])
def test_a_redirect_that_would_change_the_request_is_not_followed(status: int) -> None:
    serve = Redirecting(status)
    with ScriptedHttp(serve) as service:
        assert call(f"{service.url}/hop/1", redirects=3).status == status
    assert serve.reached == []


def test_no_more_than_three_redirects_and_none_unless_asked_for() -> None:
    serve = Redirecting()
    with ScriptedHttp(serve) as service:
        assert call(f"{service.url}/hop/4", redirects=99).status == 307
        assert call(f"{service.url}/hop/1").status == 307
    assert serve.reached == []


def test_every_hop_is_looked_up_and_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    serve = Redirecting()
    with ScriptedHttp(serve) as service:
        port = service.url.rpartition(":")[2]
        asked = answer_names(monkeypatch, {"good.example": "127.0.0.1", "evil.example": "10.0.0.7"})
        onward = f"http://evil.example:{port}/x"
        with pytest.raises(CallError, match=r"evil\.example is at 10\.0\.0\.7, not a public address"):
            call(f"http://good.example:{port}/to?u={onward}", redirects=3, allow_private=False)
        assert [name for name in asked if name.endswith(".example")] == ["good.example", "evil.example"]
        with pytest.raises(CallError, match="not a public address"):
            call(f"http://good.example:{port}/to?u=http://169.254.169.254/", redirects=3, allow_private=False)
    assert serve.reached == []


def test_secret_headers_do_not_go_to_another_host(monkeypatch: pytest.MonkeyPatch) -> None:
    serve = Redirecting()
    with ScriptedHttp(serve) as service:
        port = service.url.rpartition(":")[2]
        answer_names(monkeypatch, {"good.example": "127.0.0.1", "other.example": "127.0.0.1"})
        call(f"http://good.example:{port}/to?u=http://other.example:{port}/x", redirects=1, allow_private=False)
    (request,) = serve.reached
    assert "authorization" not in request.headers
    assert request.headers["host"] == f"other.example:{port}"
    assert request.headers["content-type"] == "text/plain"


def test_a_redirect_to_another_scheme_is_refused() -> None:
    with ScriptedHttp(Redirecting()) as service, pytest.raises(CallError, match="redirected from http to ftp"):
        call(f"{service.url}/to?u=ftp://127.0.0.1/x", redirects=1)


def test_neither_a_proxy_nor_a_log_has_the_address(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    serve = Redirecting()
    with ScriptedHttp(serve) as service:
        assert call(f"{service.url}/send?access_token=0123456789abcdef").ok
    assert "0123456789abcdef" not in caplog.text


def test_what_a_service_echoes_of_our_secrets_is_masked() -> None:
    secret = "s3cret/+value"

    def echo(request: Request, script: Script) -> Reply:
        return Reply(500, f"no: {secret} s3cret%2F%2Bvalue ?access_token=abcdef&sign=xyz".encode())

    with ScriptedHttp(echo) as service:
        assert call(service.url, secrets=(secret,)).shown == "no: *** *** ?access_token=***&sign=***"


def test_a_long_answer_is_cut_and_says_so() -> None:
    with ScriptedHttp(lambda request, script: Reply(200, "警".encode() * 1000)) as service:
        answer = call(service.url)
    assert (len(answer.body), answer.whole, len(answer.shown)) == (512, False, 170)


@pytest.mark.parametrize(
    ("url", "wrong"),
    [
        ("ftp://a", "allowed are http"),
        ("https://", "allowed are http"),
        ("https://u:p@a", "carries a password"),
        ("http://[::1", "not a web address"),
        ("http://a:99999", "not a web address"),
        ("http://127.0.0.1/key", "leads to 127.0.0.1, a private address"),
    ],
)
def test_an_address_that_is_none(url: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong) as caught:
        checked_url(url, allow_private=False)
    assert "key" not in str(caught.value).replace("a key under headers", "")
