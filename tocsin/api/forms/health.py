"""Who one is, how the centre is, and who did what."""

from typing import Self

from alerts.audit import AuditEntry
from tocsin.accounts.roles import Principal
from tocsin.api.forms.form import Form
from tocsin.centre.pulse import Pulse


class Me(Form):
    """Who is behind this request, and what they may do."""

    name: str
    display_name: str
    role: str
    scope_kind: str
    scope: str
    language: str
    via: str
    acts_as: str
    """What acts are recorded under."""
    permissions: list[str]
    enterprises: list[str]
    """In sight."""

    @classmethod
    def of(cls, principal: Principal, enterprises: list[str]) -> Self:
        return cls(
            name=principal.name,
            display_name=principal.display_name,
            role=principal.role,
            scope_kind=principal.scope.kind,
            scope=principal.scope.id,
            language=principal.language,
            via=principal.via,
            acts_as=principal.by,
            permissions=sorted(principal.permissions),
            enterprises=enterprises,
        )


class TroubleForm(Form):
    """One thing that is not well. `blind`: new alarms may not be seen."""

    part: str
    name: str
    reason: str
    blind: bool


class PulseForm(Form):
    """How things were at `at_ms`; the worst trouble first."""

    at_ms: int
    blind: bool
    troubles: list[TroubleForm]

    @classmethod
    def of(cls, pulse: Pulse) -> Self:
        troubles = [TroubleForm(**trouble._asdict()) for trouble in pulse.troubles]
        return cls(at_ms=pulse.at_ms, blind=pulse.blind, troubles=troubles)


class AuditList(Form):
    """The newest entries, in order (docs/reference/audit.md)."""

    entries: list[AuditEntry]
