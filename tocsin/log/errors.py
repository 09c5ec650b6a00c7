"""What can go wrong with the log, beside `LogFullError` of the port."""

from pathlib import Path


class LogLockedError(RuntimeError):
    """Somebody else writes this journal. Only stopping that process can help."""

    def __init__(self, directory: Path, holder_pid: int | None) -> None:
        self.directory = directory
        self.holder_pid = holder_pid
        holder = f"process {holder_pid}" if holder_pid is not None else "another process"
        super().__init__(f"{directory}: {holder} already writes this journal, allowed is one writer")


class LogBrokenError(OSError):
    """A write or sync failed in a way that leaves the disk's content unknown. Open the journal anew to go on."""


class LogCorruptError(Exception):
    """Bytes that were written whole can't be read back. A retry can't help; a backup or a salvage can."""

    def __init__(self, path: Path, offset: int, reason: str) -> None:
        self.path = path
        self.offset = offset
        self.reason = reason
        super().__init__(f"{path}:{offset}: {reason}")


class CodecError(ValueError):
    """An entry that can't be turned into bytes, or bytes that this version of Tocsin can't turn into an entry."""
