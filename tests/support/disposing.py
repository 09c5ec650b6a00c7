"""Disposals by hand: changes of alarms and actions of people, taken as the alarm book takes them."""

from support.alarm_steps import T0, engine_event

from alerts.change import Change
from alerts.disposal.disposals import Disposals
from alerts.disposal.record import Acted, Disposal, DisposalChanged, Effect, Overdue
from alerts.disposal.schema import DisposalRules, Tier
from alerts.fold import fold
from alerts.place import Place
from alerts.record import AlarmRecord, Policy
from plant.entries import DisposalAction, DisposalActionName, OperatorAction
from plant.entries import Tier as Answers
from rules.events import AlarmEvent

PLACE = Place("E001-P0015", point="E001-P0015", unit="U1", enterprise="E001")
TIERS = (Tier(role="safety"), Tier(after_s=3600.0, role="leader", of="region"))
RULES = DisposalRules(overdue=TIERS)


class Bench:
    """Disposals with the alarms they are about. Time passes as in the book: waits end before what comes after them."""

    def __init__(self, rules: DisposalRules = RULES) -> None:
        self.rules = rules
        self.disposals = Disposals()
        self.alarms: dict[str, AlarmRecord] = {}
        self.effects: list[Effect] = []

    def event(self, event: AlarmEvent | OperatorAction, *, quiet: bool = False) -> str:
        """A step of an alarm; returns the alarm's id."""
        at = event.received_at if isinstance(event, AlarmEvent) else event.received_at_ms
        self.pass_time(at - 1)
        before = self.alarms.get(event.alarm)
        record, events, refused = fold(before, event, Policy())
        assert record is not None
        assert refused is None
        self.alarms[event.alarm] = record
        action = event if isinstance(event, OperatorAction) else None
        change = Change(0, at, before, record, events, action, quiet)
        self.effects += self.disposals.take(change, PLACE, self.rules)
        return event.alarm

    def release(self, alarm: str, at: int) -> None:
        """The alarm was quiet and is no more."""
        self.pass_time(at - 1)
        record = self.alarms[alarm]
        self.effects += self.disposals.take(Change(0, at, record, record, ()), PLACE, self.rules)

    def raised(self, at: int = T0, level: str = "hh") -> str:
        return self.event(engine_event("raised", at, level, raised_at=at, received_at=at))

    def cleared(self, alarm: str, at: int) -> str:
        record = self.alarms[alarm]
        facts = {"raised_at": record.raised_at, "received_at": at, "alarm": alarm}
        return self.event(engine_event("cleared", at, record.level, **facts))

    def act(
        self,
        name: DisposalActionName,
        alarm: str,
        at: int,
        by: str = "wang",
        /,
        tier: Answers = "centre",
        **fields: str,
    ) -> Acted:
        """A person's step; what came of it is in `effects` too."""
        self.pass_time(at - 1)
        action = DisposalAction(at, name, alarm, by, fields, tier)
        acted = self.disposals.act(action, self.alarms.get(alarm), PLACE, self.rules)
        self.effects += acted.effects
        return acted

    def pass_time(self, until: int) -> None:
        self.effects += self.disposals.pass_time(until, self.rules)

    def submit(self, alarm: str, at: int, by: str = "wang") -> None:
        """From open to submitted, with a cause."""
        for name, fields in (("start", {}), ("cause", {"code": "release.leak"}), ("submit", {})):
            assert self.act(name, alarm, at, by, **fields).refused is None  # type: ignore[arg-type]

    def close(self, alarm: str, at: int) -> None:
        """From open to closed, the alarm's condition being over."""
        self.submit(alarm, at)
        assert self.act("verify", alarm, at, "li").refused is None
        assert self.act("close", alarm, at, "li").refused is None

    def of(self, alarm: str) -> Disposal:
        found = self.disposals.of(alarm)
        assert found is not None
        return found

    @property
    def steps(self) -> list[str]:
        """The names of all steps so far."""
        return [effect.step.name for effect in self.effects if isinstance(effect, DisposalChanged)]

    @property
    def overdue(self) -> list[tuple[int, str, int, str]]:
        """(at, deadline, tier, role or contact) of everybody who was to hear."""
        return [(o.at, o.deadline, o.tier, o.role or o.contact) for o in self.effects if isinstance(o, Overdue)]
