"""What is published: devices of enterprises that report in turn; a few of them go over their limits and back."""

from dataclasses import dataclass

import numpy as np

from benchmarks.wire import publish

ALARMING_EVERY = 47
"""One device in so many goes over its limit; no divisor of the enterprises, so that it is one in many of them."""
EPISODE = 5
"""For so many of its messages in a row, then as many below."""

_NORMAL = np.round(12 + np.random.default_rng(1).normal(0, 1.5, 997), 2).tolist()
_HIGH = 60.0


@dataclass(frozen=True, slots=True)
class Load:
    """`devices` report in turn, each the same `keys` points in every message.

    Names are D000 ... and D000-P00 ...; devices are dealt out to `enterprises`, E00 ...
    """

    devices: int
    keys: int
    enterprises: int = 1

    def topic(self, device: int) -> bytes:
        return b"tocsin/v1/E%02d/D%03d/up" % (self.enterprise(device), device)

    def enterprise(self, device: int) -> int:
        return device % self.enterprises

    def message(self, n: int, ts_ms: int) -> bytes:
        """The n-th message of all: a whole PUBLISH packet."""
        device, turn = n % self.devices, n // self.devices
        return self.message_of(device, turn, n, ts_ms)

    def message_of(self, device: int, turn: int, n: int, ts_ms: int) -> bytes:
        """The message of one device in its turn-th round; `n` gives the packet id."""
        over = device % ALARMING_EVERY == 0 and turn // EPISODE % 2
        first = (n * 31) % 997
        values = b",".join(
            b'"D%03d-P%02d":%s'
            % (device, key, repr(_HIGH if over and not key else _NORMAL[(first + key) % 997]).encode())
            for key in range(self.keys)
        )
        return publish(self.topic(device), n % 65_000 + 1, b'{"ts":%d,"values":{%s}}' % (ts_ms, values))

    def chunks(self, messages: int, first_turn: int, newest_ms: int, size: int) -> list[tuple[bytes, int]]:
        """(packets, how many) for writes of `size` messages; every round of the devices is a second later."""
        turns = -(-messages // self.devices)
        made = []
        for start in range(0, messages, size):
            count = min(size, messages - start)
            parts = [
                self.message(first_turn * self.devices + n, newest_ms - (turns - n // self.devices) * 1000)
                for n in range(start, start + count)
            ]
            made.append((b"".join(parts), count))
        return made
