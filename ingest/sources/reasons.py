"""CONNACK and DISCONNECT codes in words."""

from typing import Final

_MQTT_311: Final = {
    1: "unacceptable protocol version",
    2: "client identifier rejected",
    3: "server unavailable",
    4: "bad user name or password",
    5: "not authorised",
}
_MQTT_5: Final = {
    0x00: "normal disconnection",
    0x80: "unspecified error",
    0x81: "malformed packet",
    0x82: "protocol error",
    0x83: "implementation specific error",
    0x84: "unsupported protocol version",
    0x85: "client identifier not valid",
    0x86: "bad user name or password",
    0x87: "not authorised",
    0x88: "server unavailable",
    0x89: "server busy",
    0x8A: "banned",
    0x8B: "server shutting down",
    0x8C: "bad authentication method",
    0x8D: "keep alive timeout",
    0x8E: "session taken over by another client of the same client_id",
    0x90: "topic name invalid",
    0x93: "receive maximum exceeded",
    0x95: "packet too large",
    0x96: "message rate too high",
    0x97: "quota exceeded",
    0x98: "administrative action",
    0x9C: "use another server",
    0x9D: "server moved",
    0x9F: "connection rate exceeded",
}


def connect_refused(code: int) -> str:
    """A CONNACK code other than 0."""
    return f"refused: {_MQTT_5.get(code) or _MQTT_311.get(code) or 'unknown reason'} (0x{code:02x})"


def disconnected(code: int) -> str:
    """A DISCONNECT sent by the broker."""
    return f"disconnected by the broker: {_MQTT_5.get(code, 'unknown reason')} (0x{code:02x})"
