"""A journal on disk and what follows it into a real InfluxDB, each bucket with a name of its own."""

from dataclasses import dataclass
from pathlib import Path

from support.influx import BUCKET, ORG, TOKEN, InfluxServer
from support.memory_events import MemoryEvents
from support.waiting import eventually

from plant.site import Site
from tocsin.clock import SystemClock
from tocsin.followers.influx import InfluxFollower, InfluxSettings, PointPrefixes
from tocsin.followers.influx.client_sink import InfluxSink
from tocsin.history.influxql import InfluxQl
from tocsin.history.remake import InfluxRows
from tocsin.history.rollup_follower import RollUpFollower
from tocsin.log.port import LogReader


def influx_settings(server: InfluxServer, folder: Path, bucket: str = BUCKET, **changes: object) -> InfluxSettings:
    """Settings with the test token in a file in `folder`, quick to try again."""
    token = folder / "token"
    token.write_text(TOKEN)
    return InfluxSettings.model_validate(
        {
            "url": server.url,
            "org": ORG,
            "bucket": bucket,
            "token_file": token,
            "raw_days": 0,
            "interval_s": 0.02,
            "backoff_min_s": 0.02,
            "backoff_max_s": 0.1,
            **changes,
        }
    )


def make_buckets(server: InfluxServer, bucket: str) -> None:
    for name in (bucket, f"{bucket}_1m", f"{bucket}_1h"):
        server.make_bucket(name)


@dataclass
class Following:
    """Both followers of a log."""

    raw: InfluxFollower
    rollups: RollUpFollower
    asked: InfluxQl

    def start(self) -> None:
        self.raw.start()
        self.rollups.start()

    def caught_up(self, log: LogReader, within_s: float = 60.0) -> bool:
        """Whether both have all of the log in time, what came late too."""
        return eventually(
            lambda: self.raw.written == log.end and self.rollups.status().position == log.end and self.rollups.is_idle,
            within_s,
        )

    def stop(self) -> None:
        self.raw.stop()
        self.rollups.stop()
        self.asked.close()


def follow(
    log: LogReader, ids: list[str], folder: Path, settings: InfluxSettings, site: Site | None = None
) -> Following:
    """The two followers, not started."""
    folder.mkdir(exist_ok=True)
    asked = InfluxQl(settings, TOKEN)

    def prefixes(_: str, measurement: str = "reading") -> PointPrefixes:
        return PointPrefixes(ids, site, measurement)

    raw = InfluxFollower(log, MemoryEvents(), InfluxSink(settings, TOKEN), prefixes, folder, SystemClock(), settings)
    rollups = RollUpFollower(
        log,
        lambda: raw.written,
        InfluxSink(settings, TOKEN, settings.of_minutes),
        InfluxSink(settings, TOKEN, settings.of_hours),
        InfluxRows(asked, settings.bucket, ids),
        prefixes,
        folder,
        SystemClock(),
        settings,
    )
    return Following(raw, rollups, asked)
