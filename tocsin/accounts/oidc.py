"""An identity provider: OpenID Connect's code flow with PKCE, state and nonce, by Authlib."""

import warnings
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
from authlib.common.errors import AuthlibBaseError
from authlib.deprecate import AuthlibDeprecationWarning
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from tocsin.accounts.oidc_flows import Flow
from tocsin.clock import Clock
from tocsin.settings.oidc import OidcSettings

with warnings.catch_warnings():  # at import it says that it would rather have another HTTP client
    warnings.simplefilter("ignore", AuthlibDeprecationWarning)
    from authlib.integrations.httpx_client import AsyncOAuth2Client

_ALGORITHMS: Final = ["RS256", "PS256", "ES256", "EdDSA"]
"""Signatures that only the provider can make: `none` and those by a shared secret are not among them."""
_LEEWAY_S: Final = 60
_KEPT_S: Final = 3_600.0
_TIMEOUT_S: Final = 10.0


class OidcError(Exception):
    """The provider did not prove who somebody is. The text is for the log: it names no secret."""


class OidcProvider:
    """Its configuration and keys are asked for when they are needed, and kept for an hour."""

    def __init__(
        self,
        settings: OidcSettings,
        clock: Clock,
        *,
        secret: str | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """`transport` reaches the provider another way than over the network."""
        self.settings = settings
        self._clock = clock
        self._secret = secret
        self._transport = transport
        self._kept: dict[str, tuple[float, dict[str, Any]]] = {}

    @property
    def label(self) -> str:
        return self.settings.label

    async def address(self, flow: Flow, redirect_uri: str) -> str:
        """Where the browser is sent. OidcError if the provider can't be reached."""
        configuration = await self._configuration()
        async with self._client(redirect_uri) as client:
            url, _ = client.create_authorization_url(
                _endpoint(configuration, "authorization_endpoint"),
                state=flow.state,
                nonce=flow.nonce,
                code_verifier=flow.verifier,
            )
        return str(url)

    async def claims(self, flow: Flow, code: str, redirect_uri: str, issuer: str | None = None) -> Mapping[str, Any]:
        """What the provider says of the person, proven by its signature. OidcError if it is not.

        `issuer` is the one that the answer names (RFC 9207).
        """
        if issuer is not None and issuer != self.settings.issuer:
            raise OidcError("the answer is of another issuer")
        configuration = await self._configuration()
        async with self._client(redirect_uri) as client:
            try:
                token = await client.fetch_token(
                    _endpoint(configuration, "token_endpoint"), code=code, code_verifier=flow.verifier
                )
            except (AuthlibBaseError, httpx.HTTPError, ValueError) as error:
                raise OidcError(f"the code is not taken: {type(error).__name__}") from error
        id_token = token.get("id_token")
        if not isinstance(id_token, str):
            raise OidcError("the answer holds no ID token")
        return await self._checked(id_token, flow, token.get("access_token"))

    async def _checked(self, id_token: str, flow: Flow, access_token: object) -> Mapping[str, Any]:
        options = {
            "iss": {"essential": True, "value": self.settings.issuer},
            "aud": {"essential": True, "value": self.settings.client_id},
        }
        params = {"nonce": flow.nonce, "client_id": self.settings.client_id, "access_token": access_token}
        try:
            try:
                decoded = jwt.decode(id_token, await self._keys(), algorithms=_ALGORITHMS)
            except InvalidKeyIdError:
                decoded = jwt.decode(id_token, await self._keys(anew=True), algorithms=_ALGORITHMS)
            claims = CodeIDToken(decoded.claims, decoded.header, options, params)
            claims.validate(now=self._clock.now_ms() // 1000, leeway=_LEEWAY_S)
        except (JoseError, AuthlibBaseError, ValueError, TypeError) as error:
            raise OidcError(f"the ID token does not hold: {type(error).__name__}") from error
        if not isinstance(claims.get("sub"), str) or not claims["sub"]:
            raise OidcError("the ID token names nobody")
        return dict(claims)

    async def _configuration(self) -> dict[str, Any]:
        issuer = self.settings.issuer
        found = await self._get(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        if found.get("issuer") != issuer:
            raise OidcError("the provider names another issuer")
        return found

    async def _keys(self, anew: bool = False) -> KeySet:
        return KeySet.import_key_set(await self._get(_endpoint(await self._configuration(), "jwks_uri"), anew))  # type: ignore[arg-type]

    async def _get(self, url: str, anew: bool = False) -> dict[str, Any]:
        now_s = self._clock.monotonic_s()
        at_s, kept = self._kept.get(url, (now_s - _KEPT_S, {}))
        if now_s - at_s < _KEPT_S and not anew:
            return kept
        async with self._client("") as client:
            try:
                answer = await client.request("GET", url, withhold_token=True)
                answer.raise_for_status()
                found = answer.json()
            except (httpx.HTTPError, ValueError) as error:
                raise OidcError(f"{url}: {type(error).__name__}") from error
        if not isinstance(found, dict):
            raise OidcError(f"{url}: no object")
        self._kept[url] = (now_s, found)
        return found

    def _client(self, redirect_uri: str) -> AsyncOAuth2Client:
        settings = self.settings
        reach = {"transport": self._transport} if self._transport is not None else {}
        verify = str(settings.ca_file) if settings.ca_file is not None else True
        return AsyncOAuth2Client(
            settings.client_id,
            self._secret,
            scope=" ".join(settings.scopes),
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
            token_endpoint_auth_method="client_secret_basic" if self._secret else "none",
            timeout=_TIMEOUT_S,
            verify=verify,
            **reach,
        )


def _endpoint(configuration: Mapping[str, Any], name: str) -> str:
    """An address of the provider's; as well protected as the issuer itself."""
    url = configuration.get(name)
    issuer = urlsplit(str(configuration["issuer"]))
    if not isinstance(url, str) or urlsplit(url).scheme not in ("https", issuer.scheme):
        raise OidcError(f"the provider's configuration has no {name}")
    return url
