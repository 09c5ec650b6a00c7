"""The sink on influxdb-client. Imported only where InfluxDB is configured: its client takes half a second to load."""

import math
import re
from collections.abc import Sequence

import urllib3
from influxdb_client.client.exceptions import InfluxDBError
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.domain.write_precision import WritePrecision

from tocsin.followers.influx.settings import InfluxSettings
from tocsin.followers.influx.sink import LinesRejectedError, SinkAwayError, SinkError, SinkRefusesError

_DROPPED = re.compile(r"dropped=(\d+)")
_LINES_AT_FAULT = (400, 413, 422)
_US_AT_FAULT = (401, 403, 404, 405)


class InfluxSink:
    """Writes through influxdb-client, synchronously: its background batching drops what it can't deliver."""

    def __init__(self, settings: InfluxSettings, token: str, bucket: str = "") -> None:
        """`bucket`: another one than that of the settings."""
        self._bucket = bucket or settings.bucket
        # Only version 2 has organisations; the client wants one, and 1.8 and 3 look at none.
        self._org = settings.org or "-"
        self._client = InfluxDBClient(
            url=settings.url,
            token=token,
            org=self._org,
            timeout=round(settings.timeout_s * 1000),
            enable_gzip=settings.gzip,
            ssl_ca_cert=str(settings.ca_file) if settings.ca_file else None,
        )
        self._api = self._client.write_api(write_options=SYNCHRONOUS)

    def write(self, lines: Sequence[str]) -> None:
        body = "\n".join(lines).encode()
        try:
            self._api.write(self._bucket, self._org, body, WritePrecision.NS)  # type: ignore[arg-type]
        except InfluxDBError as error:
            raise _judge(error) from error
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise SinkAwayError(f"{type(error).__name__}: {error}") from error

    def close(self) -> None:
        self._api.close()  # type: ignore[no-untyped-call]
        self._client.close()  # type: ignore[no-untyped-call]


def _judge(error: InfluxDBError) -> SinkError:
    status = getattr(error, "status", None)
    message = f"HTTP {status}: {error.message}"
    if status in _LINES_AT_FAULT:
        dropped = _DROPPED.search(str(error.message))
        return LinesRejectedError(message, int(dropped[1]) if dropped else None)
    if status in _US_AT_FAULT:
        return SinkRefusesError(message)
    return SinkAwayError(message, _seconds(error.retry_after))


def _seconds(retry_after: str | None) -> float | None:
    """The header's seconds; None where it is missing or a date."""
    try:
        seconds = float(retry_after) if retry_after else math.nan
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None
