"""Risk of places, devices, coverage and online rates."""

from typing import Any, Self

from alerts.risk.why import why, why_inherent
from tocsin.api.forms.form import Form
from tocsin.inventory.inventory import DeviceRow, Share
from tocsin.inventory.rate import DeviceOnline, OnlineShare
from tocsin.risk.view import Risk


class InherentForm(Form):
    """What a place could do: its grade, the unit that gives it, and why."""

    colour: str
    unit: str
    because: tuple[str, ...]
    why: str


class AlarmStateForm(Form):
    """What the alarms of a place come to. `because` is the alarm that gave the colour."""

    colour: str
    because: str
    overdue: bool
    active: dict[str, int]
    unacknowledged: int
    withheld: dict[str, int]
    overdue_disposals: int
    points: int
    silent: int
    why: str


class RiskForm(Form):
    """A place with its inherent grade and the state of its alarms, side by side and never merged."""

    kind: str
    id: str
    name: str
    depth: int
    inherent: InherentForm | None
    alarms: AlarmStateForm

    @classmethod
    def of(cls, depth: int, risk: Risk, lang: Any) -> Self:
        inherent = risk.inherent
        return cls(
            kind=risk.node.kind,
            id=risk.node.id,
            name=risk.name,
            depth=depth,
            inherent=None if inherent is None else InherentForm(**inherent._asdict(), why=why_inherent(inherent, lang)),
            alarms=AlarmStateForm(**risk.state._asdict(), why=why(risk.state, risk.cause, lang)),
        )


class RiskList(Form):
    """From above."""

    places: list[RiskForm]


class ChangeForm(Form):
    """From `at` (ms) on the place had another colour; `of` is alarms or inherent."""

    at: int
    of: str
    before: str
    colour: str
    because: str


class Changes(Form):
    """In the order of time."""

    changes: list[ChangeForm]


class DeviceList(Form):
    """Devices in sight, and shares of enterprises and regions. `live` is false where no service could tell."""

    as_of_ms: int
    since_ms: int
    live: bool
    devices: list[DeviceRow]
    shares: list[Share]
    more: int | None
    """The `skip` of the next page."""


class OnlineForm(Form):
    """How long devices were online, from the journal."""

    from_ms: int
    to_ms: int
    listened_ms: int
    paused_ms: int
    pauses: int
    devices: list[DeviceOnline]
    shares: list[OnlineShare]
