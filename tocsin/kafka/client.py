"""Every client of Kafka is made here, from `[kafka]`: the only place that knows of TLS, SASL and time-outs.

Producers and consumers are confluent-kafka's (librdkafka). Faust consumes through aiokafka; it gets the same security
as a credentials object.
"""

import importlib.util
import logging
import ssl
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import structlog

from plant.mistakes import InputError, Mistake
from tocsin.clock import SystemClock
from tocsin.kafka.errors import NEEDS, KafkaAwayError, KafkaClientError, is_refusal, said
from tocsin.kafka.topics import Topics
from tocsin.settings.kafka import KafkaSettings

if TYPE_CHECKING:
    from confluent_kafka import Consumer, KafkaError, KafkaException, Producer
    from confluent_kafka.admin import AdminClient

RECORD_BYTES: Final = 8 << 20
"""The largest record but for those of the topic `config`."""

_PROTOCOL: Final = {"plaintext": "PLAINTEXT", "tls": "SSL", "sasl_plaintext": "SASL_PLAINTEXT", "sasl_tls": "SASL_SSL"}
_MECHANISM: Final = {"plain": "PLAIN", "scram_sha_256": "SCRAM-SHA-256", "scram_sha_512": "SCRAM-SHA-512"}

_SAME_ERROR_S: Final = 60.0

_log = structlog.get_logger(__name__)


def need_kafka() -> None:
    """InputError that says what to install, where the extra `cluster` is missing."""
    if importlib.util.find_spec("confluent_kafka") is None:
        raise InputError([Mistake("kafka", 1, "", NEEDS)])


def producer(
    settings: KafkaSettings, *, transactional_id: str | None = None, more: Mapping[str, Any] | None = None
) -> "Producer":
    """A producer whose records are neither lost nor doubled nor reordered, by all replicas in sync.

    Without a transactional id it never gives up by itself: while Kafka is away, `produce` fills a buffer of 64 MB and
    then raises BufferError, so that the caller waits. With one (used with the prefix) the caller begins and commits;
    `init_transactions` fences whoever used the id before. Give its records no `on_delivery`: the commit fails where one
    of them was not taken, and a callback makes of being fenced an error that Python can't catch (confluent-kafka 2.16).
    `more` are librdkafka's own options.
    """
    need_kafka()
    from confluent_kafka import Producer

    options: dict[str, Any] = {
        "enable.idempotence": True,
        "acks": "all",
        "partitioner": "murmur2_random",
        "linger.ms": 2,
        "batch.size": 1 << 20,
        "message.max.bytes": RECORD_BYTES,
        "queue.buffering.max.kbytes": 64 << 10,
    }
    if transactional_id is None:
        options["message.timeout.ms"] = 0
    else:
        options["transactional.id"] = Topics.of(settings).group(transactional_id)
        options["transaction.timeout.ms"] = 30_000
    return Producer({**_connection(settings), **options, **(more or {})}, logger=_librdkafka())


def reader(settings: KafkaSettings, *, more: Mapping[str, Any] | None = None) -> "Consumer":
    """A consumer of committed records that is told by `assign` where to read, and commits nothing.

    An offset that is no longer there is an error of its message (_AUTO_OFFSET_RESET), never a silent jump, and the end
    of a partition is told (_PARTITION_EOF).
    """
    options = {
        "group.id": Topics.of(settings).group("reader"),
        "auto.offset.reset": "error",
        "enable.partition.eof": True,
    }
    return _consumer(settings, {**options, **(more or {})})


