"""A device of aliyun-iot-linkkit: python alink_aliyun_iot_linkkit.py PORT."""

import json
import sys
import tempfile
import threading
from pathlib import Path

from linkkit import linkkit

enabled, posted = threading.Event(), threading.Event()
with tempfile.TemporaryDirectory() as folder:
    thing = Path(folder) / "thing.json"
    data = [{"identifier": "GasLevel"}]
    thing.write_text(json.dumps({"events": [{"identifier": "post", "outputData": data}], "services": []}))
    device = linkkit.LinkKit("cn-shanghai", "a1BwAGV", "detector-7", "secret")
    device.config_mqtt(port=int(sys.argv[1]), secure="", endpoint="127.0.0.1")
    device.thing_setup(str(thing))
    device.on_thing_enable = lambda _: enabled.set()
    device.connect_async()
    assert enabled.wait(15), "not enabled"
    code, _ = device.thing_post_property({"GasLevel": 60.0})
    assert code == 0, code
    threading.Event().wait(0.5)
    device.disconnect()
