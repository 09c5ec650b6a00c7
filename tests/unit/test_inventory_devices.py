"""Devices: what they are, how they stand, how well they are; by hand."""

import numpy as np
import pytest
from support.devices import T0, point, readings, site, stale_rule, table_of

from plant.entries import Configuration, DeviceDown, Entry, Readings, SourceDown, SourceUp, Tick
from plant.quality import NO_TIME_MS, RETAINED
from plant.registry import PointRegistry
from plant.site import Device, Point
from rules.engine import Engine, make_plan
from rules.schema import Rule
from tocsin.inventory.device_table import FOREVER_MS, device_table
from tocsin.inventory.health import PANE_MS, DeviceHealth
from tocsin.inventory.inventory import Inventory, make_inventory
from tocsin.inventory.listening import Listening
from tocsin.inventory.regions import chosen_enterprises, regions_of
from tocsin.inventory.seen import Seen, look

POINTS = [
    point("A1", "A"),
    point("A2", "A", 10.0),
    point("B1", "B", enterprise="E2"),
    point("LONE", None),
    point("A", "A", enterprise="E2"),
]


def inventory_of(entries: list[Entry], points: list[Point] = POINTS, rules: tuple[Rule, ...] = ()) -> Inventory:
    """The whole inventory after these entries."""
    registry = PointRegistry(p.point for p in points)
    engine, health = Engine(make_plan(site(points), rules, registry)), DeviceHealth()
    for entry in entries:
        engine.apply([entry])
        health.apply([entry])
    seen = Seen.from_bytes(look(engine, health, "d").to_bytes())
    everybody = chosen_enterprises(regions_of(site(points)), None, None)
    return make_inventory(site(points), device_table(site(points), rules, registry), seen, everybody)


def states(inventory: Inventory) -> dict[str, str]:
    return {f"{device.enterprise}/{device.device}": str(device.state) for device in inventory.devices}


def ticks(first: int, last: int) -> list[Entry]:
    """Each second from T0 + first s to T0 + last s, both included."""
    return [Tick(T0 + second * 1000) for second in range(first, last + 1)]


def test_a_device_is_one_of_its_enterprise_and_a_point_without_one_is_its_own() -> None:
    assert list(states(inventory_of([Tick(T0)]))) == ["E1/A", "E1/LONE", "E2/A", "E2/B"]


def test_a_device_of_a_points_name_is_not_that_point() -> None:
    points = [point("A1", "LONE"), point("LONE", None)]
    inventory = inventory_of([readings(T0, [(1, T0)])], points)
    assert [(d.device, d.points, d.state) for d in inventory.devices] == [
        ("LONE", 1, "never"),
        ("LONE", 1, "reporting"),
    ]


def test_a_device_without_points_is_expected_unless_it_is_a_gateway() -> None:
    listed = [Device("GW", "E1", "Gateway"), Device("A", "E1", "Rack A", "GW"), Device("NEW", "E1", "Bought in May")]
    everything = site([point("A1", "A")], listed)
    registry = PointRegistry(["A1"])
    engine, health = Engine(make_plan(everything, (), registry)), DeviceHealth()
    for fold in (engine, health):
        fold.apply([readings(T0, [(0, T0)])])
    table = device_table(everything, (), registry)
    inventory = make_inventory(everything, table, look(engine, health, "d"), frozenset({"E1"}))
    assert [(d.device, d.name, d.state, d.points) for d in inventory.devices] == [
        ("A", "Rack A", "reporting", 1),
        ("NEW", "Bought in May", "never", 0),
    ]


def test_a_device_reports_until_three_periods_after_the_last_reading_of_any_of_its_points() -> None:
    start = [readings(T0, [(0, T0), (1, T0), (2, T0)])]
    at_3_s = inventory_of([*start, *ticks(1, 3)])
    assert states(at_3_s) == {"E1/A": "reporting", "E1/LONE": "never", "E2/A": "never", "E2/B": "reporting"}
    at_4_s = inventory_of([*start, *ticks(1, 4)])
    assert states(at_4_s) == {"E1/A": "reporting", "E1/LONE": "never", "E2/A": "never", "E2/B": "silent"}
    assert at_4_s.devices[0].reporting_points == 1
    assert at_4_s.devices[0].points == 2
    assert at_4_s.devices[3].last_heard_ms == T0
    assert states(inventory_of([*start, *ticks(1, 31)]))["E1/A"] == "silent"


def test_time_in_which_nobody_listened_silences_nobody() -> None:
    entries: list[Entry] = [readings(T0, [(0, T0)]), Tick(T0 + 2000), Tick(T0 + 3_600_000), Tick(T0 + 3_601_000)]
    assert states(inventory_of(entries))["E1/A"] == "reporting"
    points = [point("A1", "A")]
    assert states(inventory_of(entries, points))["E1/A"] == "reporting"
    assert states(inventory_of([*entries, Tick(T0 + 3_601_001)], points))["E1/A"] == "silent"


