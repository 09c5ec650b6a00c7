"""The centre beside a running service: what it sees, in time, and what it does for whom."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.field import Field
from support.live import Live, running_broker
from support.mosquitto import Mosquitto
from support.waiting import eventually

from tocsin.accounts.roles import Permission, Principal, Role, Scope
from tocsin.book.listing import Wanted
from tocsin.centre.centre import Centre
from tocsin.centre.errors import ForbiddenError, NotFoundError, RefusedError, UnavailableError
from tocsin.clock import SystemClock
from tocsin.settings import HttpSettings, Settings

OPERATOR = Principal("li", Role.OPERATOR)
MANAGER_1 = Principal("wang", Role.SAFETY_MANAGER, Scope("enterprise", "E1"))
MANAGER_2 = Principal("zhao", Role.SAFETY_MANAGER, Scope("enterprise", "E2"))


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with running_broker(tmp_path / "broker") as started:
        yield started


@pytest.fixture
def live(tmp_path: Path, broker: Mosquitto) -> Iterator[Live]:
    (tmp_path / "live").mkdir()
    with Live(tmp_path / "live", broker.port) as service:
        yield service.start()


@pytest.fixture
def centre(live: Live) -> Iterator[Centre]:
    settings = Settings(site=live.site, data=live.data, http=HttpSettings(listen=live.http.removeprefix("http://")))
    made = Centre.of(settings, SystemClock())
    made.watch.start()
    yield made
    made.watch.stop()


def raised(centre: Centre) -> list[str]:
    return [record.alarm for record in centre.watch.board.records()]


def test_an_alarm_is_seen_acted_on_and_kept_from_others(live: Live, broker: Mosquitto, centre: Centre) -> None:
    assert eventually(lambda: not centre.watch.pulse.now().blind or centre.watch.latest.heard_ms == 0)
    with Field(broker.port, ("E1-P1",)) as field:
        sent = field.send("E1-P1", 60.0)
        field.settle()
        clock = SystemClock()
        assert eventually(lambda: bool(live.booked()))
        booked_s = clock.monotonic_s()
        assert eventually(lambda: bool(raised(centre)), 5)
        assert clock.monotonic_s() - booked_s < 1.0
    [alarm] = raised(centre)

    latest = centre.places.latest(OPERATOR, ["E1-P1", "E2-P1"])
    assert {p: found.value for p, found in latest.items()} == {"E1-P1": sent.value}
    assert centre.places.latest(MANAGER_2, ["E1-P1"]) == {}
    assert [e.enterprise for e in centre.places.enterprises(MANAGER_2)] == ["E2"]
    assert set(centre.places.site(MANAGER_2).points) == {"E2-P1"}

    assert [a.record.alarm for a in centre.alarms.page(MANAGER_1, Wanted()).alarms] == [alarm]
    assert centre.alarms.page(MANAGER_2, Wanted()).alarms == []
    assert centre.alarms.page(MANAGER_2, Wanted(enterprises={"E1"})).alarms == []
    for look in (centre.alarms.whole, centre.alarms.delivery):
        with pytest.raises(NotFoundError):
            look(MANAGER_2, alarm)
    with pytest.raises(NotFoundError):
        centre.alarms.act(MANAGER_2, alarm, "acknowledge")
    with pytest.raises(ForbiddenError):
        centre.alarms.act(MANAGER_1, alarm, "shelve", "no", clock.now_ms() + 60_000)
    limited = Principal("li", Role.OPERATOR, limited_to=frozenset({Permission.VIEW}))
    with pytest.raises(ForbiddenError):
        centre.alarms.act(limited, alarm, "acknowledge")

    # An enterprise's answer to a red alarm leaves it to the centre.
    centre.alarms.act(MANAGER_1, alarm, "acknowledge", "on my way")
    assert eventually(lambda: getattr(centre.watch.board.record(alarm), "answered_by", None) == "wang")
    centre.alarms.act(OPERATOR, alarm, "acknowledge", "seen")
    assert eventually(lambda: getattr(centre.watch.board.record(alarm), "acknowledged_by", None) == "li")
    with pytest.raises(RefusedError, match="already acknowledged"):
        centre.alarms.act(OPERATOR, alarm, "acknowledge")
    whole = centre.alarms.whole(MANAGER_1, alarm)
    assert [action.action.by for action in whole.actions] == ["li", "li", "wang"]
    assert whole.events[0].numbered.event.event == "raised"


def test_a_dead_service_is_known_within_five_seconds_and_nothing_is_recorded(live: Live, centre: Centre) -> None:
    assert eventually(lambda: "service" not in {t.part for t in centre.watch.pulse.now().troubles})
    live.kill()
    clock = SystemClock()
    killed_s = clock.monotonic_s()

    async def told() -> bool:
        while clock.monotonic_s() - killed_s < 5:
            await centre.watch.news(5)
            if "service" in {t.part for t in centre.watch.pulse.now().troubles}:
                return True
        return False

    assert asyncio.run(told())
    assert centre.watch.pulse.now().blind
    with pytest.raises((UnavailableError, NotFoundError)):
        centre.alarms.act(OPERATOR, "nosuchalarm", "acknowledge")


def test_without_any_data_the_centre_says_so(tmp_path: Path) -> None:
    centre = Centre.of(Settings(site=tmp_path, data=tmp_path / "none"), SystemClock())
    with pytest.raises(UnavailableError):
        centre.alarms.page(OPERATOR, Wanted())
    with pytest.raises(UnavailableError):
        centre.places.enterprises(OPERATOR)
    centre.watch.start()
    try:
        assert eventually(lambda: "engine" in {t.part for t in centre.watch.pulse.now().troubles}, 5)
    finally:
        centre.watch.stop()
