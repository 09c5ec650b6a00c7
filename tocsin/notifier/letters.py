"""Records that could not be read, as the topic `dead-letters` tells of them, and what that comes to (pure)."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from tocsin.kafka.topics import Topics
from tocsin.notifier.shard_marks import subject_of
from tocsin.selftest.watch import Delays, Finding, Key

DEAD_LETTERS: Final = "tocsin.dead-letters"
_REASON_CHARS: Final = 200


class Letter(NamedTuple):
    """Where the record stood, and why it could not be taken."""

    topic: str
    partition: int
    offset: str
    reason: str


class Letters:
    """Those of the last time, by what they are about: the log of a shard, or another topic."""

    def __init__(self, topics: Topics, shown_s: float) -> None:
        """A finding stands until none has come for `shown_s`."""
        self._topics = topics
        self._shown_s = shown_s
        self._last: dict[str, tuple[float, int, Letter]] = {}
        """When the last one came, how many there were, and that one."""

    def take(self, now_s: float, letters: Sequence[Letter]) -> dict[Key, Finding]:
        """What is found, with those that came now."""
        self._last = {about: known for about, known in self._last.items() if now_s - known[0] < self._shown_s}
        for letter in letters:
            about = self._about(letter)
            _, count, _ = self._last.get(about, (now_s, 0, letter))
            self._last[about] = (now_s, count + 1, letter)
        return {
            (DEAD_LETTERS, about): Finding("orange", _reason(count, letter))
            for about, (_, count, letter) in self._last.items()
        }

    def _about(self, letter: Letter) -> str:
        try:
            return subject_of(self._topics.shard_at(letter.topic, letter.partition))
        except ValueError:
            return letter.topic.removeprefix(self._topics.prefix) or "unknown"


def delays_of_letters() -> dict[str, Delays]:
    """By rule."""
    return {DEAD_LETTERS: Delays(0.0, 0.0)}


def _reason(count: int, letter: Letter) -> str:
    where = f"{letter.topic} [{letter.partition}] at {letter.offset}"
    return f"records that can't be read: {count}, the last {where}: {letter.reason[:_REASON_CHARS]}"