@pytest.mark.parametrize(
    ("points", "rules", "window_ms"),
    [
        ([point("A1", "A", 2.0, "on_change"), point("A2", "A")], (), [6000, 3000]),
        ([point("A1", "A", 2.0, "on_change"), point("A2", "A", 1.0, "on_change")], (), [FOREVER_MS, FOREVER_MS]),
        ([point("A1", "A", 2.0, "on_change"), point("A2", "A")], (stale_rule(60),), [6000, 3000]),
        ([point("A1", "A", 2.0, "on_change")], (stale_rule(60),), [60_000]),
    ],
    ids=["beside a periodic point", "on change alone", "beside a periodic point, with a rule", "by its rule"],
)
def test_how_long_a_reading_shows_its_device_online(
    points: list[Point], rules: tuple[Rule, ...], window_ms: list[int]
) -> None:
    assert table_of(points, PointRegistry(), rules).window_ms.tolist() == window_ms


def test_points_on_change_alone_go_by_their_source() -> None:
    points = [point("A1", "A", 1.0, "on_change"), point("B1", "B", 1.0, "on_change")]
    start = [SourceUp(T0, "one"), readings(T0 + 1, [(0, T0)], "one"), readings(T0 + 2, [(1, T0)], "two"), *ticks(1, 60)]
    assert states(inventory_of(start, points)) == {"E1/A": "reporting", "E1/B": "reporting"}
    down = [*start, SourceDown(T0 + 60_001, "one")]
    assert states(inventory_of(down, points)) == {"E1/A": "silent", "E1/B": "reporting"}
    up = [*down, SourceUp(T0 + 60_002, "one")]
    assert states(inventory_of(up, points)) == {"E1/A": "reporting", "E1/B": "reporting"}
    paused = [*up, Tick(T0 + 100_000)]
    assert states(inventory_of(paused, points)) == {"E1/A": "silent", "E1/B": "silent"}


def test_a_device_that_says_it_is_dead_is_silent_until_it_is_heard() -> None:
    entries: list[Entry] = [readings(T0, [(0, T0), (1, T0), (2, T0)]), DeviceDown(T0 + 1, (0, 1, 99), "broker")]
    assert states(inventory_of(entries))["E1/A"] == "silent"
    assert states(inventory_of(entries))["E2/B"] == "reporting"
    assert states(inventory_of([*entries, readings(T0 + 2, [(1, T0)])]))["E1/A"] == "reporting"


def test_a_retained_message_shows_nothing() -> None:
    assert states(inventory_of([readings(T0, [(0, T0)], mark=int(RETAINED)), Tick(T0 + 1)]))["E1/A"] == "never"


def test_what_is_counted_of_a_device_is_that_of_its_points() -> None:
    inventory = inventory_of(
        [
            readings(T0, [(0, T0), (1, T0)]),
            readings(T0 + 1, [(0, T0), (0, T0 - 1)]),  # again, and late
            readings(T0 + 2, [(1, T0 + 90_000)]),  # ahead
            readings(T0 + 3, [(1, 1000)]),  # its clock has lost the year
        ]
    )
    device = inventory.devices[0]
    assert (device.readings, device.duplicate, device.late, device.ahead, device.clock_fault) == (6, 1, 1, 1, 2)


def test_the_quickest_reading_tells_the_clock_and_the_slowest_the_delay() -> None:
    late = [readings(T0 + i, [(0, T0 + i - 30_000 - delay)]) for i, delay in enumerate((400, 20, 9000))]
    ahead = [readings(T0 + 10, [(2, T0 + 10 + 45_000), (3, NO_TIME_MS)])]
    a, lone, _, b = inventory_of([*late, *ahead]).devices
    assert (a.clock_offset_ms, a.delay_ms) == (-30_020, 39_000)
    assert (b.clock_offset_ms, b.delay_ms) == (45_000, -45_000)
    assert (lone.clock_offset_ms, lone.delay_ms, lone.state) == (None, None, "reporting")


