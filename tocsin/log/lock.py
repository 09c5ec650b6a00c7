"""The write lock of a journal: one writer for a folder, known by its process id."""

import fcntl
import os
from pathlib import Path

from tocsin.log.errors import LogLockedError

FILE_NAME = "lock"


class WriteLock:
    """Held from construction to `release`, at the latest until the process ends, however it ends."""

    def __init__(self, directory: Path) -> None:
        """LogLockedError with the holder's process id if somebody else holds it."""
        self._fd = os.open(directory / FILE_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self._fd, 20, 0).strip()
            os.close(self._fd)
            raise LogLockedError(directory, int(holder) if holder.isdigit() else None) from None
        os.ftruncate(self._fd, 0)
        os.pwrite(self._fd, b"%d\n" % os.getpid(), 0)

    def release(self) -> None:
        """Give it up; once is enough, more does no harm."""
        if self._fd >= 0:
            os.ftruncate(self._fd, 0)
            os.close(self._fd)
            self._fd = -1
