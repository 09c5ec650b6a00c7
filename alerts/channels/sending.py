"""What is common to sending a notice as one or several short messages."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import replace

from alerts.channels.phone import masked
from alerts.channels.port import ANSWER_BYTES, Outcome

_KEPT = 1000


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


def told(text: str) -> str:
    """What a provider said, as it may be kept: telephone numbers masked, no more than ANSWER_BYTES in UTF-8."""
    return masked(text).encode()[:ANSWER_BYTES].decode("utf-8", "ignore")
