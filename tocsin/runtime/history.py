"""Everything of one service that writes to InfluxDB: raw readings and alarms, roll-ups."""

from pathlib import Path

from plant.entries import Position
from plant.site import Site
from tocsin.book import BookReader
from tocsin.clock import Clock
from tocsin.followers.influx import InfluxFollower, InfluxSettings, PointPrefixes, read_token
from tocsin.history.influxql import InfluxQl
from tocsin.history.remake import InfluxRows
from tocsin.history.rollup_follower import RollUpFollower
from tocsin.log.files import make_directory
from tocsin.log.layout import BOOK, FOLLOWERS
from tocsin.runtime.core import Core


class History:
    """Followers of one log, each with a thread and a cursor of its own. `start`, `stop` once."""

    def __init__(self, settings: InfluxSettings, core: Core, first_site: Site, data: Path, clock: Clock) -> None:
        """`first_site` was in force when the service first started. InputError if the token can't be read."""
        from tocsin.followers.influx.client_sink import InfluxSink  # slow to load, and mostly not needed

        token = read_token(settings.token_file)
        ids = core.registry.registry.ids
        folder = data / FOLLOWERS
        make_directory(folder)

        def prefixes(digest: str, measurement: str = "reading") -> PointPrefixes:
            try:
                return PointPrefixes(ids, core.resolve(digest).site if digest else first_site, measurement)
            except LookupError:
                return PointPrefixes(ids, None, measurement)

        self.readings = InfluxFollower(
            core.journal,
            BookReader.open_for_reading(data / BOOK),
            InfluxSink(settings, token),
            prefixes,
            folder,
            clock,
            settings,
        )
        self.followers: list[InfluxFollower | RollUpFollower] = [self.readings]
        self._asked: InfluxQl | None = None
        if settings.rollups:
            self._asked = InfluxQl(settings, token)
            self.followers.append(
                RollUpFollower(
                    core.journal,
                    lambda: self.readings.written,
                    InfluxSink(settings, token, settings.of_minutes),
                    InfluxSink(settings, token, settings.of_hours),
                    InfluxRows(self._asked, settings.bucket, ids),
                    prefixes,
                    folder,
                    clock,
                    settings,
                )
            )

    @property
    def position(self) -> Position:
        """All entries before this are safely in InfluxDB in every form: the log may drop them."""
        return min(follower.position for follower in self.followers)

    def start(self) -> None:
        """Begin to follow; returns at once, also while the server is away."""
        for follower in self.followers:
            follower.start()

    def stop(self, timeout_s: float) -> None:
        """Stop all, each within so long; what is unwritten waits in the log."""
        for follower in self.followers:
            follower.stop(timeout_s)
        if self._asked is not None:
            self._asked.close()
