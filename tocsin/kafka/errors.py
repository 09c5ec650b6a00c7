"""What can go wrong with Kafka, said in sentences."""

from typing import Final

from tocsin.settings.kafka import KafkaSettings

NEEDS: Final = "Kafka needs more: pip install 'tocsin[cluster]'"


class KafkaClientError(Exception):
    """Kafka could not be asked. `retry`: whether a later try can help."""

    retry = False


class KafkaAwayError(KafkaClientError):
    """No broker answers, or not in time."""

    retry = True


class KafkaRefusedError(KafkaClientError):
    """The brokers do not let us in, or not do this: certificate, name, password or ACLs."""


class KafkaTopicError(KafkaClientError):
    """A topic is not there, or not as it must be."""


class FencedError(KafkaClientError):
    """Somebody else took over this transactional id; what was not committed is not written."""


_REFUSED: Final = {
    "_AUTHENTICATION": "does not accept the name and password (or not this sasl mechanism)",
    "SASL_AUTHENTICATION_FAILED": "does not accept the name and password",
    "UNSUPPORTED_SASL_MECHANISM": "does not offer this sasl mechanism",
    "_SSL": "and we do not agree on TLS: a certificate is not trusted, missing, or TLS is not spoken there",
    "TOPIC_AUTHORIZATION_FAILED": "does not allow this on the topic",
    "GROUP_AUTHORIZATION_FAILED": "does not allow this consumer group",
    "CLUSTER_AUTHORIZATION_FAILED": "does not allow this on the cluster",
    "TRANSACTIONAL_ID_AUTHORIZATION_FAILED": "does not allow this transactional id",
}
_AWAY: Final = frozenset(
    {"_TRANSPORT", "_ALL_BROKERS_DOWN", "_RESOLVE", "_TIMED_OUT", "_MSG_TIMED_OUT", "REQUEST_TIMED_OUT",
     "NOT_ENOUGH_REPLICAS", "NOT_ENOUGH_REPLICAS_AFTER_APPEND", "LEADER_NOT_AVAILABLE", "COORDINATOR_NOT_AVAILABLE",
     "NOT_LEADER_FOR_PARTITION", "FENCED_LEADER_EPOCH", "UNKNOWN_LEADER_EPOCH", "REPLICA_NOT_AVAILABLE",
     "BROKER_NOT_AVAILABLE", "NOT_COORDINATOR", "COORDINATOR_LOAD_IN_PROGRESS", "NOT_CONTROLLER", "NETWORK_EXCEPTION",
     "_TIMED_OUT_QUEUE", "_WAIT_COORD", "OFFSET_NOT_AVAILABLE", "_DESTROY_BROKER"}
)  # fmt: skip
_FENCED: Final = frozenset({"_FENCED", "PRODUCER_FENCED", "INVALID_PRODUCER_EPOCH"})
_NO_TOPIC: Final = frozenset({"_UNKNOWN_TOPIC", "_UNKNOWN_PARTITION", "UNKNOWN_TOPIC_OR_PART"})


def is_passing(name: str) -> bool:
    """Whether Kafka's error of this name goes by itself: a broker is away, or a partition moves to another."""
    return name in _AWAY


def is_missing(name: str) -> bool:
    """Whether Kafka's error of this name says that a topic or partition is not there."""
    return name in _NO_TOPIC


def is_refusal(name: str, text: str = "") -> bool:
    """Whether Kafka's error of this name and text is one that no retry helps, since we are not let in."""
    return _known_as(name, text) in _REFUSED


def said(settings: KafkaSettings, name: str, text: str) -> KafkaClientError:
    """The error for Kafka's error `name` (KafkaError.name()) with its own words `text`; holds no secret."""
    name = _known_as(name, text)
    where = f"Kafka at {', '.join(settings.bootstrap)}"
    who = f" (as {settings.username})" if settings.username and settings.security.startswith("sasl") else ""
    if name in _REFUSED:
        return KafkaRefusedError(f"{where} {_REFUSED[name]}{who}: {text}")
    if name in _FENCED:
        return FencedError(f"{where}: another process took over: {text}")
    if name in _NO_TOPIC:
        return KafkaTopicError(f"{where}: {text}; `tocsin scale plan --create` makes the topics")
    if name in _AWAY:
        return KafkaAwayError(f"{where} does not answer: {text}")
    return KafkaClientError(f"{where}: {text} ({name})")


def _known_as(name: str, text: str) -> str:
    """In TLS 1.3 our certificate is refused after the handshake, which librdkafka takes for a lost connection."""
    return "_SSL" if name == "_TRANSPORT" and "SSL alert" in text else name
