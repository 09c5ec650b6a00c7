"""`[kafka]`: the Kafka over which bridges, workers, the notifier and followers share the work."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from tocsin.settings.base import Model


class KafkaSettings(Model):
    """Left out: everything runs in one process over its own journal."""

    bootstrap: Annotated[tuple[str, ...], Field(min_length=1)]
    """host:port of some of the brokers."""
    prefix: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{0,64}$")] = "tocsin."
    """Before the names of all topics, groups and transactional ids: several sites may share a Kafka."""
    partitions: Annotated[int, Field(ge=1, le=1024)] = 8
    """Of `readings`. It decides where an enterprise's readings go, so it never changes once there are topics."""
    replication: Annotated[int, Field(ge=1, le=9)] = 3
    """Copies of each partition; a write waits for all but one of them (min.insync.replicas)."""
    security: Literal["plaintext", "tls", "sasl_plaintext", "sasl_tls"] = "plaintext"
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    sasl: Literal["plain", "scram_sha_256", "scram_sha_512"] = "scram_sha_512"
    username: Annotated[str, Field(min_length=1)] | None = None
    password_file: Path | None = None
    """A file of one line."""
    linger_ms: Annotated[int, Field(ge=10, le=1000)] = 50
    """Readings of a partition that come within this time make one record."""
    session_s: Annotated[float, Field(ge=1, le=300)] = 6.0
    """A bridge or worker that is not heard for so long is taken for dead; brokers allow 6 s or more by default."""
    retention_days: Annotated[float, Field(gt=0)] = 7.0
    """Of `readings`, `spanning` and `alarms`, when topics are made; the steps of the alarm book are kept for good."""
    checkpoint_s: Annotated[float, Field(gt=0)] = 30.0
    """How often a worker writes the state of each of its partitions."""

    @field_validator("bootstrap", mode="before")
    @classmethod
    def _one_or_several(cls, given: object) -> object:
        return [part.strip() for part in given.split(",")] if isinstance(given, str) else given

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.security.startswith("sasl") and (self.username is None or self.password_file is None):
            raise ValueError("sasl needs username and password_file")
        if (self.cert_file is None) != (self.key_file is None):
            raise ValueError("cert_file and key_file go together")
        return self
