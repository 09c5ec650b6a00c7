"""Everything of one service that writes to InfluxDB: raw readings and alarms, roll-ups, how things stand."""

from pathlib import Path

from plant.entries import Position
from plant.site import Site
from rules.events import AlarmEvent
from tocsin.book import BookReader
from tocsin.clock import Clock
from tocsin.followers.influx import InfluxFollower, InfluxSettings, LineSink, PointPrefixes, read_token
from tocsin.history.influxql import InfluxQl
from tocsin.history.remake import InfluxRows
from tocsin.history.rollup_follower import RollUpFollower
from tocsin.history.states.follower import StateFollower, Surroundings
from tocsin.log.files import make_directory
from tocsin.log.layout import BOOK, FOLLOWERS
from tocsin.runtime.core import Core


class History:
    """Followers of one log, each with a thread and a cursor of its own. `start`, `stop` once."""

    def __init__(self, settings: InfluxSettings, core: Core, first_site: Site, data: Path, clock: Clock) -> None:
        """`first_site` was in force when the service first started. InputError if the token can't be read."""
        from tocsin.followers.influx.client_sink import InfluxSink  # slow to load, and mostly not needed

        token = read_token(settings.token_file)
        self._states_sink: LineSink = InfluxSink(settings, token)
        self._settings, self._data, self._clock = settings, data, clock
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
            where_of=lambda event: _where(core, event),
        )
        self.followers: list[InfluxFollower | RollUpFollower | StateFollower] = [self.readings]
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

    def tell_of(self, around: Surroundings) -> None:
        """Have a follower write how things stand. Before `start`."""
        book, folder = self._data / BOOK, self._data / FOLLOWERS
        self.followers.append(StateFollower(book, self._states_sink, around, folder, self._clock, self._settings))

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


def _where(core: Core, event: AlarmEvent) -> tuple[str, str]:
    place = core.fold.ground.places.of(event.subject, event.enterprise)
    return place.unit, place.regions[0] if place.regions else ""
