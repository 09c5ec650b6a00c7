"""An organisation for an enterprise: what its token can read of a real InfluxDB, asked at the raw query API."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.command import Ran, tocsin
from support.influx import BUCKET, ORG, TOKEN, InfluxServer, influx_server
from support.site_builder import build_site
from support.standins.grafana import ADMIN, Grafana, document_path, running_grafana
from support.waiting import eventually

from dashboards.names import MINUTE_BUCKET
from tocsin.clock import SystemClock
from tocsin.grafana.enterprise import BOARDS_OF_ENTERPRISES

pytestmark = pytest.mark.skipif(
    document_path() is None, reason="Grafana's OpenAPI is not there: make services brings it"
)

OWN = f"{BUCKET}-E0001"
FLUX = f'from(bucket: "{BUCKET}") |> range(start: -1h)'


class Pushed:
    """InfluxDB with two enterprises' data, a Grafana, and E0001's organisation on both."""

    def __init__(self, folder: Path, influx: InfluxServer, grafana: Grafana) -> None:
        self.influx, self.grafana, self._folder = influx, grafana, folder
        build_site(folder / "site", points=20, enterprises=2)
        (folder / "influx").write_text(TOKEN)
        (folder / "password").write_text(ADMIN[1])
        (folder / "tocsin.toml").write_text(
            f'site = "site"\n[influx]\nurl = "{influx.url}"\norg = "{ORG}"\nbucket = "{BUCKET}"\n'
            'token_file = "influx"\n'
            f'[grafana]\nurl = "{grafana.url}"\nusername = "{ADMIN[0]}"\npassword_file = "password"\n'
            'influx_token_file = "influx"\ninflux_admin_token_file = "influx"\n'
        )
        self._write()
        self.first = self.push()
        assert self.first.code == 0, self.first.err
        self.org = grafana.named("Tocsin E0001 Works E0001")
        self.token = self.org.secrets["tocsin-influx"]["httpHeaderValue1"].removeprefix("Token ")
        self._run_tasks()

    def push(self, enterprise: str = "E0001") -> Ran:
        return tocsin("grafana", "push", "--config", self._folder / "tocsin.toml", "--enterprise", enterprise)

    def ask(self, bucket: str, influxql: str, method: str = "GET") -> httpx.Response:
        """As the enterprise's token asks."""
        given = {"db": bucket, "q": influxql}
        headers = {"Authorization": f"Token {self.token}"}
        return httpx.request(method, f"{self.influx.url}/query", params=given, headers=headers, timeout=30)

    def api(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Token {self.token}"}
        return httpx.request(method, f"{self.influx.url}{path}", headers=headers, timeout=30, **more)

    def _write(self) -> None:
        now = SystemClock().now_ms() - 60_000
        lines = [
            f"reading,enterprise=E0001,point=E0001-P1,kind=gas value=7,quality=0i {now}",
            f"reading,enterprise=E0002,point=E0002-P1,kind=gas value=8,quality=0i {now}",
            f'risk,kind=enterprise,place=E0001,enterprise=E0001 name="one",colour=4i {now}',
            f'risk,kind=enterprise,place=E0002,enterprise=E0002 name="two",colour=3i {now}',
            f'online,scope=enterprise,place=E0001 name="one",rate=0.5 {now}',
            f'online,scope=enterprise,place=E0002 name="two",rate=0.25 {now}',
            f"online,scope=all rate=0.375 {now}",
            f'active,slot=0 alarm="a1",enterprise="E0001",subject="E0001-P1",colour=4i,acknowledged=false {now}',
            f'active,slot=1 alarm="a2",enterprise="E0002",subject="E0002-P1",colour=3i,acknowledged=false {now}',
            f'active,slot=2 alarm="",colour=0i,acknowledged=false {now}',
        ]
        minutes = [
            f"reading_1m,enterprise=E0001,point=E0001-P1 mean=7,count=60i {now}",
            f"reading_1m,enterprise=E0002,point=E0002-P1 mean=8,count=60i {now}",
        ]
        self.influx.make_bucket(f"{BUCKET}_1m")
        for bucket, written in ((BUCKET, lines), (f"{BUCKET}_1m", minutes)):
            params = {"org": ORG, "bucket": bucket, "precision": "ms"}
            headers = {"Authorization": f"Token {TOKEN}"}
            body = "\n".join(written)
            url = f"{self.influx.url}/api/v2/write"
            httpx.post(url, params=params, headers=headers, content=body, timeout=30).raise_for_status()

    def _run_tasks(self) -> None:
        """Let the tasks run now instead of within the minute."""
        headers = {"Authorization": f"Token {TOKEN}"}
        with httpx.Client(base_url=self.influx.url, headers=headers, timeout=30) as client:
            for task in client.get("/api/v2/tasks").json()["tasks"]:
                runs = f"/api/v2/tasks/{task['id']}/runs"
                run = client.post(runs, json={}).raise_for_status().json()["id"]
                ended = {"success", "failed", "canceled"}
                assert eventually(lambda: client.get(f"{runs}/{run}").json().get("status") in ended)  # noqa: B023
                assert client.get(f"{runs}/{run}").json()["status"] == "success", client.get(f"{runs}/{run}/logs").text


@pytest.fixture(scope="module")
def pushed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pushed]:
    folder = tmp_path_factory.mktemp("enterprise")
    with influx_server(tmp_path_factory.mktemp("influx")) as influx, running_grafana() as grafana:
        yield Pushed(folder, influx, grafana)
        assert grafana.faults == []


