"""Each wire form's own simulated fleet, through a real broker or TCP and the live service, into the same alarms."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.form_fleets import FormFleet, all_fleets, service_of
from support.live import Live, running_broker
from support.waiting import eventually

from simulators import Published
from simulators.wire.forms import FORMS, TCP_FORMS

NAMES = (*FORMS, *(f"{form}-tcp" for form in TCP_FORMS))
EXPECTED = {("gas", "gas1", "hh"), ("gas", "gas2", "h"), ("level", "level", "h")}
"""(rule, point without its enterprise, the last level) of the alarms that the leak raises."""


class Outcome:
    """What one service made of all fleets."""

    def __init__(self, live: Live, sent: dict[str, Published]) -> None:
        self.live = live
        self.sent = sent

    def alarms(self, enterprise: str) -> set[tuple[str, str, str | None]]:
        """(rule, point without its enterprise, the last level) of an enterprise's alarms."""
        last: dict[tuple[str, str], str | None] = {}
        for _, event in self.live.booked():
            if event.enterprise == enterprise and event.event in ("raised", "upgraded"):
                last[event.rule, event.subject.removeprefix(f"{enterprise}-")] = event.level
        return {(rule, point, level) for (rule, point), level in last.items()}


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    folder = tmp_path_factory.mktemp("forms")
    fleets: list[FormFleet] = all_fleets()
    with running_broker(folder / "broker") as broker, service_of(folder, broker.port, fleets) as live:
        live.start()
        with ThreadPoolExecutor(len(fleets)) as pool:
            sent = dict(
                zip(NAMES, pool.map(lambda fleet: fleet.publish(broker.port), fleets), strict=True),
            )
        made = Outcome(live, sent)
        eventually(lambda: all(made.alarms(name) >= EXPECTED for name in NAMES), 10)
        yield made


@pytest.mark.parametrize("name", NAMES)
def test_a_forms_fleet_raises_the_alarms_of_the_native_one(outcome: Outcome, name: str) -> None:
    assert outcome.alarms(name) == EXPECTED, outcome.live.log[-3000:]
    assert outcome.sent[name].readings == 4 * 12
    assert outcome.sent[name].unacknowledged == 0


def test_nothing_was_set_aside(outcome: Outcome) -> None:
    set_aside = {name: n for name, n in outcome.live.metrics().items() if name.startswith("tocsin_quarantined_total")}
    assert not any(set_aside.values()), (set_aside, outcome.live.tocsin("quarantine", "--data", "data").stdout)
