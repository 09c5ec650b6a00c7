"""Writing that does not give up: waits out an outage, isolates the lines that the server will never take."""

import threading
from collections.abc import Sequence
from pathlib import Path

import structlog

from tocsin.followers.backoff import Backoff
from tocsin.followers.influx.rejects import RejectedLines
from tocsin.followers.influx.sink import LineSink, LinesRejectedError, SinkAwayError, SinkRefusesError


class Stopped(Exception):  # noqa: N818 - no error: somebody asked for it
    """The follower is to stop; the lines at hand are not known to be written."""


class PatientWriter:
    """Returns from `write` only when every line is in the sink or kept aside. One thread writes, others may look."""

    def __init__(
        self, sink: LineSink, backoff: Backoff, stopping: threading.Event, rejected: Path, what: str = "InfluxDB"
    ) -> None:
        """`what` is how the sink is called in the log."""
        self._what = what
        self._sink = sink
        self._backoff = backoff
        self._stopping = stopping
        self._report = structlog.get_logger("tocsin.followers.influx")
        self.rejected = RejectedLines(rejected)
        self.failures = 0
        self.refused = False
        self.trouble = ""

    def write(self, lines: Sequence[str]) -> None:
        """Write the lines in their order. Raises Stopped when asked to stop while the server is away."""
        while not self._stopping.is_set():
            try:
                self._sink.write(lines)
            except LinesRejectedError as error:
                self._well()
                if len(lines) == 1 or error.dropped == len(lines):
                    self._report.warning("lines rejected", lines=len(lines), reason=str(error))
                    self.rejected.keep(lines, str(error))
                else:
                    half = len(lines) // 2
                    self.write(lines[:half])
                    self.write(lines[half:])
                return
            except SinkRefusesError as error:
                self._ill(str(error), refused=True)
            except SinkAwayError as error:
                self._ill(str(error), refused=False, at_least_s=error.retry_after_s or 0.0)
            else:
                self._well()
                return
        raise Stopped

    def _ill(self, trouble: str, *, refused: bool, at_least_s: float = 0.0) -> None:
        if not self.trouble or refused != self.refused:
            self._report.warning(f"{self._what} refuses us" if refused else f"{self._what} is away", reason=trouble)
        self.failures += 1
        self.trouble, self.refused = trouble, refused
        # A server's wish is heard, but not beyond a minute: a wrong header must not stop history for a day.
        self._stopping.wait(max(self._backoff.next_s(), min(at_least_s, 60.0)))

    def _well(self) -> None:
        if self.trouble:
            self._report.info(f"{self._what} is back", failures=self.failures)
        self.trouble, self.refused = "", False
        self._backoff.reset()
