"""Whether the workers decide what the logs hold, and the notifier books it: seen from how far they have come."""

from typing import Any, Final

from tocsin.book import BookReader
from tocsin.book.schema import BookError
from tocsin.clock import Clock
from tocsin.database import DATABASE_ERRORS, Place
from tocsin.kafka.errors import KafkaClientError
from tocsin.kafka.group_progress import WRITTEN, GroupProgress
from tocsin.kafka.topics import LogPlace, Topics
from tocsin.settings.kafka import KafkaSettings

STILL_S: Final = 15.0
"""Each log has an entry a second at least: commits that stand still for so long are nobody's who decides."""
_ASK_S: Final = 3.0


class ClusterProbe:
    """Implements tocsin.records.port.Probe."""

    def __init__(self, settings: KafkaSettings, book: Place, clock: Clock) -> None:
        self._settings = settings
        self._topics = Topics.of(settings)
        self._book = book
        self._clock = clock
        self._decided = GroupProgress(settings, WRITTEN, _ASK_S)
        self._moved: dict[str, tuple[int, float]] = {}
        """By check: how far it has come, and when it was seen to move."""

    def ask(self) -> dict[str, Any] | None:
        """None where Kafka does not answer."""
        try:
            decided = self._decided.ask()
        except KafkaClientError:
            return None
        logs = {
            f"{topic} [{n}]": decided.get(LogPlace(topic, n), 0)
            for topic, n in map(self._topics.log_of, self._topics.shards)
        }
        still = {f"deciding {name}": self._still_s(name, at) for name, at in logs.items()}
        said = {name: f"nothing decided for {s:.0f} s" for name, s in still.items() if s > STILL_S}
        if why := self._notifier():
            said["notifier"] = why
        checks = {name: name not in said for name in (*still, "notifier")}
        return {"ready": not said, "reasons": [f"{name}: {why}" for name, why in said.items()], "checks": checks}

    def close(self) -> None:
        self._decided.close()

    def _notifier(self) -> str:
        """Why it can't be said to book what is decided; the second stage tells its clock each second."""
        try:
            book = BookReader.open_for_reading(self._book)
            try:
                still_s = self._still_s("notifier", book.position)
            finally:
                book.close()
        except (BookError, OSError, *DATABASE_ERRORS) as error:
            return str(error)
        return f"nothing booked for {still_s:.0f} s" if still_s > STILL_S else ""

    def _still_s(self, name: str, at: int) -> float:
        now_s = self._clock.monotonic_s()
        before = self._moved.get(name)
        if before is None or before[0] != at:
            self._moved[name] = at, now_s
            return 0.0
        return now_s - before[1]
