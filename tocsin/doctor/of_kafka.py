"""Kafka in cluster mode: it lets us in, its topics are as they must be, and enough copies of each are in step."""

import socket
import ssl
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from plant.mistakes import InputError
from tocsin.doctor.finding import Finding, bad, ok, warn
from tocsin.doctor.reach import TIMEOUT_S, days_to, is_here, lasting
from tocsin.kafka.client import admin, clear, tls_context
from tocsin.kafka.errors import KafkaAwayError, KafkaClientError, KafkaRefusedError
from tocsin.kafka.topics import specs
from tocsin.scale.difference import look
from tocsin.settings.kafka import KafkaSettings

if TYPE_CHECKING:
    from confluent_kafka.admin import AdminClient

_NAME: Final = "kafka"
_LOOK_S: Final = 4.0


def look_at_cluster(settings: KafkaSettings, now_ms: int) -> list[Finding]:
    """As every process of ours would come to it; nothing is written."""
    address = ", ".join(settings.bootstrap)
    try:
        client = admin(settings, TIMEOUT_S)
        return [
            *_of_topics(settings, address),
            *_of_copies(settings, client),
            *_of_wire(settings, address, now_ms),
        ]
    except InputError as error:
        return [bad(_NAME, "secret", error=str(error.mistakes[0]))]
    except KafkaClientError as error:
        return [no_answer(_NAME, error)]
    except TimeoutError:
        return [bad(_NAME, "kafka_away", error=f"Kafka at {address} lets us in, and does not tell of its topics")]


def no_answer(check: str, error: KafkaClientError) -> Finding:
    """What a check says where Kafka could not be asked."""
    if isinstance(error, KafkaAwayError):
        return bad(check, "kafka_away", error=str(error))
    if isinstance(error, KafkaRefusedError):
        return bad(check, "kafka_refused", error=str(error))
    return bad(check, "kafka_failed", error=str(error))


def _of_topics(settings: KafkaSettings, address: str) -> Iterator[Finding]:
    try:
        missing, lines = look(settings, _LOOK_S)
    except (KafkaAwayError, TimeoutError):  # It may have asked a broker that has just gone: another knows as well.
        missing, lines = look(settings, _LOOK_S)
    if missing:
        yield bad(_NAME, "topics_missing", n=len(missing), first=missing[0])
    wrong = [line for line in lines if " partitions, wanted" in line]
    if wrong:
        yield bad(_NAME, "topics_wrong", n=len(wrong), first=wrong[0])
    if others := [line for line in lines if line not in wrong]:
        yield warn(_NAME, "topics_differ", n=len(others), first=others[0])
    if not missing and not lines:
        yield ok(_NAME, "kafka_ok", address=address, topics=len(specs(settings)))


def _of_copies(settings: KafkaSettings, client: "AdminClient") -> Iterator[Finding]:
    from confluent_kafka import KafkaException

    wanted = {spec.name: int(spec.config["min.insync.replicas"]) for spec in specs(settings)}
    try:
        topics = client.list_topics(timeout=TIMEOUT_S).topics
    except KafkaException as error:
        raise clear(settings, error) from None
    stand, few = [], []
    for name, least in wanted.items():
        for number, partition in sorted(topics[name].partitions.items()) if name in topics else ():
            if partition.leader < 0 or len(partition.isrs) < least:
                stand.append(f"{name} [{number}]")
            elif len(partition.isrs) < len(partition.replicas):
                few.append(f"{name} [{number}]")
    if stand:
        yield bad(_NAME, "kafka_stands", n=len(stand), first=stand[0])
    if few:
        yield warn(_NAME, "kafka_copies", n=len(few), first=few[0])


def _of_wire(settings: KafkaSettings, address: str, now_ms: int) -> Iterator[Finding]:
    """Whether others could listen, and how long the brokers' certificate lasts."""
    context = tls_context(settings)
    hosts = [(host.strip("[]"), int(port)) for host, _, port in (one.rpartition(":") for one in settings.bootstrap)]
    if context is None:
        if not all(is_here(host) for host, _ in hosts):
            yield warn(_NAME, "kafka_plain", address=address)
        return
    for host, port in hosts:
        try:
            with (
                socket.create_connection((host, port), TIMEOUT_S) as plain,
                context.wrap_socket(plain, server_hostname=host) as secured,
            ):
                yield from lasting(_NAME, f"{host}:{port}", days_to(secured.getpeercert(), now_ms))
        except (OSError, ssl.SSLError):
            continue  # Kafka's own client has said what there is to say of one that is away.
