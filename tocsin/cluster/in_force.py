"""The newest version of the configuration, and what is made of it once."""

import threading

from alerts.ground import Ground
from tocsin.configuration import Configured
from tocsin.kafka.errors import KafkaTopicError
from tocsin.kafka.version_records import VersionHead
from tocsin.kafka.versions import Versions


class InForce:
    """Thread-safe; follows the topic `config` by itself whenever it is asked."""

    def __init__(self, versions: Versions) -> None:
        self.versions = versions
        self._lock = threading.Lock()
        self._now: tuple[VersionHead, Configured, Ground] | None = None

    def head(self) -> VersionHead:
        """KafkaTopicError where there is no version yet."""
        self.versions.refresh()
        head = self.versions.latest
        if head is None:
            raise KafkaTopicError("there is no version of the configuration yet: `tocsin bridge` puts the first")
        return head

    def configured(self) -> Configured:
        """KafkaClientError where it can't be read now."""
        return self._look()[1]

    def ground(self) -> Ground:
        """The same object as long as the version stays. KafkaClientError."""
        return self._look()[2]

    def version_at(self, at_ms: int) -> int:
        """The newest version that was put by then; the first where all came later. KafkaTopicError: there is none."""
        newest = self.head()
        return self.versions.number_at(at_ms) or newest.number

    def _look(self) -> tuple[VersionHead, Configured, Ground]:
        with self._lock:
            head = self.head()
            if self._now is None or self._now[0] != head:
                configured = self.versions.get(head.number)
                self._now = head, configured, configured.ground()
            return self._now
