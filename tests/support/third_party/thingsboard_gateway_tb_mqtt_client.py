"""A gateway of tb-mqtt-client: python thingsboard_gateway_tb_mqtt_client.py PORT."""

import sys
import threading
from datetime import UTC, datetime

from tb_gateway_mqtt import TBGatewayMqttClient

gateway = TBGatewayMqttClient("127.0.0.1", port=int(sys.argv[1]), username="token")
gateway.connect()
for _ in range(200):
    if gateway.is_connected():
        break
    threading.Event().wait(0.05)
gateway.gw_connect_device("Device A")
now_ms = round(datetime.now(UTC).timestamp() * 1000)  # noqa: TID251 - runs by itself
sent = gateway.gw_send_telemetry("Device A", {"ts": now_ms, "values": {"methane": 60.0}})
assert sent.get() == 0
gateway.disconnect()
gateway.stop()