def member(settings: KafkaSettings, group: str, *, more: Mapping[str, Any] | None = None) -> "Consumer":
    """A consumer of committed records in the consumer group `group` (with the prefix), for `subscribe`.

    Partitions move one by one (cooperative-sticky), and a member that is not heard for `session_s` loses its own. It
    begins at the group's commits, else with the oldest record; commits are the caller's.
    """
    session_ms = round(settings.session_s * 1000)
    options = {
        "group.id": Topics.of(settings).group(group),
        "partition.assignment.strategy": "cooperative-sticky",
        "session.timeout.ms": session_ms,
        "heartbeat.interval.ms": max(100, session_ms // 6),
        "auto.offset.reset": "earliest",
        "enable.partition.eof": False,
    }
    return _consumer(settings, {**options, **(more or {})})


def admin(settings: KafkaSettings, timeout_s: float = 10.0) -> "AdminClient":
    """An administrator that a broker has let in. KafkaAwayError or KafkaRefusedError within `timeout_s`."""
    need_kafka()
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import AdminClient

    heard: list[KafkaError] = []
    options = {**_connection(settings), "error_cb": heard.append}
    client = AdminClient(options, logger=_librdkafka())
    for _ in range(max(1, round(timeout_s))):
        try:
            client.list_topics(timeout=1.0)
            return client
        except KafkaException as error:
            heard.append(error.args[0])
        client.poll(0)
        refused = next((error for error in heard if is_refusal(error.name(), error.str())), None)
        if refused is not None:
            raise said(settings, refused.name(), refused.str())
    if not heard:
        raise KafkaAwayError(f"Kafka at {', '.join(settings.bootstrap)} does not answer")
    raise said(settings, heard[-1].name(), heard[-1].str())


def clear(settings: KafkaSettings, error: "KafkaError | KafkaException") -> KafkaClientError:
    """The same error as one of ours, in a sentence that names the brokers."""
    from confluent_kafka import KafkaError

    inner = error if isinstance(error, KafkaError) else error.args[0]
    return said(settings, inner.name(), inner.str())


def faust_options(settings: KafkaSettings) -> dict[str, Any]:
    """`broker` and `broker_credentials` of a faust.App with the same security."""
    need_kafka()
    from faust.auth import SASLCredentials, SSLCredentials

    options: dict[str, Any] = {"broker": [f"aiokafka://{address}" for address in settings.bootstrap]}
    context = tls_context(settings)
    if settings.security.startswith("sasl"):
        options["broker_credentials"] = SASLCredentials(
            username=settings.username,
            password=_password(settings),
            mechanism=_MECHANISM[settings.sasl],
            ssl_context=context,
        )
    elif context is not None:
        options["broker_credentials"] = SSLCredentials(context)
    return options


def tls_context(settings: KafkaSettings) -> ssl.SSLContext | None:
    """For clients that speak TLS through Python; None where the brokers do not."""
    if settings.security not in ("tls", "sasl_tls"):
        return None
    try:
        context = ssl.create_default_context(cafile=settings.ca_file)
        if settings.cert_file is not None and settings.key_file is not None:
            context.load_cert_chain(settings.cert_file, settings.key_file)
    except (OSError, ssl.SSLError) as error:
        files = " ".join(str(file) for file in (settings.ca_file, settings.cert_file, settings.key_file) if file)
        raise InputError([Mistake(files, 1, "", f"the certificates can't be used: {error}")]) from None
    return context


def _consumer(settings: KafkaSettings, options: Mapping[str, Any]) -> "Consumer":
    need_kafka()
    from confluent_kafka import Consumer

    ours: dict[str, Any] = {
        "isolation.level": "read_committed",
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "check.crcs": True,
        "fetch.error.backoff.ms": 100,
        "max.partition.fetch.bytes": RECORD_BYTES,
    }
    return Consumer({**_connection(settings), **ours, **options}, logger=_librdkafka())


def _connection(settings: KafkaSettings) -> dict[str, Any]:
    options: dict[str, Any] = {
        "bootstrap.servers": ",".join(settings.bootstrap),
        "client.id": Topics.of(settings).group("client"),
        "security.protocol": _PROTOCOL[settings.security],
        # A broker that comes back is to be used at once: takeovers are counted in seconds.
        "reconnect.backoff.ms": 50,
        "reconnect.backoff.max.ms": 1_000,
        "retry.backoff.max.ms": 1_000,
        "socket.connection.setup.timeout.ms": 5_000,
        "topic.metadata.refresh.interval.ms": 60_000,
        "error_cb": _ErrorLog(),
    }
    files = {
        "ssl.ca.location": settings.ca_file,
        "ssl.certificate.location": settings.cert_file,
        "ssl.key.location": settings.key_file,
    }
    if tls_context(settings) is not None:  # Also says, in our words, which file can't be used.
        options |= {name: str(file) for name, file in files.items() if file is not None}
    if settings.security.startswith("sasl"):
        options["sasl.mechanism"] = _MECHANISM[settings.sasl]
        options["sasl.username"] = settings.username
        options["sasl.password"] = _password(settings)
    return options


def _password(settings: KafkaSettings) -> str:
    path = settings.password_file
    if path is None:
        return ""
    try:
        return path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError([Mistake(str(path), 1, "", f"the password can't be read: {error}")]) from None


class _ErrorLog:
    """Logs what goes wrong with a client's connections; the same again at most once a minute."""

    def __init__(self) -> None:
        self._told_s: dict[str, float] = {}
        self._clock = SystemClock()

    def __call__(self, error: "KafkaError") -> None:
        now_s, name = self._clock.monotonic_s(), error.name()
        if now_s - self._told_s.get(name, now_s - _SAME_ERROR_S) >= _SAME_ERROR_S:
            self._told_s[name] = now_s
            _log.warning("kafka", error=name, text=error.str(), fatal=error.fatal())


def _librdkafka() -> logging.Logger:
    """librdkafka tells of each connection that closes; what matters of that comes through error_cb as well."""
    logger = logging.getLogger("tocsin.kafka.librdkafka")
    if logger.level == logging.NOTSET:
        logger.setLevel(logging.CRITICAL)
    return logger
