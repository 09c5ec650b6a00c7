"""Passwords: which are taken, and how they are kept."""

import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from tocsin.accounts.refusals import Reason, RefusedError

LEAST_LENGTH: Final = 12
_MOST_LENGTH: Final = 256
_LEAST_DIFFERENT: Final = 5

_MEMORY_KIB: Final = 19_456
_ITERATIONS: Final = 2
_LANES: Final = 1
"""Argon2id with 19 MiB, two passes, one lane: the least that OWASP's Password Storage Cheat Sheet recommends first.
More would be taken from the machine that also decides alarms. Passwords kept with other parameters are kept anew when
their owner signs in."""
_AT_ONCE: Final = 2
"""A flood of sign-ins computes so many at a time."""
_MOST_WAITING: Final = 8
"""Beyond, a sign-in is sent away at once: those who wait hold threads that others need."""


class Passwords:
    """Thread-safe."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=_ITERATIONS, memory_cost=_MEMORY_KIB, parallelism=_LANES)
        self._turns = threading.BoundedSemaphore(_AT_ONCE)
        self._room = threading.BoundedSemaphore(_AT_ONCE + _MOST_WAITING)
        self._nobodys = self.keep("nobody's password")

    def keep(self, password: str) -> str:
        """What is stored of a password. This and `holds` are refused with OFTEN where too many wait."""
        with self._turn():
            return self._hasher.hash(normal(password))

    def holds(self, kept: str | None, password: str) -> bool:
        """Whether it is the one. Where there is none it takes as long to say no."""
        with self._turn():
            try:
                right = self._hasher.verify(kept or self._nobodys, normal(password)[: 4 * _MOST_LENGTH])
            except (VerificationError, InvalidHashError):
                return False
        return right and kept is not None

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._room.acquire(blocking=False):
            raise RefusedError(Reason.OFTEN)
        try:
            with self._turns:
                yield
        finally:
            self._room.release()

    def is_old(self, kept: str) -> bool:
        """Whether it was kept with other parameters than these."""
        return self._hasher.check_needs_rehash(kept)


def check_password(password: str, user: str) -> None:
    """RefusedError for one that is easily guessed. Length counts, not kinds of characters."""
    given = normal(password)
    if len(given) < LEAST_LENGTH:
        raise RefusedError(Reason.PASSWORD_SHORT, str(LEAST_LENGTH))
    if len(given) > _MOST_LENGTH:
        raise RefusedError(Reason.PASSWORD_LONG, str(_MOST_LENGTH))
    rest = given.casefold().replace(user.casefold(), "") if user else given
    if len(set(given)) < _LEAST_DIFFERENT or len(rest) < LEAST_LENGTH // 2:
        raise RefusedError(Reason.PASSWORD_SIMPLE)


def normal(password: str) -> str:
    """The same password from every keyboard: full width and half width, composed and not, are one (NFKC)."""
    return unicodedata.normalize("NFKC", password)
