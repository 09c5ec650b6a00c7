"""`tocsin influx setup`, `backfill` and `check`, on InfluxDB 2 and on stand-ins of 1.8 and 3."""

import contextlib
import io
import math
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from support.history import make_buckets
from support.influx import ORG, TOKEN, InfluxServer, influx  # noqa: F401 - a fixture
from support.influx_standins import Standin, standin
from support.rolled import StoredInMemory, expected

from plant.batch import Batch
from plant.entries import Entry, Readings, Tick
from tocsin.cli.app import main
from tocsin.configuration import read_configuration
from tocsin.history.buckets import HOUR_MS, MINUTE_MS
from tocsin.init import write_example
from tocsin.runtime.core import Core

START_MS = 1_700_002_800_000
HOURS = 2
VERSIONS = {"1": "tests:only-for-tests", "2": TOKEN, "3": "apiv3_only-for-tests"}


class Place:
    """A folder with settings, a site, and a journal of two hours: late readings, doubles and bad ones in it."""

    def __init__(self, folder: Path, url: str, version: str, bucket: str) -> None:
        self.bucket = bucket
        self.config = folder / "tocsin.toml"
        (folder / "token").write_text(VERSIONS[version])
        org = f'org = "{ORG}"\n' if version == "2" else ""
        self.config.write_text(
            f'site = "site"\ndata = "data"\n[influx]\nurl = "{url}"\nversion = "{version}"\n{org}'
            f'bucket = "{bucket}"\ntoken_file = "token"\nraw_days = 0\nminute_days = 9000\nbatch_lines = 700\n'
        )
        write_example(folder / "site")
        self.data = folder / "data"
        core = Core.open(self.data, read_configuration(folder / "site"), (), START_MS + 5_000)
        self.numbers = [core.registry.registry.number_of(name) for name in ("E001-GAS-01", "E002-SPARK-01")]
        self.entries = list(self._entries())
        position = core.append(self.entries)
        for commit in core.decide(list(enumerate(self.entries, position))):
            core.record(commit)
        core.close()

    def _entries(self) -> Iterator[Entry]:
        gas, spark = self.numbers
        assert gas is not None
        assert spark is not None
        for second in range(10, HOURS * 3600, 5):
            at = START_MS + second * 1000
            rows = [(gas, at, 12 + 20 * math.sin(second / 300), 2 if second % 700 == 0 else 0)]
            if second % 900 == 0:
                rows += [(spark, at, 1.0, 0), (gas, at - 700_000, 3.25, 1), rows[0]]
            yield Readings(at + 100, Batch.of(rows))
        yield Tick(START_MS + HOURS * HOUR_MS + MINUTE_MS)

    def run(self, *arguments: str) -> tuple[int, str]:
        """(exit code, what was said). In this process: starting another one takes longer than the work."""
        said = io.StringIO()
        call = ["tocsin", "influx", *arguments, "--config", str(self.config)]
        with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            patch.setattr(sys, "argv", call)
            with pytest.raises(SystemExit) as ended:
                main()
        assert isinstance(ended.value.code, int)
        return ended.value.code, said.getvalue()


@pytest.fixture(scope="module", params=["1", "2", "3"])
def place(
    request: pytest.FixtureRequest,
    influx: InfluxServer,  # noqa: F811
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Place, Standin | None, InfluxServer]]:
    version: str = request.param
    with ExitStack() as stack:
        other = None if version == "2" else stack.enter_context(standin(version, VERSIONS[version], influx))
        folder = tmp_path_factory.mktemp(f"influx{version}")
        yield Place(folder, other.url if other else influx.url, version, f"history{version}"), other, influx


