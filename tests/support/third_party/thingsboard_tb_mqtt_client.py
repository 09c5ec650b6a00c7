"""A device of tb-mqtt-client: python thingsboard_tb_mqtt_client.py PORT."""

import sys
import threading

from tb_device_mqtt import TBDeviceMqttClient

client = TBDeviceMqttClient("127.0.0.1", port=int(sys.argv[1]), username="token")
client.connect()
for _ in range(200):
    if client.is_connected():
        break
    threading.Event().wait(0.05)
assert client.send_telemetry({"methane": 60.0}).get() == 0
client.disconnect()
client.stop()
