"""What may go wrong that is nobody's slip in the program: said on one line."""

from typing import Final

from alerts.channels.guard import ForbiddenTargetError
from tocsin.book import BookError
from tocsin.grafana.errors import GrafanaError
from tocsin.kafka.errors import KafkaClientError
from tocsin.log.archive import BackupError
from tocsin.log.errors import LogCorruptError, LogLockedError

KNOWN: Final = (
    BackupError,
    BookError,
    ForbiddenTargetError,
    GrafanaError,
    KafkaClientError,
    LogCorruptError,
    LogLockedError,
)
