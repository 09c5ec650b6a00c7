"""A small OpenID Connect provider: its token endpoint checks PKCE, its keys really sign."""

import base64
import json
import secrets
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlencode

import httpx
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

ISSUER = "https://id.example.org/realms/county"
CLIENT_ID = "tocsin"
CLIENT_SECRET = "the client's secret"

Sign = Callable[["StandInProvider", dict[str, Any]], str]


def signed(provider: "StandInProvider", claims: dict[str, Any]) -> str:
    """As it should be."""
    return jwt.encode({"alg": "RS256", "kid": provider.key.kid}, claims, provider.key)


def unsigned(_: "StandInProvider", claims: dict[str, Any]) -> str:
    """`alg: none`."""
    parts = [base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=") for p in ({"alg": "none"}, claims)]
    return f"{parts[0].decode()}.{parts[1].decode()}."


def signed_by_a_stranger(provider: "StandInProvider", claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "RS256", "kid": provider.key.kid}, claims, RSAKey.generate_key(2048))


def signed_with_the_public_key_as_a_secret(provider: "StandInProvider", claims: dict[str, Any]) -> str:
    """The classic confusion of HS256 and RS256."""
    secret = OctKey.import_key(provider.key.as_pem(private=False))
    return jwt.encode({"alg": "HS256", "kid": provider.key.kid}, claims, secret)


class StandInProvider:
    """`person` is who signs in; `spoil` changes the claims before they are signed by `sign`."""

    def __init__(self, now_s: Callable[[], int]) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "1", "use": "sig"})
        self.person: dict[str, Any] = {"sub": "248289761001", "preferred_username": "Li", "name": "李安"}
        self.spoil: Callable[[dict[str, Any]], None] = lambda claims: None
        self.sign: Sign = signed
        self.configuration: dict[str, Any] = {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/auth",
            "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/keys",
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
        }
        self.asked: list[str] = []
        self._now_s = now_s
        self._codes: dict[str, dict[str, str]] = {}
        base = "/realms/county"
        self.app = Starlette(
            routes=[
                Route(f"{base}/.well-known/openid-configuration", self._configuration),
                Route(f"{base}/auth", self._authorize),
                Route(f"{base}/token", self._token, methods=["POST"]),
                Route(f"{base}/keys", self._keys),
            ]
        )
        self.transport = httpx.ASGITransport(self.app)

    def rotate(self) -> None:
        """Sign by another key from now on."""
        self.key = RSAKey.generate_key(2048, {"kid": str(int(self.key.kid or 0) + 1), "use": "sig"})

    def approve(self, address: str) -> str:
        """What the person's browser does with the address it is sent to: where the provider sends it back to."""
        asked = {name: values[0] for name, values in parse_qs(address.partition("?")[2]).items()}
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT_ID
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(8)
        self._codes[code] = asked
        back = urlencode({"code": code, "state": asked["state"], "iss": ISSUER})
        return f"{asked['redirect_uri']}?{back}"

    async def _configuration(self, _: Request) -> Response:
        self.asked.append("configuration")
        return JSONResponse(self.configuration)

    async def _authorize(self, request: Request) -> Response:
        return RedirectResponse(self.approve(str(request.url)))

    async def _keys(self, _: Request) -> Response:
        self.asked.append("keys")
        return JSONResponse(KeySet([self.key]).as_dict(private=False))

    async def _token(self, request: Request) -> Response:
        self.asked.append("token")
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        asked = self._codes.pop(form.get("code", ""), None)
        if asked is None or not self._is_client(request) or not _fits(asked, form):
            return JSONResponse({"error": "invalid_grant"}, 400)
        now_s = self._now_s()
        claims = {
            "iss": ISSUER, "aud": CLIENT_ID, "iat": now_s, "exp": now_s + 300, "nonce": asked["nonce"], **self.person,
        }  # fmt: skip
        self.spoil(claims)
        token = {"access_token": secrets.token_urlsafe(8), "token_type": "Bearer", "id_token": self.sign(self, claims)}
        return JSONResponse({name: value for name, value in token.items() if value})

    def _is_client(self, request: Request) -> bool:
        shown = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        return request.headers.get("authorization") == f"Basic {shown}"


def _fits(asked: Mapping[str, str], form: Mapping[str, str]) -> bool:
    challenge = base64.urlsafe_b64encode(sha256(form.get("code_verifier", "").encode()).digest()).rstrip(b"=").decode()
    return asked["redirect_uri"] == form.get("redirect_uri") and asked["code_challenge"] == challenge
