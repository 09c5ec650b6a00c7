"""`[console.oidc]`: sign in by an identity provider that speaks OpenID Connect."""

from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from tocsin.accounts.roles import Role, Scope
from tocsin.settings.base import Model


class OidcRule(Model):
    """Whoever has `value` in the claim gets this role and scope."""

    claim: Annotated[str, Field(min_length=1, max_length=200)]
    value: Annotated[str, Field(min_length=1, max_length=200)]
    role: Role
    scope: Annotated[str, Field(pattern=r"^(site|(region|park|enterprise):.{1,64})$")] = "site"

    @model_validator(mode="after")
    def _fit(self) -> Self:
        kind = self.scope.partition(":")[0]
        if self.role is Role.SAFETY_MANAGER and kind != "enterprise":
            raise ValueError("scope: a safety manager is one of an enterprise, allowed is enterprise:ID")
        if self.role is Role.ADMINISTRATOR and kind != "site":
            raise ValueError("scope: an administrator sees the whole site, allowed is site")
        return self

    def matches(self, claims: Mapping[str, Any]) -> bool:
        """The claim is that text, or a list with it; a dot in the claim's name goes into an object."""
        found: Any = claims.get(self.claim)
        if found is None:
            found = claims
            for part in self.claim.split("."):
                found = found.get(part) if isinstance(found, Mapping) else None
        return found == self.value or (isinstance(found, list) and self.value in found)

    def place(self) -> tuple[Role, Scope]:
        """What the rule gives."""
        kind, _, place = self.scope.partition(":")
        kinds: dict[str, Literal["region", "park", "enterprise"]] = {
            "region": "region", "park": "park", "enterprise": "enterprise",
        }  # fmt: skip
        return self.role, Scope(kinds[kind], place) if kind in kinds else Scope()


class OidcSettings(Model):
    """Left out: people sign in with a name and a password of Tocsin's own."""

    issuer: str
    """As the provider names itself; its configuration stands below it."""
    client_id: Annotated[str, Field(min_length=1, max_length=400)]
    secret_file: Path | None = None
    """Left out: a public client, which PKCE alone protects."""
    label: Annotated[str, Field(max_length=60)] = "SSO"
    """Stands on the button."""
    scopes: tuple[str, ...] = ("openid", "profile")
    name_claim: str = "preferred_username"
    ca_file: Path | None = None
    rule: tuple[OidcRule, ...] = ()
    """The first that matches decides, at each sign-in. Without rules only users that an administrator has added may
    come in, with the role that they were given."""

    @field_validator("issuer")
    @classmethod
    def _web(cls, issuer: str) -> str:
        parts = urlsplit(issuer)
        if not parts.hostname or parts.query or parts.fragment or parts.username:
            raise ValueError("is no issuer, allowed are https://HOST and https://HOST/PATH")
        if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(parts.hostname)):
            raise ValueError("is not encrypted, allowed are https://HOST and https://HOST/PATH")
        return issuer

    @field_validator("scopes")
    @classmethod
    def _openid(cls, scopes: tuple[str, ...]) -> tuple[str, ...]:
        if "openid" not in scopes:
            raise ValueError("openid is missing")
        return scopes

    def place(self, claims: Mapping[str, Any]) -> tuple[Role, Scope] | None:
        """The role and scope of the first rule that matches."""
        return next((rule.place() for rule in self.rule if rule.matches(claims)), None)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
