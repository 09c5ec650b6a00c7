"""Clients that others wrote publish into the live service, each in its wire form, and end in alarms.

They live in environments of their own, which `make services` brings.
"""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.live import Live, running_broker
from support.mosquitto import Mosquitto
from support.waiting import eventually

from tools.services.clients import python_of

SCRIPTS = Path(__file__).parents[1] / "support" / "third_party"
POINTS = """\
point,unit,kind,unit_symbol,range_low,range_high,period_s,topic,device,key
E1-P1,E1-U,gas.combustible,%LEL,0,100,1,,E1/N1/D1,Gas/CH4
E1-P2,E1-U,gas.combustible,%LEL,0,100,1,v1/devices/me/telemetry,,methane
E1-P3,E1-U,gas.combustible,%LEL,0,100,1,,Device A,methane
E1-P4,E1-U,gas.combustible,%LEL,0,100,1,,a1BwAGV/detector-7,GasLevel
"""
SETTINGS = """\
[[wire]]
topics = ["spBv1.0/#"]
form = "sparkplug"
enterprise_level = 2
[[wire]]
topics = ["v1/devices/me/telemetry"]
form = "thingsboard"
enterprise = "E1"
[[wire]]
topics = ["v1/gateway/telemetry"]
form = "thingsboard_gateway"
enterprise = "E1"
[[wire]]
topics = ["/sys/+/+/thing/event/property/post"]
form = "alink"
enterprise = "E1"
"""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Mosquitto, Live]]:
    folder = tmp_path_factory.mktemp("clients")
    with running_broker(folder / "broker") as broker, Live(folder, broker.port, settings=SETTINGS) as live:
        (live.site / "points.csv").write_text(POINTS, encoding="utf-8")
        yield broker, live.start()


@pytest.mark.parametrize(
    ("environment", "script", "point"),
    [
        ("paho1", "sparkplug_pysparkplug", "E1-P1"),
        ("thingsboard", "thingsboard_tb_mqtt_client", "E1-P2"),
        ("thingsboard", "thingsboard_gateway_tb_mqtt_client", "E1-P3"),
        ("paho1", "alink_aliyun_iot_linkkit", "E1-P4"),
    ],
)
def test_a_client_that_others_wrote_ends_in_an_alarm(
    service: tuple[Mosquitto, Live], environment: str, script: str, point: str
) -> None:
    python = python_of(environment)
    if python is None:
        pytest.skip("the third-party clients are not there (`make services` brings them)")
    broker, live = service
    command = [str(python), str(SCRIPTS / f"{script}.py"), str(broker.port)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    raised = ("raised", "gas", point)
    assert eventually(lambda: raised in live.names(), 10), (done.stdout + done.stderr, live.log[-2000:])
    assert {(r.point, r.value) for r in live.readings() if r.value > 50} >= {(point, 60.0)}
