"""What people have done in the district, so that every page has something to show; by the centre, as screens do it."""

import json
from pathlib import Path
from typing import Final

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from PIL import Image, ImageDraw

from alerts.disposal.machine import DisposalState
from alerts.machine import State
from tocsin.accounts.roles import Principal, Role
from tocsin.book.listing import Wanted
from tocsin.centre.centre import Centre
from tocsin.centre.overrides import WantedOverride
from tocsin.clock import SystemClock
from tocsin.hazard_reports.record import NewReport, Reporter
from tools.screenshots.district import District

_LI: Final = Principal("li.na", Role.ADMINISTRATOR, contact="C00", via="console")
_HOUR_MS: Final = 3_600_000


def act(district: District, folder: Path) -> None:
    """Shelve, take out of service, take in reports, file a photo; an unknown device reports. `folder` is scratch."""
    centre = Centre.of(district.settings, SystemClock())
    now_ms = centre.clock.now_ms()
    yellow = centre.alarms.page(_LI, Wanted(severities={"yellow"}, states={State.ACTIVE_UNACKNOWLEDGED})).alarms
    centre.alarms.act(_LI, yellow[0].record.alarm, "shelve", "标定期间 While it is calibrated", now_ms + 4 * _HOUR_MS)
    tank = next(p.point for p in district.configured.site.points.values() if p.kind == "tank.temperature")
    why = "检修 Being mended"
    centre.overrides.begin(
        _LI, WantedOverride("out_of_service", "point", tank, why, "maintenance", "", now_ms + _HOUR_MS)
    )
    _report(centre)
    _dispose(centre, folder / "valve.png")
    _unknown_device(district.broker)


def _report(centre: Centre) -> None:
    smell = "群众反映涂料厂围墙外有刺鼻气味 A smell of solvent outside the wall of the coatings works"
    reporter = Reporter("王先生", "13900001234")
    centre.hazard_reports.take(
        _LI, NewReport("hotline", smell, enterprise="E01", place="北门 North gate", reporter=reporter)
    )
    hose = "巡查发现卸车软管老化 Inspection: the unloading hose is worn"
    centre.hazard_reports.take(_LI, NewReport("inspection", hose, unit="E02-U1", share=True))


def _dispose(centre: Centre, photo: Path) -> None:
    """The newest that somebody works on gets a photo; one is submitted and waits to be verified."""
    _draw(photo)
    found = centre.disposals.page(_LI)
    begun = next((d for d in found if d.state is DisposalState.OPEN), None)
    if begun is not None:
        centre.disposals.step(_LI, begun.alarm, "start", {})
        centre.disposals.file_evidence(
            _LI, begun.alarm, "valve.png", "image/png", photo, "阀门已关闭 The valve is shut"
        )
        centre.disposals.step(
            _LI, begun.alarm, "cause", {"code": "equipment.fault", "text": "法兰垫片老化 A worn gasket"}
        )


def _draw(path: Path) -> None:
    """A picture of a valve, as simple as can be."""
    image = Image.new("RGB", (320, 240), "#cfd8dc")
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 110, 320, 150), fill="#607d8b")
    pen.ellipse((110, 80, 210, 180), fill="#b71c1c", outline="#263238", width=6)
    pen.line((160, 80, 160, 180), fill="#263238", width=8)
    image.save(path)


def _unknown_device(port: int) -> None:
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", port)
    client.loop_start()
    message = json.dumps({"ts": SystemClock().now_ms(), "values": {"CH4": 3.2, "O2": 20.8}})
    client.publish("tocsin/v1/E05/GW-NEW-7/up", message, qos=1).wait_for_publish(10)
    client.disconnect()
    client.loop_stop()
