"""Why something about accounts is refused; what people read stands in words.py."""

from enum import StrEnum


class Reason(StrEnum):
    """One per thing that can be wrong."""

    WRONG = "wrong"
    """Name or password: which of the two is never told."""
    OFTEN = "often"
    NOT_ALLOWED = "not_allowed"
    NAME_FORM = "name_form"
    NAME_TAKEN = "name_taken"
    TEXT_LONG = "text_long"
    UNKNOWN_USER = "unknown_user"
    UNKNOWN_TOKEN = "unknown_token"  # noqa: S105 - a reason
    UNKNOWN_SCOPE = "unknown_scope"
    UNKNOWN_CONTACT = "unknown_contact"
    MANAGER_SCOPE = "manager_scope"
    ADMINISTRATOR_SCOPE = "administrator_scope"
    LAST_ADMINISTRATOR = "last_administrator"
    PASSWORD_SHORT = "password_short"  # noqa: S105 - a reason
    PASSWORD_LONG = "password_long"  # noqa: S105 - a reason
    PASSWORD_SIMPLE = "password_simple"  # noqa: S105 - a reason
    PASSWORD_DIFFERS = "password_differs"  # noqa: S105 - a reason
    LINK_INVALID = "link_invalid"
    TOKEN_SPAN = "token_span"  # noqa: S105 - a reason
    TOKEN_PERMISSIONS = "token_permissions"  # noqa: S105 - a reason
    FORM_STALE = "form_stale"
    OIDC_FAILED = "oidc_failed"
    OIDC_UNKNOWN = "oidc_unknown"


class RefusedError(ValueError):
    """Nothing was changed. `reason` says why; `detail` is what it is about, never a secret."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else str(reason))
        self.reason = reason
        self.detail = detail