def rows(answer: httpx.Response) -> list[dict[str, Any]]:
    result = answer.raise_for_status().json()["results"][0]
    return [dict(zip(s["columns"], row, strict=True)) for s in result.get("series", []) for row in s["values"]]


def test_it_reads_its_own(pushed: Pushed) -> None:
    (reading,) = rows(pushed.ask(OWN, "SELECT * FROM reading"))
    assert (reading["point"], reading["value"], reading["quality"]) == ("E0001-P1", 7, 0)
    assert [row["place"] for row in rows(pushed.ask(OWN, "SELECT * FROM risk"))] == ["E0001"]
    assert [row["place"] for row in rows(pushed.ask(OWN, "SELECT * FROM online"))] == ["E0001"]


def test_boards_find_its_roll_ups_by_the_minute(pushed: Pushed) -> None:
    point = pushed.org.boards["tocsin-point-en"]
    (asked,) = (one["query"] for one in point["templating"]["list"] if one["name"] == MINUTE_BUCKET)
    (row,) = rows(pushed.ask(OWN, f'SELECT * FROM "{asked}".."reading_1m"'))
    assert (row["point"], row["mean"], row["count"]) == ("E0001-P1", 7, 60)
    assert "E0002" not in pushed.ask(f"{BUCKET}_1m", "SELECT * FROM reading_1m").text


def test_the_list_of_alarms_that_stand_is_its_own(pushed: Pushed) -> None:
    listed = 'SELECT last(alarm) AS alarm, subject, colour, acknowledged FROM active GROUP BY "slot"'
    found = {row["alarm"]: row for row in rows(pushed.ask(OWN, listed))}
    assert set(found) == {"a1", ""}
    assert (found["a1"]["subject"], found["a1"]["colour"], found["a1"]["acknowledged"]) == ("E0001-P1", 4, False)


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "influxql",
    [
        "SELECT * FROM reading",
        "SHOW MEASUREMENTS",
        "SHOW SERIES",
        "SHOW TAG VALUES WITH KEY = enterprise",
        f'SELECT * FROM "{BUCKET}"."autogen"."reading"',
        f'SELECT * FROM "{BUCKET}".."risk"',
    ],
)
@pytest.mark.parametrize("bucket", [BUCKET, OWN])
def test_nothing_of_others_at_the_query_api(pushed: Pushed, bucket: str, influxql: str, method: str) -> None:
    answer = pushed.ask(bucket, influxql, method)
    assert "E0002" not in answer.text
    assert "two" not in answer.text
    if bucket == BUCKET or BUCKET in influxql:
        assert answer.status_code in (401, 403, 404) or not rows_or_none(answer)


def rows_or_none(answer: httpx.Response) -> list[dict[str, Any]]:
    result = answer.json().get("results", [{}])[0]
    return [] if "error" in result else rows(answer)


def test_nor_of_databases_nor_by_flux_nor_by_writing(pushed: Pushed) -> None:
    shown = pushed.ask(OWN, "SHOW DATABASES").text
    assert OWN in shown
    assert f'["{BUCKET}"]' not in shown
    flux = pushed.api("POST", "/api/v2/query", params={"org": ORG}, json={"query": FLUX, "type": "flux"})
    assert flux.is_error or "E0002" not in flux.text
    for bucket in (BUCKET, OWN):
        given = {"org": ORG, "bucket": bucket}
        assert pushed.api("POST", "/api/v2/write", params=given, content="reading value=1").status_code in (
            401,
            403,
            404,
        )
    for kind in ("buckets", "authorizations", "tasks"):
        assert "E0002" not in pushed.api("GET", f"/api/v2/{kind}").text
    assert TOKEN not in pushed.api("GET", "/api/v2/authorizations").text


def test_its_organisation_has_its_boards_and_no_link_that_leads_nowhere(pushed: Pushed) -> None:
    wanted = {f"tocsin-{board}-{language}" for board in BOARDS_OF_ENTERPRISES for language in ("zh", "en")}
    assert set(pushed.org.boards) == wanted
    assert pushed.org.datasources["tocsin-influx"]["jsonData"]["dbName"] == OWN
    assert pushed.grafana.main.boards == {}
    for board in pushed.org.boards.values():
        for link in board.get("links", []):
            url = link.get("url") or ""
            assert not url.startswith("/d/") or url.split("?")[0].removeprefix("/d/") in wanted


def test_a_second_push_changes_nothing(pushed: Pushed) -> None:
    again = pushed.push()
    assert again.code == 0, again.err
    assert {line.split()[0] for line in again.out.splitlines()} == {"unchanged"}
    assert pushed.token not in again.out + again.err + pushed.first.out + pushed.first.err


def test_an_enterprise_that_the_site_does_not_have(pushed: Pushed) -> None:
    ran = pushed.push("E999")
    assert (ran.code, ran.mistakes) == (2, ["tocsin: the site has no enterprise E999"])
