"""Roll-up of risk against counting everything anew."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.place import Places
from alerts.risk import SITE, Node, Nodes, RiskTree, Standing
from plant.site import Enterprise, Point, Region, Site, Unit

SEVERITIES = ("red", "orange", "yellow", "blue")


def point(name: str, unit: str, enterprise: str) -> Point:
    nothing = dict.fromkeys(("unit_symbol", "range_low", "range_high", "ll", "l", "h", "hh", "deadband"))
    more = dict.fromkeys(("topic", "key", "device", "gas", "ref_temp_c", "principle", "calibration_due"))
    return Point(name, unit, enterprise, "gas.combustible", period_s=1, report="periodic", tags=(), **nothing, **more)  # type: ignore[arg-type]


def site() -> Site:
    regions = [Region("county", None, "County"), Region("town", "county", "Town"), Region("village", "town", "V")]
    enterprises = [
        Enterprise("E1", "One", "village", "park-a"),
        Enterprise("E2", "Two", "town", "park-a"),
        Enterprise("E3", "Three", "county"),
        Enterprise("E4", "Nothing monitored", "elsewhere"),
    ]
    units = [Unit(f"{e}-U{n}", e, "unit", "workshop") for e in ("E1", "E2", "E3") for n in (1, 2)]
    points = [point(f"{u.unit}-P{n}", u.unit, u.enterprise) for u in units for n in (1, 2)]
    return Site(
        "Test",
        "UTC",
        None,
        None,
        {r.region: r for r in regions},
        {e.enterprise: e for e in enterprises},
        {u.unit: u for u in units},
        {p.point: p for p in points},
    )


SITE_READ = site()
NODES = Nodes(SITE_READ, Places(SITE_READ))

subjects = st.sampled_from(
    [(p.point, p.enterprise) for p in SITE_READ.points.values()] + [("E1-U1", "E1"), ("E2", "E2"), ("site", "")]
)
standings = st.builds(
    lambda alarm, subject, severity, active, acknowledged, withheld, silence: Standing(
        alarm, *subject, severity, active, acknowledged, withheld, silence and active and severity in ("blue", "yellow")
    ),
    st.just(""),
    subjects,
    st.sampled_from(SEVERITIES),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["", "", "shelved", "suppressed_by_design"]),
    st.booleans(),
)
alarms = st.sampled_from([f"a{n}" for n in range(8)])
steps = st.lists(st.tuples(alarms, st.none() | standings, st.none() | st.sampled_from(SEVERITIES)), max_size=30)


def expected(node: Node, standing: dict[str, Standing], overdue: dict[str, tuple[str, str, str]]) -> tuple[object, ...]:
    """Everything of a place, from the list of all alarms."""

    def within(subject: str, enterprise: str) -> bool:
        return node in NODES.path_of(subject, enterprise)

    mine = [s for s in standing.values() if within(s.subject, s.enterprise)]
    colouring = Counter(s.severity for s in mine if s.active and not s.withheld and not s.silence)
    late = Counter(severity for severity, subject, enterprise in overdue.values() if within(subject, enterprise))
    points = {p.point for p in SITE_READ.points.values() if within(p.point, p.enterprise)}
    silent = points & {s.subject for s in mine if s.silence}
    worst = [severity for severity in SEVERITIES if colouring[severity]] or [s for s in SEVERITIES if late[s]]
    colour = worst[0] if worst else "no_data" if silent == points else "normal"
    unacknowledged = sum(not s.acknowledged and not s.withheld for s in mine)
    withheld = Counter(s.withheld for s in mine if s.withheld)
    return colour, dict(colouring), unacknowledged, dict(withheld), late.total(), len(points), len(silent)


@settings(max_examples=150)
@given(steps)
def test_states_and_changes_are_those_of_counting_anew(
    given_steps: list[tuple[str, Standing | None, str | None]],
) -> None:
    tree = RiskTree(NODES)
    standing: dict[str, Standing] = {}
    overdue: dict[str, tuple[str, str, str]] = {}
    for alarm, after, late in given_steps:
        before = {node: tree.state(node).colour for node in NODES.all}
        known = standing.get(alarm)
        if after is not None:
            # An alarm stays where it is.
            subject = (known.subject, known.enterprise) if known else (after.subject, after.enterprise)
            silence = after.silence
            after = after._replace(alarm=alarm, subject=subject[0], enterprise=subject[1], silence=silence)
            standing[alarm] = after
        else:
            standing.pop(alarm, None)
        changes = tree.take(alarm, after)
        if late is not None and known is not None:
            overdue[alarm] = late, known.subject, known.enterprise
            changes += tree.overdue(alarm, late, known.subject, known.enterprise)
        elif alarm in overdue:
            del overdue[alarm]
            changes += tree.overdue(alarm, None)
        for node in NODES.all:
            state = tree.state(node)
            found = (
                state.colour,
                state.active,
                state.unacknowledged,
                state.withheld,
                state.overdue_disposals,
                state.points,
                state.silent,
            )
            assert found == expected(node, standing, overdue), node
            if state.colour != before[node]:
                assert [c.colour for c in changes if c.node == node][-1] == state.colour


def test_no_data_is_never_a_colour() -> None:
    tree = RiskTree(NODES)
    assert tree.state(SITE).colour == "normal"
    assert tree.state(Node("enterprise", "E4")).colour == "no_data"
    for n, unit in enumerate(("E1-U1", "E1-U1", "E1-U2", "E1-U2")):
        name = f"{unit}-P{n % 2 + 1}"
        tree.take(f"s{n}", Standing(f"s{n}", name, "E1", "blue", True, False, silence=True))
    assert tree.state(Node("enterprise", "E1")).colour == "no_data"
    assert tree.state(Node("region", "village")).colour == "no_data"
    assert tree.state(Node("region", "town")).colour == "normal"
    assert tree.state(SITE).silent == 4


def test_the_oldest_of_the_worst_is_why() -> None:
    tree = RiskTree(NODES)
    tree.take("a", Standing("a", "E1-U1-P1", "E1", "orange", True, False, raised_at=1))
    tree.take("b", Standing("b", "E1-U2-P1", "E1", "red", True, True, raised_at=2))
    changes = tree.take("c", Standing("c", "E2-U1-P1", "E2", "red", True, False, raised_at=3))
    assert tree.state(SITE).because == "b"
    assert {str(c.node) for c in changes} == {"point:E2-U1-P1", "unit:E2-U1", "enterprise:E2"}
    tree.take("b", None)
    assert tree.state(SITE).because == "c"
    assert tree.state(Node("park", "park-a")).because == "c"
    assert tree.state(Node("region", "village")).because == "a"


def test_parents_come_before_their_children_and_children_know_them() -> None:
    order = {node: n for n, node in enumerate(NODES.all)}
    for node in NODES.all:
        for child in NODES.children(node):
            assert order[node] < order[child]
    assert NODES.children(Node("region", "town")) == [Node("region", "village"), Node("enterprise", "E2")]
    assert Node("region", "elsewhere") in NODES.children(SITE)
