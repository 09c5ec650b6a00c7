"""How often somebody may try to sign in: counts of the limits library, kept in the file of the accounts.

A restart forgets none of them, and they go by the clock that is given.
"""

import sqlite3
from enum import Enum
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import Storage
from limits.strategies import FixedWindowRateLimiter

from tocsin.accounts.schema import AccountsFile
from tocsin.clock import Clock

_PAIR: Final = RateLimitItemPerMinute(8, 15, "pair")
"""One account from one address."""
_ACCOUNT: Final = RateLimitItemPerMinute(60, 60, "account")
"""One account from anywhere: so many that a stranger does not easily lock its owner out."""
_ADDRESS: Final = RateLimitItemPerMinute(100, 15, "address")
"""Any accounts from one address: a whole centre may be behind it, at the change of shifts."""


class Standing(Enum):
    """What becomes of an attempt."""

    ALLOWED = "allowed"
    NOW_TOO_OFTEN = "now too often"
    """The first that is not allowed: worth a row of the trail."""
    TOO_OFTEN = "too often"


class Attempts:
    """Thread-safe."""

    def __init__(self, file: AccountsFile, clock: Clock) -> None:
        self._file = file
        self._limiter = FixedWindowRateLimiter(_Counts(file, clock))

    def begin(self, account: str, address: str) -> Standing:
        """Count an attempt, before it is looked at: several at a time don't slip through together."""
        with self._file.changing():
            for item, names in _keys(account, address):
                if not self._limiter.hit(item, *names):
                    over = self._limiter.storage.get(item.key_for(*names)) - item.amount
                    return Standing.NOW_TOO_OFTEN if over == 1 else Standing.TOO_OFTEN
        return Standing.ALLOWED

    def succeeded(self, account: str, address: str) -> None:
        """The owner is in: earlier slips from there don't count."""
        self._limiter.clear(_PAIR, account, network_of(address))


def _keys(account: str, address: str) -> list[tuple[RateLimitItem, tuple[str, ...]]]:
    network = network_of(address)
    return [(_ADDRESS, (network,)), (_PAIR, (account, network)), (_ACCOUNT, (account,))]


def network_of(address: str) -> str:
    """The address; of IPv6 its /64, for whoever has one has all of them."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped or ip_network((parsed, 64), strict=False))
    return str(parsed)


class _Counts(Storage):
    """Counts by key, each until its time is over."""

    STORAGE_SCHEME = None

    def __init__(self, file: AccountsFile, clock: Clock) -> None:
        super().__init__()
        self._file = file
        self._clock = clock

    @property
    def base_exceptions(self) -> type[Exception]:
        return sqlite3.Error

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        now_ms = self._clock.now_ms()
        with self._file.changing() as db:
            db.execute("DELETE FROM attempts WHERE expires_at <= ?", (now_ms,))
            db.execute(
                "INSERT INTO attempts VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET count = count + ?",
                (key, amount, now_ms + expiry * 1000, amount),
            )
            return int(db.execute("SELECT count FROM attempts WHERE key = ?", (key,)).fetchone()[0])

    def get(self, key: str) -> int:
        row = self._file.row("SELECT count FROM attempts WHERE key = ? AND expires_at > ?", key, self._clock.now_ms())
        return int(row[0]) if row else 0

    def get_expiry(self, key: str) -> float:
        row = self._file.row("SELECT expires_at FROM attempts WHERE key = ?", key)
        return (row[0] if row else self._clock.now_ms()) / 1000

    def check(self) -> bool:
        return True

    def reset(self) -> int:
        with self._file.changing() as db:
            return db.execute("DELETE FROM attempts").rowcount

    def clear(self, key: str) -> None:
        with self._file.changing() as db:
            db.execute("DELETE FROM attempts WHERE key = ?", (key,))
