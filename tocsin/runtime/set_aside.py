"""What was not taken in: the quarantine and the unknown devices, kept in the data folder."""

from collections.abc import Callable
from pathlib import Path

import structlog

from ingest import quarantine_store, unknown_store
from ingest.quarantine import Quarantine
from ingest.unknown import UnknownDevices
from tocsin.clock import Clock
from tocsin.log.layout import QUARANTINE, UNKNOWN

_log = structlog.get_logger(__name__)


class SetAside:
    """Both, as the gates of one service fill them. For the event loop's thread; a file that can't be understood, or
    written, stops nothing."""

    def __init__(self, data: Path, clock: Clock) -> None:
        self.quarantine = Quarantine()
        self.unknown = UnknownDevices()
        self._data = data
        self._clock = clock
        self._saved_counts: dict[str, int] = {}
        self._saved_unknown = 0

    def restore(self) -> None:
        """Take over what an earlier process saved."""
        _tried("quarantine_unreadable", self._restore_quarantine, ValueError)
        _tried("unknown_devices_unreadable", self._restore_unknown, ValueError)

    def save(self) -> None:
        """Write what has changed since the last time."""
        if self.quarantine.counts != self._saved_counts:
            _tried("quarantine_not_saved", self._save_quarantine, OSError)
        if self.unknown.changed != self._saved_unknown:
            _tried("unknown_devices_not_saved", self._save_unknown, OSError)

    def _restore_quarantine(self) -> None:
        saved = quarantine_store.load(self._data / QUARANTINE)
        if saved is not None:
            self.quarantine.restore(saved.entries, saved.counts)

    def _restore_unknown(self) -> None:
        saved = unknown_store.load(self._data / UNKNOWN)
        if saved is not None:
            self.unknown.restore(saved.devices)

    def _save_quarantine(self) -> None:
        quarantine_store.save(self.quarantine, self._data / QUARANTINE, self._clock.now_ms())
        self._saved_counts = dict(self.quarantine.counts)

    def _save_unknown(self) -> None:
        unknown_store.save(self.unknown, self._data / UNKNOWN, self._clock.now_ms())
        self._saved_unknown = self.unknown.changed


def _tried(what: str, step: Callable[[], None], expected: type[Exception]) -> None:
    try:
        step()
    except expected as error:
        _log.warning(what, error=str(error))
