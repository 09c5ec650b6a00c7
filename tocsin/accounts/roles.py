"""Who may do what: roles, permissions, and the person (or program) that stands behind a request (pure)."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Literal

from plant.entries import Tier


class Role(StrEnum):
    """What somebody is to the monitoring centre."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    """On duty at the centre."""
    SAFETY_MANAGER = "safety_manager"
    """Of an enterprise: answers for it, and can't silence it."""
    ENGINEER = "engineer"
    ADMINISTRATOR = "administrator"


class Permission(StrEnum):
    """One thing that may be allowed."""

    VIEW = "view"
    ACKNOWLEDGE = "acknowledge"
    RESET = "reset"
    SHELVE = "shelve"
    COMMENT = "comment"
    DISPOSE = "dispose"
    """Steps towards a disposal, up to submitting it."""
    VERIFY = "verify"
    """Verify, reject, close and reopen disposals."""
    OVERRIDE = "override"
    """Take alarms out of service, or disable them."""
    APPROVE = "approve"
    """Let a notice go that waits for approval, or stop it."""
    REPORT_HAZARD = "report_hazard"
    """Take in a report from the hotline or an inspection."""
    WHAT_IF = "what_if"
    APPLY_RULES = "apply_rules"
    DRILL = "drill"
    ONBOARD = "onboard"
    EXPORT = "export"
    """Reports, bulk readings, the northbound feed."""
    AUDIT = "audit"
    SETTINGS = "settings"
    """See how the service is set up, and how well."""
    USERS = "users"


_VIEWER: Final = frozenset({Permission.VIEW})
_MANAGER: Final = _VIEWER | {Permission.ACKNOWLEDGE, Permission.COMMENT, Permission.DISPOSE, Permission.EXPORT}
_OPERATOR: Final = _MANAGER | {
    Permission.RESET,
    Permission.SHELVE,
    Permission.VERIFY,
    Permission.OVERRIDE,
    Permission.APPROVE,
    Permission.REPORT_HAZARD,
    Permission.WHAT_IF,
    Permission.SETTINGS,
}
_ENGINEER: Final = _VIEWER | {
    Permission.COMMENT,
    Permission.SHELVE,
    Permission.OVERRIDE,
    Permission.WHAT_IF,
    Permission.APPLY_RULES,
    Permission.DRILL,
    Permission.ONBOARD,
    Permission.EXPORT,
    Permission.SETTINGS,
}

PERMISSIONS: Final[dict[Role, frozenset[Permission]]] = {
    Role.VIEWER: _VIEWER,
    Role.OPERATOR: _OPERATOR,
    Role.SAFETY_MANAGER: _MANAGER,
    Role.ENGINEER: _ENGINEER,
    Role.ADMINISTRATOR: frozenset(Permission),
}

_NOT_FOR_ENTERPRISES: Final = frozenset(Permission) - _MANAGER
"""Whoever is limited to one enterprise never has these, whatever the role."""

ScopeKind = Literal["site", "region", "park", "enterprise"]


@dataclass(frozen=True, slots=True)
class Scope:
    """The part of the site that somebody sees: all of it, a region with those below it, a park, or an enterprise."""

    kind: ScopeKind = "site"
    id: str = ""


@dataclass(frozen=True, slots=True)
class Principal:
    """Who stands behind a request. `name` is the user's; `by` is what acts are recorded under."""

    name: str
    role: Role
    scope: Scope = Scope()
    display_name: str = ""
    contact: str = ""
    """The contact of the site that this user is; acts are recorded as theirs."""
    language: Literal["zh", "en"] = "zh"
    limited_to: frozenset[Permission] | None = None
    """Of an API token: what it may at most."""
    only_enterprises: frozenset[str] | None = None
    """Of an API token: the enterprises that it may see, within the scope."""
    via: Literal["session", "token", "console"] = "session"
    session: str = field(default="", repr=False, compare=False)
    """A public name of the session or token, for the audit; never what proves it."""

    @property
    def by(self) -> str:
        """Who acted, as the log keeps it."""
        return self.contact or self.name

    @property
    def tier(self) -> Tier:
        """Whom this person answers for."""
        return "enterprise" if self.scope.kind == "enterprise" else "centre"

    @property
    def permissions(self) -> frozenset[Permission]:
        """What this person may do where they see."""
        allowed = PERMISSIONS[self.role]
        if self.tier == "enterprise" or self.role is Role.SAFETY_MANAGER:
            allowed -= _NOT_FOR_ENTERPRISES
        return allowed if self.limited_to is None else allowed & self.limited_to

    def may(self, permission: Permission) -> bool:
        """Whether the person may, where they see."""
        return permission in self.permissions
