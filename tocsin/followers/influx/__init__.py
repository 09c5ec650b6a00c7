"""History in InfluxDB: readings and alarm events, written behind the alarm path and in its order."""

from tocsin.followers.influx.follower import EventFeed, InfluxFollower, PrefixesOfSite
from tocsin.followers.influx.lines import PointPrefixes
from tocsin.followers.influx.settings import InfluxSettings, read_token
from tocsin.followers.influx.sink import LineSink

__all__ = [
    "EventFeed",
    "InfluxFollower",
    "InfluxSettings",
    "LineSink",
    "PointPrefixes",
    "PrefixesOfSite",
    "read_token",
]
