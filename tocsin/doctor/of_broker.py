"""A broker: connects as the service would, subscribes as it would, and sees whether an access list holds us."""

import queue
import secrets
import ssl
from typing import Any, Final

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.subscribeoptions import SubscribeOptions

from ingest.source import SourceSettings
from plant.mistakes import InputError
from tocsin.doctor.finding import Finding, bad, ok, warn
from tocsin.doctor.reach import TIMEOUT_S, days_left, is_here, lasting
from tocsin.settings import MqttSettings

_NAME: Final = "broker"
_ECHO_S: Final = 1.5
"""How long a message that should be refused may take to come back."""
_REFUSED: Final = 128
"""MQTT 5, 2.4: reason codes from here on are failures."""


def look_at_broker(broker: MqttSettings, now_ms: int) -> list[Finding]:
    """A session of its own for the moment, with a name of its own: that of the service is not disturbed."""
    try:
        source = broker.source()
    except InputError as error:
        return [bad(_NAME, "secret", broker.label, error=str(error.mistakes[0]))]
    address = f"{source.host}:{source.port}"
    try:
        left = (
            days_left(source.host, source.port, now_ms, tls=source.tls, ca_file=broker.ca_file)
            if (source.tls and source.cert_file is None)
            else None
        )
        with _Visit(source) as visit:
            refused = visit.subscribe()
            found = [bad(_NAME, "filter_refused", broker.label, filter=f) for f in refused]
            if not refused:
                found.append(ok(_NAME, "broker_ok", broker.label, address=address, filters=len(source.subscribe)))
            if visit.hears_itself():
                found.append(warn(_NAME, "broker_open", broker.label, address=address))
    except _RefusedError as error:
        return [bad(_NAME, "broker_refused", broker.label, address=address, reason=str(error))]
    except ssl.SSLError as error:
        reason = str(getattr(error, "verify_message", "") or error.reason or error)
        return [bad(_NAME, "untrusted", broker.label, address=address, error=reason)]
    except (OSError, queue.Empty) as error:
        reason = getattr(error, "strerror", None) or str(error) or f"no answer within {TIMEOUT_S:g} s"
        return [bad(_NAME, "away", broker.label, address=address, error=reason)]
    if not source.tls and not is_here(source.host):
        found.append(warn(_NAME, "broker_plain", broker.label, address=address))
    return [*found, *lasting(_NAME, broker.label, left)]


class _RefusedError(Exception):
    """The broker answered, with no."""


class _Visit:
    """A connection from `with` to its end."""

    def __init__(self, source: SourceSettings) -> None:
        self._source = source
        self._said: queue.Queue[Any] = queue.Queue()
        self._heard: queue.Queue[str] = queue.Queue()
        protocol = mqtt.MQTTv5 if source.protocol == 5 else mqtt.MQTTv311
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=f"tocsin-doctor-{secrets.token_hex(4)}", protocol=protocol
        )
        client.connect_timeout = TIMEOUT_S
        if source.tls:
            client.tls_set(ca_certs=source.ca_file, certfile=source.cert_file, keyfile=source.key_file)
        if source.username is not None:
            client.username_pw_set(source.username, source.password)
        client.on_connect = lambda _client, _data, _flags, code, _properties: self._said.put(code)
        client.on_subscribe = lambda _client, _data, _mid, codes, _properties: self._said.put(codes)
        client.on_message = lambda _client, _data, message: self._heard.put(message.topic)
        self._client = client

    def __enter__(self) -> "_Visit":
        self._client.connect(self._source.host, self._source.port, keepalive=30)
        self._client.loop_start()
        try:
            code = self._said.get(timeout=TIMEOUT_S)
            if code.is_failure:
                raise _RefusedError(str(code))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def subscribe(self) -> list[str]:
        """The service's filters that the broker refuses. Shared ones are asked for unshared, or they would take
        messages away from the service; nothing of what is there already is asked for.
        """
        refused = []
        for filter_ in self._source.subscribe:
            plain = filter_.split("/", 2)[2] if filter_.startswith("$share/") else filter_
            if any(code.value >= _REFUSED for code in self._asked(plain)):
                refused.append(filter_)
        return refused

    def hears_itself(self) -> bool:
        """Whether we may write, and read, where the service has no business: then no access list holds anybody."""
        topic = f"tocsin/doctor/{secrets.token_hex(8)}"
        if any(code.value >= _REFUSED for code in self._asked(topic)):
            return False
        self._client.publish(topic, b"", qos=0)
        try:
            while self._heard.get(timeout=_ECHO_S) != topic:
                pass
        except queue.Empty:
            return False
        return True

    def _asked(self, filter_: str) -> list[Any]:
        if self._source.protocol == 5:
            options = SubscribeOptions(qos=0, retainHandling=SubscribeOptions.RETAIN_DO_NOT_SEND)
            self._client.subscribe(filter_, options=options)
        else:
            self._client.subscribe(filter_, 0)
        return list(self._said.get(timeout=TIMEOUT_S))
