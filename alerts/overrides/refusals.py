"""Why an override is not taken, in a sentence (pure); docs/reference/overrides.md lists them."""

import re
from collections.abc import Callable
from typing import Final, get_args

from alerts.place import Places
from alerts.record import Policy
from plant.entries import OverrideAction, OverrideKind, OverridePurpose, OverrideScope, Tier

LONGEST_OUT_OF_SERVICE_MS: Final = 30 * 24 * 3_600_000
LONGEST_APPROVED_MS: Final = 60 * 60_000
"""Of a calibration or test that reaches never-suppress levels (semantics 5.5)."""

_ID: Final = re.compile(r"[a-z0-9-]{1,64}")
_OWN: Final = "tocsin."
"""The rules of Tocsin's watch over itself, which no file lists."""


def why_not_set(action: OverrideAction, policy: Policy, places: Places) -> str | None:
    """Why it can't be set as it is; None if it can."""
    return _why_not_formed(action) or _why_not_known(action, policy, places) or _why_not_timed(action)


def why_not_theirs(action: OverrideAction, tier_of: Callable[[str], Tier]) -> str | None:
    """Why who asks may not set it alone; None if they may. An enterprise does not silence itself."""
    if tier_of(action.by) != "enterprise":
        return None
    approver = action.approved_by.strip()
    if approver and tier_of(approver) == "centre":
        return None
    return f"{action.by} answers for an enterprise: somebody of the centre has to approve it (approved_by)"


def _why_not_formed(action: OverrideAction) -> str | None:
    if not _ID.fullmatch(action.override):
        return f"{action.override[:64]!r} is no id of an override, allowed are 1 to 64 of a-z, 0-9 and -"
    for name, value, allowed in (
        ("kind", action.kind, get_args(OverrideKind)),
        ("purpose", action.purpose, get_args(OverridePurpose)),
        ("scope", action.scope, get_args(OverrideScope)),
    ):
        if value not in allowed:
            return f"{value!r} is no {name}, allowed are {', '.join(filter(None, allowed))}"
    if not action.by.strip():
        return "it is not said who sets it (by)"
    if not action.why.strip():
        return "it needs a reason (why)"
    if action.kind == "out_of_service" and not action.purpose:
        return "out of service needs a purpose, allowed are maintenance, calibration, test"
    if action.kind == "disabled" and action.purpose:
        return "disabling has no purpose but its reason; maintenance, calibration and test are out of service"
    return None


def _why_not_known(action: OverrideAction, policy: Policy, places: Places) -> str | None:
    if action.scope == "rule" and action.rule not in ("", action.subject):
        return f"the scope is rule {action.subject}, and it is narrowed to rule {action.rule}: one of them"
    if action.scope != "rule" and not places.knows(action.scope, action.subject):
        more = (
            ", or several enterprises have it (then name it as enterprise/device)" if action.scope == "device" else ""
        )
        return f"there is no {action.scope} {action.subject!r} in the site{more}"
    rule = action.subject if action.scope == "rule" else action.rule
    if not rule or rule.startswith(_OWN):
        return None if rule or action.scope != "rule" else "the rule is missing"
    levels = policy.levels(rule)
    if not levels:
        return f"there is no rule {rule!r} in force"
    if all(policy.never_suppress(rule, level) for level in levels) and not _is_approved_check(action):
        return (
            f"every level of rule {rule} is under never_suppress: only a calibration or test of a point, approved by a"
            " second person, withholds them"
        )
    return None


def _why_not_timed(action: OverrideAction) -> str | None:
    if action.until_ms is None:
        return "out of service needs an end (until)" if action.kind == "out_of_service" else None
    length_ms = action.until_ms - action.received_at_ms
    if length_ms <= 0:
        return "its end does not lie ahead"
    if action.kind == "out_of_service" and length_ms > LONGEST_OUT_OF_SERVICE_MS:
        return "out of service lasts at most 30 days, and can be set again"
    if _is_approved_check(action):
        if _person(action.approved_by) == _person(action.by):
            return f"a {action.purpose} of a point is approved by another person than who sets it"
        if length_ms > LONGEST_APPROVED_MS:
            return f"an approved {action.purpose} lasts at most 60 minutes, since it withholds never-suppress levels"
    return None


def _is_approved_check(action: OverrideAction) -> bool:
    return action.scope == "point" and action.purpose in ("calibration", "test") and action.approved_by.strip() != ""


def _person(name: str) -> str:
    return name.strip().casefold()
