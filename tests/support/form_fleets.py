"""The same leak in one enterprise of each wire form, so that one service hears them all."""

import threading
from dataclasses import dataclass, replace
from pathlib import Path

from support.live import Live
from support.mosquitto import free_port
from support.simulated import point

from plant.site import Enterprise, Region, Site, Unit
from simulators import BrokerSettings, Published, Publisher, Scenario, write_site
from simulators.fleets.site import addressed
from simulators.publisher import Listener
from simulators.wire.forms import FORMS, TCP_FORMS, form_of
from tocsin.clock import SystemClock

RULES = """\
  - id: gas
    applies_to: {kind: gas.combustible}
    condition: {limit: {h: 25, hh: 50, deadband: 2}}
  - id: level
    applies_to: {kind: tank.level}
    condition: {limit: {h: 8, deadband: 0.2}}
"""


def short_leak(enterprise: str) -> Scenario:
    """Twelve seconds: one detector past both levels, one past the first, one calm; a tank past its level."""
    incidents = [
        {"kind": "leak", "point": f"{enterprise}-gas1", "at_s": 2, "for_s": 60, "magnitude": 104, "rise_s": 0.5},
        {"kind": "leak", "point": f"{enterprise}-gas2", "at_s": 3, "for_s": 60, "magnitude": 42, "rise_s": 0.5},
        {"kind": "overfill", "point": f"{enterprise}-level", "at_s": 4, "for_s": 60, "magnitude": 9.5, "rise_s": 3},
    ]
    return Scenario.model_validate({"name": "short-leak", "duration_s": 12, "incidents": incidents})


def small_site(enterprise: str) -> Site:
    """Two devices: detectors, and a tank."""
    unit = f"{enterprise}-U"
    gas = {"device": "D1", "unit": unit, "enterprise": enterprise, "unit_symbol": "%LEL", "gas": "ch4"}
    points = [
        *(point(f"{enterprise}-gas{n}", "gas.combustible", 0, 100, key=f"gas{n}", **gas) for n in (1, 2, 3)),
        point(f"{enterprise}-level", "tank.level", 0, 12, device="T1", key="level", unit=unit, enterprise=enterprise,
              unit_symbol="m"),
    ]  # fmt: skip
    return Site(
        name="forms",
        timezone="Asia/Shanghai",
        centre=None,
        packs=(),
        regions={"north": Region("north", None, "North")},
        enterprises={enterprise: Enterprise(enterprise, "Works", "north")},
        units={unit: Unit(unit, enterprise, "Hall", "workshop")},
        points={p.point: p for p in points},
    )


@dataclass(frozen=True)
class FormFleet:
    """One form's devices, in an enterprise that is called like the form, or `<form>-tcp`."""

    form: str
    enterprise: str
    site: Site
    tcp_port: int | None = None

    def publish(self, broker_port: int) -> Published:
        """Play the leak to its end."""
        target = (
            Listener("127.0.0.1", self.tcp_port)
            if self.tcp_port is not None
            else BrokerSettings("127.0.0.1", broker_port)
        )
        publisher = Publisher(
            self.site, short_leak(self.enterprise), target, SystemClock().now_ms, form=self.form, drain_within_s=10
        )
        return publisher.run(threading.Event())


def all_fleets() -> list[FormFleet]:
    """Every form, and over TCP those that go there."""
    fleets = [FormFleet(form, form, addressed(small_site(form), form_of(form))) for form in FORMS]
    for form in TCP_FORMS:
        enterprise = f"{form}-tcp"
        fleets.append(FormFleet(form, enterprise, addressed(small_site(enterprise), form_of(form)), free_port()))
    return fleets


def service_of(folder: Path, broker_port: int, fleets: list[FormFleet]) -> Live:
    """One service with every form's route; not started."""
    sections = [form_of(form).settings() for form in FORMS]
    for fleet in fleets:
        if fleet.tcp_port is not None:
            sections.append(
                f'[[tcp]]\nlisten = "127.0.0.1:{fleet.tcp_port}"\nform = "{fleet.form}"\n'
                f'name = "{fleet.enterprise}"\nenterprise = "{fleet.enterprise}"\n'
            )
    live = Live(folder, broker_port, rules=RULES, settings="\n".join(sections))
    for form in FORMS:
        for name, text in form_of(form).files().items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
    whole = fleets[0].site
    for fleet in fleets[1:]:
        whole = replace(
            whole,
            enterprises=whole.enterprises | fleet.site.enterprises,
            units=whole.units | fleet.site.units,
            points=whole.points | fleet.site.points,
        )
    write_site(whole, live.site)
    (live.site / "rules" / "made-up.yaml").unlink()
    return live