def test_delays_are_forgotten_after_two_spans() -> None:
    health = DeviceHealth()
    start = -(-T0 // PANE_MS) * PANE_MS
    for spans, delay in ((0, 5000), (1, 10), (2, 20)):
        now = start + spans * PANE_MS
        health.apply([readings(now, [(0, now - delay)])])
        low, high = health.delays_ms()
        assert low[0] == min(delay, 10 if spans else 5000)
        assert high[0] == (5000 if spans < 2 else 20)


def test_a_region_takes_those_below_it() -> None:
    inventory = inventory_of([readings(T0, [(0, T0), (2, T0)])])
    rates = {(s.scope, s.id): (s.reporting, s.expected, s.online_rate) for s in inventory.shares}
    assert rates == {
        ("all", ""): (2, 4, 0.5),
        ("region", "north"): (1, 2, 0.5),
        ("region", "north-1"): (1, 2, 0.5),
        ("region", "south"): (1, 2, 0.5),
        ("enterprise", "E1"): (1, 2, 0.5),
        ("enterprise", "E2"): (1, 2, 0.5),
        ("enterprise", "E3"): (0, 0, None),
    }


def test_who_asks_for_an_unknown_enterprise_or_region_is_told() -> None:
    regions = regions_of(site(POINTS))
    assert chosen_enterprises(regions, None, "north") == {"E1"}
    assert chosen_enterprises(regions, "E2", "north") == set()
    with pytest.raises(LookupError, match="no enterprise E9"):
        chosen_enterprises(regions, "E9", None)
    with pytest.raises(LookupError, match="region west"):
        chosen_enterprises(regions, None, "west")


def test_the_state_goes_on_from_where_it_was_dumped_however_the_log_is_cut() -> None:
    rng = np.random.default_rng(1)
    now, entries = T0, list[Entry]()
    for step in rng.integers(1, 3000, 300).tolist():
        now += step * (300 if step > 2950 else 1)
        rows = [(int(n), now - int(rng.integers(0, 900))) for n in rng.integers(0, 40, 5)]
        kinds: list[Entry] = [readings(now, rows, "b"), SourceDown(now, "b"), DeviceDown(now, (3, 4)), Tick(now)]
        entries.append(kinds[int(rng.choice(4, p=[0.7, 0.1, 0.1, 0.1]))])
    one_by_one, whole, half = DeviceHealth(), DeviceHealth(), DeviceHealth()
    for entry in entries:
        one_by_one.apply([entry])
    whole.apply(entries)
    half.apply(entries[:150])
    resumed = DeviceHealth.load({k: v.copy() if isinstance(v, np.ndarray) else v for k, v in half.dump().items()})
    resumed.apply(entries[150:])
    for other in (whole, resumed):
        for name, value in one_by_one.dump().items():
            found = other.dump()[name]
            if isinstance(value, np.ndarray) and isinstance(found, np.ndarray):
                size = min(value.shape[-1], found.shape[-1])  # room for more points may differ
                np.testing.assert_array_equal(found[..., :size], value[..., :size], err_msg=name)
            else:
                assert found == value, name


def test_a_state_without_devices_is_refused() -> None:
    with pytest.raises(ValueError, match="devices"):
        DeviceHealth.load({})
    with pytest.raises(ValueError, match="not what was heard"):
        Seen.from_bytes(b"\x93\x01\x02\x03")


def listen(entries: list[Entry], tables: dict[str, list[Point]], from_ms: int, to_ms: int) -> Listening:
    registry = PointRegistry()
    registry.assign(p.point for points in tables.values() for p in points)
    made = {digest: table_of(points, registry) for digest, points in tables.items()}
    listening = Listening(made["one"], made.__getitem__, from_ms, to_ms)
    listening.apply(entries)
    listening.finish()
    return listening


def shown(listening: Listening) -> dict[str, tuple[int, int]]:
    """(online ms, expected ms) by device."""
    return {key.device: (listening.online_ms[key], ms) for key, ms in listening.expected_ms.items()}


def test_online_time_by_hand() -> None:
    tables = {"one": [point("A1", "A"), point("B1", "B", 10.0), point("C1", "C")]}
    entries = [*ticks(0, 4), readings(T0 + 4500, [(0, T0)]), *ticks(5, 9), Tick(T0 + 60_000), *ticks(61, 70)]
    entries.insert(3, readings(T0 + 2000 + 1, [(1, T0)]))

    found = listen(entries, tables, T0 + 1000, T0 + 69_500)

    assert found.pauses == 1
    # From 1 s to 9 s and from 60 s to 69.5 s somebody listened; B1 reports at 2 s, and is online for 30 s of that.
    assert found.listened_ms == 8000 + 9500
    assert shown(found) == {"A": (3000, 17_500), "B": (16_499, 17_500), "C": (0, 17_500)}
    assert {key.device for key in found.heard} == {"A", "B"}


def test_a_point_that_left_and_came_back_is_not_heard_until_it_reports() -> None:
    tables = {"one": [point("A1", "A", 100.0), point("B1", "B", 100.0)], "two": [point("B1", "B", 100.0)]}
    entries: list[Entry] = [readings(T0, [(0, T0), (1, T0)]), *ticks(1, 2)]
    entries += [Configuration(T0 + 2500, "site", "two"), *ticks(3, 4), Configuration(T0 + 4500, "site", "one")]
    entries += [*ticks(5, 6), readings(T0 + 6500, [(0, T0)]), *ticks(7, 10)]

    found = listen(entries, tables, T0, T0 + 10_000)

    assert shown(found) == {"A": (2500 + 3500, 2500 + 5500), "B": (10_000, 10_000)}


def test_readings_of_points_of_no_site_are_passed_over() -> None:
    tables = {"one": [point("A1", "A")], "two": [point("X1", "X"), point("A1", "A")]}
    entries: list[Entry] = [Readings(T0, readings(T0, [(0, T0), (1, T0)]).batch, "b"), *ticks(1, 5)]
    assert shown(listen(entries, tables, T0, T0 + 5000)) == {"A": (3000, 5000)}