def test_setup_fill_check(place: tuple[Place, Standin | None, InfluxServer]) -> None:
    """In this order, on one server of each version."""
    here, other, server = place
    code, said = here.run("setup")
    assert code == 0, said
    assert said.count("made, keeps") == 3
    assert f"{here.bucket}_1m: made, keeps for 9000 days" in said
    assert "at most" in said
    code, said = here.run("setup")
    assert (code, said.count("is there")) == (0, 3), said

    code, said = here.run("backfill")
    assert code == 0, said
    assert "2 hours" not in said.split(":")[0]
    code, said = here.run("check")
    assert code == 0, said
    assert "2 hours: 0 differences" in said

    raw = StoredInMemory(enumerate(here.entries)).all()
    for measurement, bucket, width in (("reading_1m", "_1m", MINUTE_MS), ("reading_1h", "_1h", HOUR_MS)):
        wanted = expected(raw, width, START_MS + HOURS * HOUR_MS, START_MS)
        rows = server.query(f"SELECT readings, min, max, last FROM {measurement}", here.bucket + bucket)
        assert len(rows) == len(wanted)
        assert sorted(float(str(row["readings"])) for row in rows) == sorted(
            cell["readings"] for cell in wanted.values()
        )
    spans = server.query("SELECT alarm, ended_at, unit FROM alarm_span", here.bucket)
    assert spans
    assert other is None or not other.refused

    first = START_MS * 1_000_000
    delete = {"start": "1970-01-01T00:00:00Z", "stop": "2100-01-01T00:00:00Z", "predicate": '_measurement="reading_1h"'}
    headers = {"Authorization": f"Token {TOKEN}"}
    params = {"org": ORG, "bucket": f"{here.bucket}_1h"}
    httpx.post(f"{server.url}/api/v2/delete", params=params, json=delete, headers=headers).raise_for_status()
    line = f"reading,point=E001-GAS-01,enterprise=E001 value=1000.0,quality=0i {first + 1}"
    params = {"org": ORG, "bucket": here.bucket}
    httpx.post(f"{server.url}/api/v2/write", params=params, content=line, headers=headers).raise_for_status()
    code, said = here.run("check")
    assert code == 1
    assert "reading E001-GAS-01 2023-11-14T23:00Z" in said
    assert "reading_1h E001-GAS-01" in said
    assert "reading_1m" not in said.split("series")[0]


def test_a_back_fill_once_more_changes_nothing(influx: InfluxServer, tmp_path: Path) -> None:  # noqa: F811
    here = Place(tmp_path, influx.url, "2", "twice")
    code, said = here.run("check")
    assert code == 2, said
    assert "InfluxDB: HTTP 200: database not found: twice" in said
    make_buckets(influx, "twice")
    code, said = here.run("check")
    assert code == 1, said
    assert "reading E001-GAS-01" in said
    assert "stored 0, 0, 0.0" in said
    hour = START_MS + HOUR_MS
    assert here.run("backfill", "--from", str(hour))[0] == 0
    code, said = here.run("check", "--from", str(hour))
    assert code == 0, said
    assert "1 hours: 0 differences" in said
    for _ in range(2):
        assert here.run("backfill")[0] == 0
    assert here.run("check")[0] == 0


def test_setup_says_where_a_bucket_keeps_for_another_time(
    influx: InfluxServer,  # noqa: F811
    tmp_path: Path,
) -> None:
    for version in ("1", "2"):
        with ExitStack() as stack:
            other = None if version == "2" else stack.enter_context(standin(version, VERSIONS[version], influx))
            folder = tmp_path / version
            folder.mkdir()
            here = Place(folder, other.url if other else influx.url, version, f"kept{version}")
            assert here.run("setup")[0] == 0
            here.config.write_text(here.config.read_text().replace("minute_days = 9000", "minute_days = 9500"))
            code, said = here.run("setup")
            assert code == 1
            assert f"kept{version}_1m: is there and keeps for 9000 days, not for 9500 days: left so" in said
            code, said = here.run("setup", "--change")
            assert code == 0
            assert f"kept{version}_1m: kept for 9000 days, now for 9500 days" in said
            assert here.run("setup")[0] == 0


def test_a_wrong_token_and_a_missing_section_are_said_on_one_line(
    influx: InfluxServer,  # noqa: F811
    tmp_path: Path,
) -> None:
    here = Place(tmp_path, influx.url, "2", "nobody")
    (tmp_path / "token").write_text("wrong")
    for command in ("setup", "backfill", "check"):
        code, said = here.run(command)
        assert code == 2, said
        assert "HTTP 40" in said
        assert len(said.strip().splitlines()) == 1
    here.config.write_text('site = "site"\n')
    code, said = here.run("check")
    assert code == 2
    assert "needed is a section [influx]" in said
