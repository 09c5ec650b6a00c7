"""An edge node of pysparkplug: python sparkplug_pysparkplug.py PORT. Births, then data; answers a rebirth."""

import sys
import threading

import pysparkplug as sp


def metric(value: float) -> sp.Metric:
    return sp.Metric(timestamp=sp.get_current_timestamp(), name="Gas/CH4", datatype=sp.DataType.DOUBLE, value=value)


device = sp.Device(device_id="D1", metrics=(metric(1.0),))
node = sp.EdgeNode(group_id="E1", edge_node_id="N1", metrics=())
node.register(device)
node.connect("127.0.0.1", port=int(sys.argv[1]))
for _ in range(200):
    if node._connected:
        break
    threading.Event().wait(0.05)
node.update_device("D1", (metric(60.0),))
threading.Event().wait(0.5)
node.disconnect()
