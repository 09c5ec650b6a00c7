"""Hand-made truths, events and grounds for the drill's tests. Times are seconds after T0."""

from support.simulated import point, site_of

from rules.events import AlarmEvent
from rules.schema import Rule
from simulators import Truth
from tocsin.drill.alarms import Alarm, alarms_of
from tocsin.drill.ground import Ground

T0 = 1_735_660_800_000
END_S = 10_000.0


def rule(name: str, kind: str, condition: dict[str, object], **more: object) -> Rule:
    """A rule over a kind of points."""
    return Rule.model_validate({"id": name, "applies_to": {"kind": kind}, "condition": condition} | more)


RULES = [
    rule("gas", "gas.combustible", {"limit": {"h": 25.0, "hh": 50.0}}, on_delay_s=5.0),
    rule("gas-early", "gas.*", {"limit": {"h": 10.0}}, cells=False),
    rule("oxygen", "gas.oxygen", {"limit": {"l": 19.5}}),
    rule("level", "tank.level", {"limit": {"h": None, "ll": None}}),
    rule("spark", "dust.spark", {"discrete": {"equals": 1.0, "severity": "red"}}),
    rule("hour", "gas.combustible", {"twa": {"h": 10.0, "over_s": 900.0}}),
    rule("quiet", "*", {"stale": {"severity": "blue"}}),
    rule("over", "*", {"range": {"is": "over", "severity": "yellow"}}),
    rule("data-clock", "*", {"limit": {"h": 1e6}}),
    rule("by-night", "gas.combustible", {"limit": {"h": 10.0}}, active={"shift": {"from": "20:00", "to": "06:00"}}),
    rule("pair", "gas.combustible", {"vote": {"n": 2, "rule": "gas", "severity": "red"}}),
]
SITE = site_of(
    [
        point("g1", "gas.combustible", 0, 100),
        point("g2", "gas.combustible", 0, 100),
        point("o2", "gas.oxygen", 0, 30),
        point("tank", "tank.level", 0, 10, h=8.0, ll=1.0),
        point("spark", "dust.spark", 0, 1),
    ]
)
GROUND = Ground(SITE, RULES)


def truth(at: str = "g1", started: float = 100.0, ended: float = 300.0, **more: object) -> Truth:
    """A leak at a point; it shows at 120 s, was dangerous at 110 s and is safe at 320 s unless said otherwise."""
    seconds = {"danger_at": 110.0, "speak_at": 120.0, "safe_at": 320.0}
    facts: dict[str, object] = {
        "incident": "leak-1",
        "kind": "leak",
        "enterprise": "E",
        "unit": "U",
        "point": at,
        "sort": "process",
        "started_at": ms(started),
        "ended_at": ms(ended),
        "danger": 25.0,
        "peak": 60.0,
        **{name: ms(s) for name, s in seconds.items()},
    }
    given = {name: ms(value) if name in seconds and value is not None else value for name, value in more.items()}  # type: ignore[arg-type]
    return Truth(**(facts | given))  # type: ignore[arg-type]


def fault(at: str = "g1", started: float = 100.0, ended: float = 300.0, **more: object) -> Truth:
    """A sensor's fault that should be named from 103 s on."""
    given: dict[str, object] = {"incident": "fault-1", "kind": "dropout", "sort": "instrument", "speak_at": 103.0}
    return truth(
        at, started, ended, **(given | {"danger": None, "danger_at": None, "safe_at": None, "peak": None} | more)
    )


def ms(seconds: float) -> int:
    return T0 + round(seconds * 1000)


def event(name: str, by: str, on: str, at: float, *, level: str = "h", side: str = "high", n: int = 0) -> AlarmEvent:
    """One event; `n` tells alarms of one rule, subject and side apart."""
    return AlarmEvent(
        event=name,
        alarm=f"{by}.{on}.{side}.{n}",
        rule=by,
        version=1,
        subject=on,
        side=side,
        enterprise="E",
        level=level,
        severity="orange",
        at=ms(at),
        value=None,
        limit=None,
        onset=None,
        historical=False,
        exercise=True,
        reason="",
    )


def alarm(by: str, on: str, raised: float, cleared: float | None = None, n: int = 0, side: str = "high") -> list[Alarm]:
    """One alarm from raised to cleared."""
    events = [event("raised", by, on, raised, n=n, side=side)]
    if cleared is not None:
        events.append(event("cleared", by, on, cleared, n=n, side=side))
    return alarms_of(events)
