"""Clients that others wrote publish into the live service, each in its wire form, and end in alarms.

They live in environments of their own, which `make services` brings.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.live import Live, running_broker
from support.mosquitto import Mosquitto
from support.waiting import eventually

from tools.services import node_clients
from tools.services.clients import python_of

SCRIPTS = Path(__file__).parents[1] / "support" / "third_party"
POINTS = """\
point,unit,kind,unit_symbol,range_low,range_high,period_s,topic,device,key
E1-P1,E1-U,gas.combustible,%LEL,0,100,1,,E1/N1/D1,Gas/CH4
E1-P2,E1-U,gas.combustible,%LEL,0,100,1,v1/devices/me/telemetry,,methane
E1-P3,E1-U,gas.combustible,%LEL,0,100,1,,Device A,methane
E1-P4,E1-U,gas.combustible,%LEL,0,100,1,,a1BwAGV/detector-7,GasLevel
E1-P5,E1-U,gas.combustible,%LEL,0,100,1,,E1/Tahu/D2,Gas/CH4
E1-P6,E1-U,gas.combustible,%LEL,0,100,1,,plc5,Gas
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
[[wire]]
topics = ["opcua/json/data/{device}"]
form = "opcua_json"
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
        ("paho1", "sparkplug_pysparkplug.py", "E1-P1"),
        ("thingsboard", "thingsboard_tb_mqtt_client.py", "E1-P2"),
        ("thingsboard", "thingsboard_gateway_tb_mqtt_client.py", "E1-P3"),
        ("paho1", "alink_aliyun_iot_linkkit.py", "E1-P4"),
        ("node", "sparkplug_tahu.js", "E1-P5"),
        ("node", "opcua_node_opcua_pubsub.js", "E1-P6"),
    ],
)
def test_a_client_that_others_wrote_ends_in_an_alarm(
    service: tuple[Mosquitto, Live], environment: str, script: str, point: str
) -> None:
    broker, live = service
    command = [*runner(environment), str(SCRIPTS / script), str(broker.port)]
    variables = {**os.environ, "NODE_PATH": str(node_clients.find())}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=variables)
    assert done.returncode == 0, done.stderr
    raised = ("raised", "gas", point)
    assert eventually(lambda: raised in live.names(), 10), (done.stdout + done.stderr, live.log[-2000:])
    assert {(r.point, r.value) for r in live.readings() if r.value > 50} >= {(point, 60.0)}


def runner(environment: str) -> list[str]:
    """The program that runs scripts of an environment; the test is skipped where it is not there."""
    if environment == "node":
        found = shutil.which("node") if node_clients.find() else None
    else:
        python = python_of(environment)
        found = str(python) if python else None
    if found is None:
        pytest.skip(f"the third-party clients ({environment}) are not there (`make services` brings them)")
    return [found]
