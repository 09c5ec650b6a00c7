"""What is common to sending a notice as one or several short messages."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from alerts.channels.phone import masked, mobile
from alerts.channels.port import ANSWER_BYTES, Outcome, Receipt, Reply

_KEPT = 1000

_R = TypeVar("_R", bound=tuple[str, str])


class Parts:
    """Which messages of a notice have been accepted, so that trying again sends only those that have not.

    Kept for the last 1,000 notices that failed in part, and lost with the process: then all are sent again.
    """

    def __init__(self) -> None:
        self._accepted: OrderedDict[str, list[str]] = OrderedDict()

    async def send(self, notice_id: str, count: int, send: Callable[[int], Awaitable[Outcome]]) -> Outcome:
        """Send message 0 to count - 1 of a notice, up to the first that fails; provider ids are joined by commas."""
        ids = self._accepted.pop(notice_id, [])
        outcome = Outcome(True, receipt="pending")
        for n in range(len(ids), count):
            outcome = await send(n)
            if not outcome.delivered:
                if ids:
                    self._accepted[notice_id] = ids
                    while len(self._accepted) > _KEPT:
                        self._accepted.popitem(last=False)
                return outcome
            ids.append(outcome.provider_id)
        return replace(outcome, provider_id=",".join(ids))


class Turns:
    """Takes turns where the provider is asked for each message: those without news must not keep others waiting."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._next = 0

    def take(self, pending: Sequence[tuple[str, str, int]]) -> list[tuple[str, str, int]]:
        """The next `most` of them at most, beginning after the last ones that were taken."""
        begin = self._next if self._next < len(pending) else 0
        self._next = begin + self._most
        return list(pending[begin : begin + self._most])


class Inbox:
    """What people have sent back over a channel, numbered so that each reply has an id of its own."""

    def __init__(self, channel: str) -> None:
        self._channel = channel
        self._taken = 0

    def take(
        self, received: list[_R], now_ms: int, dialled: Callable[[str], str] = lambda source: source
    ) -> list[Reply]:
        """Empties `received`, (source, text) each; `dialled` makes a source a number as people write it."""
        found = []
        while received:
            source, text = received.pop(0)
            self._taken += 1
            try:
                phone = mobile(dialled(source))
            except ValueError:
                continue  # an advertisement's or a service's number
            found.append(Reply(f"{self._channel}:{phone}:{now_ms}:{self._taken}", phone, text, now_ms))
        return found


def receipts_of(
    pending: Sequence[tuple[str, str, int]], states: Mapping[str, tuple[bool, str]], now_ms: int
) -> list[Receipt]:
    """Receipts of notices from the states of their messages (whether each arrived, and what the network said): one
    that did not arrive makes the notice undelivered, all that did make it delivered.
    """
    found = []
    for provider_id, phone, _ in pending:
        wanted = provider_id.split(",")
        known = [state for message_id in wanted if (state := states.get(message_id)) is not None]
        failed = next((text for arrived, text in known if not arrived), None)
        if failed is not None:
            found.append(Receipt(provider_id, False, now_ms, failed, phone))
        elif len(known) == len(wanted):
            found.append(Receipt(provider_id, True, now_ms, known[-1][1], phone))
    return found


def told(text: str) -> str:
    """What a provider said, as it may be kept: telephone numbers masked, no more than ANSWER_BYTES in UTF-8."""
    return masked(text).encode()[:ANSWER_BYTES].decode("utf-8", "ignore")


def number_of(phone: str) -> str:
    """A mobile number in E.164; empty where the contact has none any more."""
    try:
        return mobile(phone)
    except ValueError:
        return ""
